"""Stored pictures in sites: the render hook of crawler/layouts/README.md, `press-corpus site build`, and editors."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from parsel import Selector

from crawler.markdown.picture_links import picture_addresses
from tests.layouts.test_hugo_site import HUGO, README, THEME
from tests.support.picture_site import PictureSite, Served, picture, serve, served

pytestmark = pytest.mark.slow

NAMES = ("a1", "A2X", "副刊")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Yield a corpus with a stored picture, a picture in a link, and one on another host in each article."""
    pages = {
        name: f'<p>text</p><img src="http://img.example/{number}.png" alt="图 [1]"><a href="http://x.example/">'
        f'<img src="http://img.example/{number}{number}.png"></a><img src="http://else.example/1.png">'
        for number, name in enumerate(NAMES, start=1)
    }
    answers = {f"/{number}.png": served(picture(number)) for number in (1, 2, 3, 11, 22, 33)}
    with serve(PictureSite(pages, answers), tmp_path_factory.mktemp("corpus") / "output") as corpus:
        assert corpus.crawl().exit_code == 0
        yield corpus


def pictures(public: Path, base: str = "") -> Iterator[tuple[str, Path]]:
    """Yield the address of each picture in the pages of a site, and the file that a server sends for it.

    *base*: the path of the site on the server.
    """
    for page in sorted(public.rglob("*.html")):
        url = f"http://x{base}/{page.relative_to(public)}".removesuffix("index.html")
        for source in Selector(page.read_text(encoding="utf-8")).css("img::attr(src)").getall():
            target = urlsplit(urljoin(url, source))
            path = unquote(target.path)
            if target.netloc == "x":
                assert path.startswith(f"{base}/"), source
            yield source, public / path.removeprefix(base).lstrip("/")


def check(public: Path, base: str = "") -> None:
    found = list(pictures(public, base))
    local = [path for source, path in found if not source.startswith("http")]
    assert {path.read_bytes() for path in local} == {picture(number) for number in (1, 2, 3, 11, 22, 33)}
    assert sum(source == "http://else.example/1.png" for source, _ in found) == len(NAMES)
    assert len(found) == len(local) + len(NAMES)
    assert not list(public.rglob(".*"))


@pytest.mark.parametrize("options", [(), ("--large", "0")], ids=["in one run", "year by year"])
def test_every_picture_of_the_built_site_resolves(corpus: Served, tmp_path: Path, options: tuple[str, ...]) -> None:
    public = tmp_path / "public"
    url = "https://corpus.example/press"
    done = corpus.command("site", "build", "--to", str(public), "--url", url, *options)
    assert done.returncode == 0, done.stderr
    (public / ".press-corpus-site").unlink()
    for base in ("", "/press", "/a/b"):
        check(public, base)
    rss = Selector((public / "toy/index.xml").read_text(encoding="utf-8"), type="xml")
    content = Selector("".join(rss.xpath("//*[local-name()='encoded']/text()").getall()))
    feed = json.loads((public / "feed.json").read_text(encoding="utf-8"))
    items = Selector("".join(item["content_html"] for item in feed["items"]))
    for body in (content, items):
        sources = [each for each in body.css("img::attr(src)").getall() if "else.example" not in each]
        assert len(sources) == 2 * len(NAMES)
        for source in sources:
            assert source.startswith(f"{url}/toy/2025/02/")
            assert (public / unquote(source).removeprefix(f"{url}/")).is_file()


# (`relativeURLs` below a path is wrong for all links that Hugo makes.)
@pytest.mark.parametrize(
    ("base", "setting"), [("", ""), ("/press", ""), ("", "relativeURLs = true"), ("", "uglyURLs = true")]
)
def test_the_render_hook_of_the_readme(corpus: Served, tmp_path: Path, base: str, setting: str) -> None:
    text = README.read_text(encoding="utf-8")
    first, more = re.findall(r"(?ms)^```toml\n(.*?)^```$", text)
    [hook] = re.findall(r"(?ms)^```html\n(.*?)^```$", text)
    config = f"{setting}\ndisablePathToLower = true\n{first}{more}".replace("corpus.example/", f"corpus.example{base}/")
    (tmp_path / "hugo.toml").write_text(config, encoding="utf-8")
    shutil.copytree(THEME, tmp_path / "themes/mainroad/layouts")
    (tmp_path / "layouts/_markup").mkdir(parents=True)
    (tmp_path / "layouts/_markup/render-image.html").write_text(hook, encoding="utf-8")
    shutil.copytree(corpus.output, tmp_path / "output", ignore=shutil.ignore_patterns(".state", ".rejected"))
    command = [str(HUGO), "--panicOnWarning", "--source", str(tmp_path)]
    done = subprocess.run(command, env={"PATH": ""}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    check(tmp_path / "public", base)


def test_links_resolve_from_the_file_as_in_an_editor(corpus: Served) -> None:
    number = 0
    for path in corpus.output.glob("toy/*/*/*.md"):
        for address in picture_addresses(path.read_text(encoding="utf-8")):
            if not address.startswith("http"):
                assert (path.parent / address).is_file()
                number += 1
    assert number == 2 * len(NAMES)
