"""`scrapy newsource` on ten page forms: the draft reads both pages at once, and so does the recorded case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from crawler.commands.expectations import read_case
from crawler.commands.newsource import _load_source
from crawler.items import Article
from crawler.reading.read import read_article, read_listing
from crawler.recordings.cases import load_case
from tests.commands.test_newsource import Workshop
from tests.scaffold.forms import FORMS, Form
from tests.scaffold.json_forms import JSON_FORMS
from tests.support.server import Answer, Played, play

pytestmark = pytest.mark.slow


def serve(form: Form, folder: Path, *commands: tuple[str, ...]) -> list[CompletedProcess[str]]:
    """Run `scrapy` *commands* in *folder* with a server of *form*."""
    pages = {f"http://{form.host}{path}": form.body(path) for path in form.pages}
    return serve_pages(pages, folder, *commands)


def serve_pages(pages: Mapping[str, bytes], folder: Path, *commands: tuple[str, ...]) -> list[CompletedProcess[str]]:
    """Run `scrapy` *commands* in *folder* with a server of *pages*: {URL: body}."""
    servers: list[Played] = []

    def site(path: str, number: int) -> Answer:
        body = pages.get(servers[0].urls[-1])
        if body is None:
            return Answer(
                "User-agent: *\nDisallow:\n" if path == "/robots.txt" else "",
                status=200 if path == "/robots.txt" else 404,
            )
        kind = "application/json" if body[:1] in (b"{", b"[") else "text/html"
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        return Answer(raw=head.encode() + body)

    with play(site) as server:
        servers.append(server)
        workshop = Workshop(folder, server)
        return [workshop(*words) for words in commands]


@pytest.mark.parametrize("name", FORMS)
def test_newsource_drafts_a_form(name: str, tmp_path: Path) -> None:
    form = FORMS[name]
    [done] = serve(form, tmp_path, ("newsource", "drafted", f"http://{form.host}{form.listing}"))
    assert done.returncode == 0, done.stderr
    story = form.stories[0]
    assert (
        f"{len(form.stories)} links ({len(form.stories)} with a date, {len(form.stories)} with a title)" in done.stdout
    )
    assert f"title:      {story.title}" in done.stdout
    assert f"date:       {story.date}" in done.stdout
    assert f"author:     {story.author}" in done.stdout
    assert "Next: check the derived selectors" in done.stdout
    source = _load_source(tmp_path / "new_spiders" / "drafted.py")
    listing = read_listing(source, load_case(tmp_path / "fixtures/drafted/listing"))
    assert [link.title for link in listing.links] == [each.title for each in form.stories]
    article = read_article(source, load_case(tmp_path / "fixtures/drafted/article"))
    assert isinstance(article, Article)
    assert (article.title, article.author) == (story.title, story.author)


def test_check_site_accepts_a_draft(tmp_path: Path) -> None:
    form = FORMS["pictures"]
    url = f"http://{form.host}{form.listing}"
    _, done = serve(form, tmp_path, ("newsource", "drafted", url), ("check-site", "drafted"))
    assert "drafted: the site matches the spider" in done.stdout
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\narticle http") == 3


@pytest.mark.parametrize("name", ["list_with_urls", "list_with_ids", "whole_entries", "state_of_articles", "next_data"])
def test_newsource_drafts_a_json_list_that_crawls(name: str, tmp_path: Path) -> None:
    form = JSON_FORMS[name]
    pages = {
        url.replace("https:", "http:"): body.replace("https:", "http:").encode() for url, body in form.pages.items()
    }
    listing, article = (url.replace("https:", "http:") for url in (form.listing, form.article))
    new = ("newsource", "drafted", listing, *filter(None, [article]))
    done, crawl = serve_pages(pages, tmp_path, new, ("crawl", "drafted", "-a", "pages=1"))
    assert done.returncode == 0, done.stderr
    assert f"{len(form.stories)} links ({len(form.stories)} with a date" in done.stdout
    assert "1 next listing page\n" in done.stdout
    story = form.stories[1 if article and not form.is_whole else 0]
    assert f"title:      {story.title}" in done.stdout
    assert f"author:     {story.author}" in done.stdout
    assert sorted(path.name for path in (tmp_path / "fixtures/drafted").iterdir()) == ["article", "listing"]
    source = _load_source(tmp_path / "new_spiders" / "drafted.py")
    cases = [load_case(tmp_path / "fixtures/drafted" / case) for case in ("listing", "article")]
    assert [read_case(source, case)[0] for case in cases] == ["links.txt", "article.md"]
    assert crawl.returncode == 0, crawl.stderr
    assert len([*(tmp_path / "output/drafted").rglob("*.md")]) == len(form.stories)


def test_newsource_records_all_pages_of_an_article(tmp_path: Path) -> None:
    form = FORMS["pictures"]
    story, path = form.stories[0], form.stories[0].path.removesuffix(".html")
    html = form.pages[story.path]
    pager = (
        f'<div class="fenye"><a href="{path}.html">1</a><a href="{path}_2.html">2</a><a href="{{}}">下一页</a></div>'
    )
    first = html.replace('<p class="zrbj">', f'{pager.format(f"{path}_2.html")}<p class="zrbj">')
    second = first.replace(story.paragraphs[0], "第二页的正文从这里开始，说的是另一件事。").replace(
        f'<a href="{path}_2.html">下', "<a>下"
    )
    pages = {**form.pages, story.path: first, f"{path}_2.html": second}
    url = f"http://{form.host}{form.listing}"
    [done] = serve(replace(form, pages=pages), tmp_path, ("newsource", "drafted", url))
    assert done.returncode == 0, done.stderr
    case = load_case(tmp_path / "fixtures/drafted/article")
    assert [page.url for page in case.next_pages] == [f"http://{form.host}{path}_2.html"]
    article = read_article(_load_source(tmp_path / "new_spiders" / "drafted.py"), case)
    assert isinstance(article, Article)
    assert "第二页的正文" in article.markdown
    assert "下一页" not in article.markdown


def test_newsource_names_the_next_step_for_a_list_with_unknown_urls(tmp_path: Path) -> None:
    form = JSON_FORMS["list_with_ids"]
    pages = {url.replace("https:", "http:"): body.encode() for url, body in form.pages.items()}
    [done] = serve_pages(pages, tmp_path, ("newsource", "drafted", form.listing.replace("https:", "http:")))
    assert done.returncode == 1
    assert "the list result.records of the JSON has 6 entries with newsTitle, newsId" in done.stderr
    assert "Nothing was written. Next: open one of these articles in a browser" in done.stdout
    assert list((tmp_path / "new_spiders").iterdir()) == []
