"""Drafts of page forms of invented sites read the listing, the article of the draft and further articles.

Each field of each form is a test of its own.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from crawler.items import Article, Listing
from crawler.jobs.cron import Cron
from crawler.reading.page import Page
from crawler.reading.read import read_article, read_listing
from crawler.reading.source import Source
from crawler.scaffold.draft import article_links, draft
from tests.scaffold.forms import FORMS, NOISE, Form, Story
from tests.scaffold.more_forms import MORE_FORMS
from tests.scaffold.test_draft import LIST, PARAGRAPHS, RSS, TITLES, source_of

ALL = {**FORMS, **MORE_FORMS}
ARTICLES = [pytest.param(name, number, id=f"{name}-{number}") for name in ALL for number in (0, 1)]
# Drafts with missing parts, and with methods.
LISTING = Page("http://www.qingshi.example/news/", LIST.encode())
BARE = f"<html><head><title>{TITLES[0]} 与 青石网</title></head><body><h1>{TITLES[0]}</h1>{PARAGRAPHS}</body></html>"
INCOMPLETE = {
    "nothing": (Page("http://a.example/", b"<html><body><p>x</p></body></html>"), None),
    "list_only": (LISTING, None),
    "bare_article": (LISTING, Page("http://www.qingshi.example/news/2026/11/12345.html", BARE.encode())),
    "no_text": (LISTING, Page("http://www.qingshi.example/news/2026/11/12345.html", b"<html><body>x</body></html>")),
    "id_with_folders": (LISTING, Page("http://www.qingshi.example/20261105/c12-7.html", BARE.encode())),
    "feed": (Page("http://www.qingshi.example/feed", RSS.encode(), headers={"content-type": "text/xml"}), None),
    "long_url": (
        LISTING,
        Page(f"http://www.qingshi.example/{'section-of-news/' * 6}2026/11/12345.html", BARE.encode()),
    ),
}
DAYS_ONLY = ("tables", "long_related", "old_tables", "aspnet", "government")  # the listing shows days without times


def page(form: Form, path: str) -> Page:
    headers = {"content-type": "text/html"}
    return Page(f"https://{form.host}{path}", form.body(path), headers=headers, fetched_at="2026-11-29T01:00:00+00:00")


@cache
def drafted(name: str) -> type[Source]:
    form = ALL[name]
    code = draft("drafted", page(form, form.listing), page(form, form.stories[0].path))
    with TemporaryDirectory() as folder:
        return source_of(code, Path(folder))


@cache
def listing(name: str) -> Listing:
    return read_listing(drafted(name), page(ALL[name], ALL[name].listing))


@cache
def article(name: str, number: int) -> tuple[Article, Story]:
    story = ALL[name].stories[number]
    fetched = page(ALL[name], story.path)
    found = read_article(drafted(name), replace(fetched, link=drafted(name).article_link(fetched.url)))
    assert isinstance(found, Article)
    return found, story


def squeezed(words: str) -> str:
    """Return *words* without white space and the marks of Markdown."""
    return re.sub(r"[\s|*\\-]", "", words)


@pytest.mark.parametrize("name", ALL)
def test_links(name: str) -> None:
    form = ALL[name]
    assert article_links(page(form, form.listing)) == [f"https://{form.host}{story.path}" for story in form.stories]


@pytest.mark.parametrize("name", ALL)
def test_rows(name: str) -> None:
    form = ALL[name]
    found = [(link.url, link.title) for link in listing(name).links]
    assert found == [(f"https://{form.host}{story.path}", story.title) for story in form.stories]


@pytest.mark.parametrize("name", ALL)
def test_dates_of_rows(name: str) -> None:
    expected: list[Callable[[Story], str]] = [lambda story: story.date, lambda story: story.day]
    assert [link.date for link in listing(name).links] == [
        expected[name in DAYS_ONLY](each) for each in ALL[name].stories
    ]


@pytest.mark.parametrize("name", ALL)
def test_next_page(name: str) -> None:
    form = ALL[name]
    assert [request.url for request in listing(name).next] == [f"https://{form.host}{form.next_path}"]


@pytest.mark.parametrize(("name", "number"), ARTICLES)
def test_title(name: str, number: int) -> None:
    found, story = article(name, number)
    assert found.title == story.title


@pytest.mark.parametrize(("name", "number"), ARTICLES)
def test_date_with_time(name: str, number: int) -> None:
    found, story = article(name, number)
    assert found.date == story.date


@pytest.mark.parametrize(("name", "number"), ARTICLES)
def test_author(name: str, number: int) -> None:
    found, story = article(name, number)
    assert found.author == story.author


@pytest.mark.parametrize(("name", "number"), ARTICLES)
def test_body_is_complete_and_clean(name: str, number: int) -> None:
    found, story = article(name, number)
    text, end = squeezed(found.markdown), 0
    for paragraph in map(squeezed, story.paragraphs):
        end = text.index(paragraph, end) + len(paragraph)
    assert NOISE not in text
    assert story.title not in text


@pytest.mark.parametrize("name", ALL)
def test_hosts_and_schedule(name: str) -> None:
    source = drafted(name)
    assert source.hosts == (ALL[name].host,)
    assert Cron.parse(source.schedule)


@pytest.mark.parametrize("name", ALL)
def test_drafts_are_short(name: str) -> None:
    form = ALL[name]
    code = draft(name, page(form, form.listing), page(form, form.stories[0].path))
    assert len(code.splitlines()) <= 60
    assert "SiteSpider" in code
    assert "FILL IN:" not in code


@pytest.mark.slow
def test_drafts_pass_the_checkers(tmp_path: Path) -> None:
    for name, form in ALL.items():
        code = draft(name, page(form, form.listing), page(form, form.stories[0].path))
        (tmp_path / f"{name}.py").write_text(code, encoding="utf-8")
    for name, pages in INCOMPLETE.items():
        (tmp_path / f"{name}.py").write_text(draft(name, *pages), encoding="utf-8")
    configuration = Path(__file__).parents[2] / "pyproject.toml"
    for command in (
        ("ruff", "check", "--config", str(configuration)),
        ("ruff", "format", "--check", "--config", str(configuration)),
        ("mypy", "--config-file", str(configuration)),
    ):
        done = subprocess.run([sys.executable, "-m", *command, str(tmp_path)], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def test_pictures_in_the_text_stay() -> None:
    assert "/a.jpg)" in article("text_with_adverts", 0)[0].markdown
    assert "厂房外景" in article("text_with_adverts", 0)[0].markdown


def test_table_in_the_text_stays() -> None:
    assert "| 2025 | 15 |" in article("tables", 1)[0].markdown
