"""Truncated pages: each recorded page, cut at every tenth byte, gives the same result as the whole page, or a refusal.

The same holds for the variants of a page that minifiers write, without `</html>` and other optional end tags. A new
fixture, source or page form is tested without a change here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from scrapy import Request

from crawler.commands.expectations import read_case
from crawler.reading.errors import PageError
from crawler.reading.page import Page
from crawler.reading.read import read_article
from crawler.reading.source import Source
from crawler.recordings.cases import load_case
from tests.spiders.test_fixtures import CASES, FIXTURES, LOADER

GOOD = [case for case in CASES if not (FIXTURES / case / "error.txt").exists()]
STEP = 10  # bytes
END = re.compile(rb"</(?:body|html)\s*>", re.I)
HEAD = re.compile(rb"</head\s*>", re.I)
# Only those end tags that HTML allows to leave out: in front of a sibling of this kind, or at the end of the parent.
PARAGRAPH = re.compile(
    rb"</p>(?=\s*(?:<(?:p|div|ul|ol|table|h\d|section|article|blockquote)\b|</(?:div|section|article|founder-content)\b))",
    re.I,
)
ROW = re.compile(rb"</li>(?=\s*(?:<li\b|</[ou]l\b))|</t[dr]>(?=\s*(?:<t[dr]\b|</t))", re.I)


def variants(page: Page) -> dict[str, bytes]:
    """Return the body of *page* as it is, and as minifiers write it."""
    body, found = page.body, {"whole": page.body}
    if page.is_html and END.search(body):
        found["without </html>"] = END.sub(b"", body)
        for pattern in (HEAD, PARAGRAPH, ROW):
            body = pattern.sub(b"", body)
        found["minified"] = END.sub(b"", body)
    return found


def cuts(body: bytes, step: int) -> Iterator[int]:
    """Yield every *step*-th length of *body*, and the lengths at the end of each tag and comment, the likely ones."""
    yield from sorted({*range(0, len(body), step), *(found.end() for found in re.finditer(rb"</[^<>]*>|-->", body))})


def outcome(source: type[Source], page: Page) -> tuple[str, str]:
    """Return the expectation file and its content, or the first of two requests that the article needs."""
    try:
        if (
            page.link
            and not (page.second_page or page.next_pages)
            and isinstance(request := read_article(source, page), Request)
        ):
            return "second request", f"{request.url} {request.body!r}"
    except PageError:
        pass
    return read_case(source, page)


def with_body(page: Page, number: int, body: bytes) -> Page:
    """Return *page* with another body of its response *number*, in the order of `page.responses`."""
    responses = [*page.responses]
    responses[number] = replace(responses[number], body=body)
    first, *others = responses
    second = others.pop(0) if page.second_page else None
    return replace(first, second_page=second, next_pages=tuple(others))


def wrong_cuts(source: type[Source], page: Page, number: int, body: bytes, step: int) -> list[tuple[int, str]]:
    """Return the lengths at which *body* of response *number* gives another result than whole, and that result."""
    expected = outcome(source, with_body(page, number, body))
    results = ((length, outcome(source, with_body(page, number, body[:length]))) for length in cuts(body, step))
    return [(length, text) for length, (name, text) in results if name != "error.txt" and (name, text) != expected]


def check_case(case: Path, step: int) -> None:
    source, page = LOADER.load(case.parts[0]), load_case(FIXTURES / case)
    assert issubclass(source, Source)
    expected = outcome(source, page)
    for number, response in enumerate(page.responses):
        for name, body in variants(response).items():
            assert outcome(source, with_body(page, number, body)) == expected, f"{name}: complete, but read differently"
            assert wrong_cuts(source, page, number, body, step) == [], f"response {number}, {name}"
            if number == 0 and len(page.responses) > 1:  # the first response decides whether another one is requested
                alone = replace(page, second_page=None, next_pages=())
                assert wrong_cuts(source, alone, 0, body, step) == [], f"first response, {name}"


@pytest.mark.slow
@pytest.mark.parametrize("case", GOOD, ids=str)
def test_a_truncated_page_gives_the_same_result_or_a_refusal(case: Path) -> None:
    check_case(case, STEP)


def smallest() -> list[Path]:
    """Return the smallest article and the smallest listing of each source."""
    found: dict[tuple[str, bool], Path] = {}
    for case in sorted(GOOD, key=lambda case: sum(file.stat().st_size for file in (FIXTURES / case).glob("page.*"))):
        found.setdefault((case.parts[0], (FIXTURES / case / "article.md").exists()), case)
    return list(found.values())


@pytest.mark.parametrize("case", smallest(), ids=str)
def test_a_truncated_small_page_gives_the_same_result_or_a_refusal(case: Path) -> None:
    check_case(case, 70)


def test_cases_of_all_sources_are_truncated() -> None:
    articles = {case.parts[0] for case in GOOD if (FIXTURES / case / "article.md").exists()}
    assert articles == {case.parts[0] for case in CASES}
