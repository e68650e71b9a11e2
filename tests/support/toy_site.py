"""The toy site as recorded pages in a folder, and crawls that replay them."""

from __future__ import annotations

import re
import shutil
import tempfile
from dataclasses import replace
from html import escape
from pathlib import Path

from crawler.reading.page import Page
from crawler.recordings.cases import load_case, save_case
from tests.support.mirror import Run, crawl
from tests.support.toy import toy

HTML = {"content-type": "text/html; charset=utf-8"}
TOY = ("-s", "SPIDER_MODULES=tests.support.toy", "-s", "BLOCK_BACKOFF=0", "-s", "RETRY_TIMES=0")


class Site:
    """Recorded pages of the toy site in a folder, and a folder for the corpus."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "site"
        self.folder.mkdir()
        self.output = folder / "output"

    def page(self, path: str, html: str, status: int = 200, **headers: str) -> None:
        """Record a page; replace an earlier one at the same path."""
        url = f"http://toy.example/{path}"
        save_case(self.folder / re.sub(r"\W", "-", path), Page(url, html.encode(), status, {**HTML, **headers}))

    def listing(self, path: str, *names: str, following: str = "", dates: dict[str, str] | None = None) -> None:
        """Record a listing of the articles with these *names*; *following* is the path of the next page."""
        dates = dates or {}
        items = [
            f'<li><a href="/a/{name}.html">about {name}</a> <time>{dates.get(name, "")}</time></li>' for name in names
        ]
        pager = f'<a class="next" href="/{following}">' if following else ""
        self.page(path, f"<html><body><ul>{''.join(items)}</ul>{pager}</body></html>")

    def article(
        self,
        name: str,
        date: str = "2025-02-11 08:00:00",
        body: str = "<p>text.</p>",
        end: str = "</html>",
        title: str = "",
    ) -> None:
        """Record an article; *title* is "About NAME" by default, *end* is the end of the HTML."""
        title = escape(title or f"About {name}")
        self.page(
            f"a/{name}.html",
            f"<html><head><title>{title}_Toy</title></head><body><h1>{title}</h1>"
            f"<time>{date}</time><article>{body}</article></body>{end}",
        )

    def crawl(self, *options: str) -> Run:
        """Crawl the recorded pages with *options* of `scrapy crawl`."""
        return crawl("toy", self.output, *TOY, "-s", f"REPLAY={self.folder}", *options)


def add_toy(project: Path) -> None:
    """Add the source toy to a project of `press-corpus init`, and recordings of a listing and its article "a1"."""
    shutil.copy(toy.__file__, project / "spiders")
    with tempfile.TemporaryDirectory() as folder:
        site = Site(Path(folder))
        site.listing("news", "a1")
        site.article("a1")
        for path in site.folder.iterdir():
            page = load_case(path)
            link = toy.ToySpider.article_link(page.url)
            save_case(project / "fixtures" / "toy" / path.name, replace(page, link=link))


def written(run: Run) -> set[str]:
    """Return the ids of the stored articles."""
    return set(run.files("toy"))
