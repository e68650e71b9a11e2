"""`scrapy newsource` on ten page forms: the draft reads both pages at once, and so does the recorded case."""

from __future__ import annotations

import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from crawler.commands.newsource import _load_source
from crawler.items import Article
from crawler.reading.read import read_article, read_listing
from crawler.recordings.cases import load_case
from tests.commands.test_newsource import Workshop
from tests.scaffold.forms import FORMS, Form
from tests.support.server import Answer, Played, play

pytestmark = pytest.mark.slow


def serve(form: Form, folder: Path, *commands: tuple[str, ...]) -> list[subprocess.CompletedProcess[str]]:
    """Run `scrapy` *commands* in *folder* with a server of *form*."""
    servers: list[Played] = []

    def site(path: str, number: int) -> Answer:
        url = urlsplit(servers[0].urls[-1])
        full = url.path + (f"?{url.query}" if url.query else "")
        if full not in form.pages:
            return Answer(
                "User-agent: *\nDisallow:\n" if path == "/robots.txt" else "",
                status=200 if path == "/robots.txt" else 404,
            )
        body = form.body(full)
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n\r\n"
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
