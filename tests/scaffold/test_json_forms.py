"""Drafts of sites whose listings are JSON, or JSON in the scripts of a page; see `json_forms`."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from crawler.items import Article, Listing
from crawler.reading.page import Page
from crawler.reading.read import entry_page, read_article, read_listing
from crawler.reading.source import Source
from crawler.scaffold.draft import article_links, draft, has_text
from tests.scaffold.forms import NOISE
from tests.scaffold.json_forms import JSON_FORMS, JsonForm
from tests.scaffold.test_draft import source_of
from tests.scaffold.test_forms import squeezed
from tests.spiders.test_truncation import variants, wrong_cuts

NAMES = [*JSON_FORMS]
ARTICLES = [pytest.param(name, number, id=f"{name}-{number}") for name in NAMES for number in (0, 1)]


def page(form: JsonForm, url: str) -> Page:
    body = form.pages[url]
    kind = "application/json" if body[0] in "{[" else "text/html"
    return Page(url, body.encode(), headers={"content-type": kind}, fetched_at="2026-11-29T01:00:00+00:00")


@cache
def code(name: str, source: str = "drafted") -> str:
    form = JSON_FORMS[name]
    url = form.article or article_links(page(form, form.listing))[0]
    sample = None if form.is_whole else page(form, url)
    return draft(source, page(form, form.listing), sample, form.article)


@cache
def drafted(name: str) -> type[Source]:
    with TemporaryDirectory() as folder:
        return source_of(code(name), Path(folder))


@cache
def listing(name: str) -> Listing:
    return read_listing(drafted(name), page(JSON_FORMS[name], JSON_FORMS[name].listing))


@pytest.mark.parametrize("name", NAMES)
def test_rows(name: str) -> None:
    form = JSON_FORMS[name]
    found = [(link.url, link.title.strip(), link.date) for link in listing(name).links]
    minutes = {story.date: story.minute for story in form.stories}
    assert [each[:2] for each in found] == [(form.url(story), story.title) for story in form.stories]
    assert [each[2][:16] for each in found] == [*minutes.values()]


@pytest.mark.parametrize("name", NAMES)
def test_next_page(name: str) -> None:
    form = JSON_FORMS[name]
    assert [request.url for request in listing(name).next] == ([form.next_url] if form.next_url else [])


@pytest.mark.parametrize("name", NAMES)
def test_channel_and_hosts(name: str) -> None:
    form, source = JSON_FORMS[name], drafted(name)
    assert source.open_channel("news").url == form.listing
    assert getattr(source, "state", "") == form.state
    hosts = {form.listing.split("/")[2]} | (set() if form.is_whole else {form.url(form.stories[0]).split("/")[2]})
    assert hosts <= set(source.hosts)


@pytest.mark.parametrize(("name", "number"), ARTICLES)
def test_article(name: str, number: int) -> None:
    form, source = JSON_FORMS[name], drafted(name)
    story, link = form.stories[number], listing(name).links[number]
    if form.is_whole:
        assert source.open_article(link) is None
        fetched = entry_page(page(form, form.listing), link, listing(name).whole[link.id])
    else:
        request = source.open_article(link)
        assert request is not None
        fetched = replace(page(form, request.url), link=link)
    article = read_article(source, fetched)
    assert isinstance(article, Article)
    assert (article.title, article.author, article.date) == (story.title, story.author, story.date)
    text, end = squeezed(article.markdown), 0
    for paragraph in map(squeezed, story.paragraphs):
        end = text.index(paragraph, end) + len(paragraph)
    assert NOISE not in text


@pytest.mark.parametrize("name", NAMES)
def test_truncated_pages_give_the_same_result_or_a_refusal(name: str) -> None:
    form, source = JSON_FORMS[name], drafted(name)
    pages = [page(form, form.listing)]
    if not form.is_whole:
        link = listing(name).links[0]
        pages.append(replace(page(form, form.url(form.stories[0])), link=link))
    for each in pages:
        for body in variants(each).values():
            assert wrong_cuts(source, each, 0, body, 900) == []


@pytest.mark.parametrize("name", NAMES)
def test_the_text_of_an_article_is_found(name: str) -> None:
    form = JSON_FORMS[name]
    first = page(form, form.url(form.stories[0]))
    assert has_text(page(form, form.listing), first) == (name != "whole_entries")


@pytest.mark.parametrize("name", NAMES)
def test_drafts_are_short(name: str) -> None:
    assert len(code(name).splitlines()) <= 60


def test_json_with_the_content_type_of_html(tmp_path: Path) -> None:
    form = JSON_FORMS["whole_entries_with_urls"]
    body = form.pages[form.listing].replace("</", "<\\/").replace("<p>", "<p><b>x</b>").encode()
    served = replace(page(form, form.listing), body=body, headers={"content-type": "text/html; charset=utf-8"})
    source = source_of(draft("drafted", served, None), tmp_path)
    found = read_listing(source, served)
    assert [link.title for link in found.links] == [story.title for story in form.stories]
    first = found.links[0]
    article = read_article(source, entry_page(served, first, found.whole[first.id]))
    assert isinstance(article, Article)
    assert article.author == form.stories[0].author


def test_the_list_of_the_html_counts_if_it_is_the_same(tmp_path: Path) -> None:
    form = JSON_FORMS["state_with_urls"]
    items = "".join(f'<li><a href="{each.path}">{each.title}</a><i>{each.minute}</i></li>' for each in form.stories)
    served = page(form, form.listing)
    served = replace(served, body=served.body.replace(b'<div id="main">', f"<ul class=list>{items}</ul><div>".encode()))
    code = draft("drafted", served, page(form, form.url(form.stories[0])))
    assert 'Rows("ul.list > li"' in code
    few = replace(served, body=served.body.replace(items.encode(), "".join(items.split("</li>")[:2]).encode()))
    assert "JsonRows(" in draft("drafted", few, page(form, form.url(form.stories[0])))


@pytest.mark.slow
def test_drafts_pass_the_checkers(tmp_path: Path) -> None:
    for name in NAMES:
        (tmp_path / f"{name}.py").write_text(code(name, name), encoding="utf-8")
    configuration = Path(__file__).parents[2] / "pyproject.toml"
    for command in (
        ("ruff", "check", "--config", str(configuration)),
        ("ruff", "format", "--check", "--diff", "--config", str(configuration)),
        ("mypy", "--config-file", str(configuration)),
    ):
        done = subprocess.run([sys.executable, "-m", *command, str(tmp_path)], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
