"""Fuzzer targets: pages, bodies, front matter and corpus files."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, cast

import yaml
from hypothesis import strategies as st
from lxml import html
from lxml.html import HtmlElement
from scrapy import Request
from scrapy.settings import Settings
from scrapy.spiderloader import SpiderLoader

from crawler.items import Article, Listing
from crawler.layouts import gitbook, hugo, identify, jsonl
from crawler.markdown.convert import convert
from crawler.markdown.summary import summarize, text_of
from crawler.pipelines.normalize import normalize
from crawler.reading.errors import PageError
from crawler.reading.html import PageTooDeep, parse_fragment
from crawler.reading.page import Page
from crawler.reading.read import read_article, read_listing
from crawler.reading.source import Source
from crawler.recordings.cases import load_case
from tests.robustness.malformed import checks
from tests.robustness.malformed.mutations import (
    BYTES,
    PIECES,
    ByteMutation,
    TreeMutation,
    ValueMutation,
    byte_mutations,
    mutate_bytes,
    mutate_script,
    mutate_tree,
    mutate_values,
    positions,
    tree_mutations,
    value_mutations,
)
from tests.robustness.malformed.records import Generator
from tests.robustness.malformed.targets import InvalidResult, Targets, register, seen

FIXTURES = Path(__file__).parents[2] / "fixtures"
Case = tuple[str, type[Source], Page]  # name, source, recorded page

TARGETS: Targets = {}


@cache
def fixtures() -> list[Case]:
    """Return all recorded cases of all sources."""
    loader = SpiderLoader.from_settings(Settings({"SPIDER_MODULES": ["crawler.spiders"]}))
    cases: list[Case] = []
    for description in sorted(FIXTURES.rglob("page.json")):
        case = description.parent.relative_to(FIXTURES)
        cases.append((str(case), cast("type[Source]", loader.load(case.parts[0])), load_case(description.parent)))
    return cases


def read(case: Case, page: Page) -> str:
    """Read *page* with the source of *case*, check that the result is valid in files and ledger, return the outcome."""
    _, source, recorded = case
    try:
        result: Article | Listing | Request = (
            read_article(source, page) if recorded.link else read_listing(source, page)
        )
    except PageError as error:
        if type(error) is PageError and error.__cause__:
            raise error.__cause__ from None
        if not str(error) or "\n" in str(error):
            raise InvalidResult(f"an empty or multi-line reason: {error}") from error
        return error.kind
    if isinstance(result, Listing):
        for link in result.links:
            for value in (link.id, link.url, link.title, link.date, link.page_label):
                if not isinstance(value, str):
                    raise InvalidResult(f"a link's field is not a string: {value!r}")
                value.encode()
            if not link.id or source.article_link(link.url) is None:
                raise InvalidResult(f"a link without id, or not to an article: {link}")
        return "listing"
    if isinstance(result, Article):
        check_files(normalize(result, source.title_suffixes), source.extra_keys)
        return "article"
    return "request"


def check_files(article: Article, extra: tuple[str, ...]) -> None:
    """Render *article* in each layout and check the files."""
    text = hugo.render(article, extra)
    head, fence, _ = text.partition("\n---\n")
    if not fence or (found := checks.CONTROL.search(text)):
        raise InvalidResult(
            f"a control character, or no front matter: {text[found.start() - 50 : found.end() + 50] if found else ''!r}"
        )
    metadata = yaml.safe_load(head)
    if list(metadata)[: len(checks.KEYS)] != checks.KEYS or checks.TEMPLATE.search(text.partition("\n---\n")[2]):
        raise InvalidResult("wrong keys, or an active template")
    for key, value in metadata.items():
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, str) and checks.CONTROL.search(item):
                raise InvalidResult(f"a control character in {key}: {item!r}")
    if identify(text)[:2] != (article.title, article.date):
        raise InvalidResult(f"identify: {identify(text)[:2]}")
    if identify(text)[3] != article.markdown:
        raise InvalidResult("identify returns a different body")
    json.dumps(jsonl.row(article), ensure_ascii=False).encode()
    json.dumps(jsonl.details(article), ensure_ascii=False).encode()
    book = gitbook.render(article)
    if list(checks.book_faults(book.encode())):
        raise InvalidResult(f"book: {list(checks.book_faults(book.encode()))}")
    title, date, _, body = identify(book)
    is_fence = "```" in title or "~~~" in title  # `identify` keeps a backslash before a fence
    if (title, date) != (
        article.title if not is_fence else title,
        article.date[:10],
    ) or body != article.markdown.rstrip("\n"):
        raise InvalidResult(
            f"identify of a GitBook page: {title!r}, not {article.title!r}, {date!r}, {body == article.markdown}"
        )


@register(TARGETS, st.integers(0, 10**6), byte_mutations)
def pages_bytes(number: int, mutations: list[ByteMutation]) -> None:
    case = fixtures()[number % len(fixtures())]
    seen[f"bytes: {read(case, replace(case[2], body=mutate_bytes(case[2].body, mutations)))}"] += 1


@register(TARGETS, st.integers(0, 10**6), tree_mutations)
def pages_trees(number: int, mutations: list[TreeMutation]) -> None:
    cases = [case for case in fixtures() if case[2].is_html and b"<" in case[2].body[:500]]
    case = cases[number % len(cases)]
    try:
        body = mutate_tree(case[2], mutations)
    except PageTooDeep:
        return
    seen[f"tree: {read(case, replace(case[2], body=body, headers={'content-type': 'text/html; charset=utf-8'}))}"] += 1


@register(TARGETS, st.integers(0, 10**6), value_mutations)
def pages_json(number: int, mutations: list[ValueMutation]) -> None:
    cases = [case for case in fixtures() if b"{" in case[2].body]
    case = cases[number % len(cases)]
    page = case[2]
    try:
        body = json.dumps(mutate_values(json.loads(page.text), mutations)).encode()
    except ValueError:
        body = mutate_script(page.text, mutations).encode("utf-8", "surrogatepass")
    seen[f"json: {read(case, replace(page, body=body))}"] += 1
    if page.second_page:
        try:
            other = json.dumps(mutate_values(json.loads(page.second_page.text), mutations)).encode()
        except ValueError:
            other = mutate_script(page.second_page.text, mutations).encode("utf-8", "surrogatepass")
        seen[f"second: {read(case, replace(page, second_page=replace(page.second_page, body=other)))}"] += 1


@register(
    TARGETS,
    st.lists(st.sampled_from(BYTES) | st.binary(max_size=20), max_size=30).map(b"".join),
    st.sampled_from(
        [
            "",
            "text/html; charset=gbk",
            "text/html; charset=utf-16",
            "text/html; charset=x",
            "a/b; charset=idna",
            "text/html; charset=utf-7",
            "text/html; charset=\udcff",
        ]
    ),
)
def pages_decoded(body: bytes, content_type: str) -> None:
    page = Page("http://a.example/", body, headers={"content-type": content_type})
    assert isinstance(page.text, str)
    assert isinstance(page.charset, str)
    with suppress(PageTooDeep):
        assert page.tree.tag == "html"
    with suppress(ValueError):
        page.json  # noqa: B018


def node(number: int) -> HtmlElement:
    return parse_fragment(Generator(7, number).body())


@register(
    TARGETS,
    st.integers(0, 10**9),
    st.sampled_from(["setext", "atx"]),
    st.lists(st.tuples(positions, st.sampled_from(PIECES)), max_size=5),
)
def converter(number: int, headings: Any, mutations: list[tuple[float, str]]) -> None:
    try:
        body = node(number)
    except PageTooDeep:
        return
    for position, piece in mutations:
        nodes = [part for part in body.iter() if isinstance(part.tag, str)]
        nodes[int(position * len(nodes))].text = checks.CONTROL.sub("", piece)
    conversion = convert(body, headings)
    if checks.CONTROL.search(conversion.text) or checks.TEMPLATE.search(conversion.text):
        raise InvalidResult("a control character or an active template")
    seen[f"by {conversion.by}"] += 1
    article = Article(
        source="s",
        id="1",
        url="http://a.example/",
        title="t",
        date="2025-02-11",
        markdown=conversion.text,
        summary=summarize(text_of(body)),
    )
    if conversion.text and headings == "setext":
        check_files(article, ())


short_texts = st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=6).map("".join)


@register(
    TARGETS,
    short_texts,
    short_texts,
    short_texts,
    st.lists(st.sampled_from(PIECES) | st.text(max_size=5), min_size=1, max_size=8).map("".join),
)
def front_matter(title: str, name: str, key: str, body: str) -> None:
    """Generate all metadata. Convert the body from HTML: corpus files only contain converted text."""
    element = html.Element("div")
    element.text = checks.CONTROL.sub("", body)
    markdown = convert(element).text
    article = Article(
        source="s", id=name or "1", url="https://a.example/" + key, title=title + "x", date="2025-02-11 01:02:03",
        markdown=markdown, summary=summarize(body), author=name, author_url="https://a.example/" + name,
        publisher=title, category=key, page=name, section=key, pretitle=title, subtitle=body, keywords=(title, name),
        brief=body, counts={key: 1, "views": 2}, thumbnail="https://a.example/" + title,
    )  # fmt: skip
    if markdown:
        check_files(normalize(article), hugo.EXTRA)


@register(TARGETS, st.integers(0, 10**6), byte_mutations)
def identified(number: int, mutations: list[ByteMutation]) -> None:
    files = corpus_files()
    data = mutate_bytes(files[number % len(files)], mutations)
    try:
        identify(data.decode("utf-8"))
        seen["identified"] += 1
    except ValueError:
        seen["not identified"] += 1
    gitbook.entry("2025/02/x.md", data.decode("utf-8", "replace"))


@cache
def corpus_files() -> list[bytes]:
    """Return the expected files of all fixtures, and a GitBook page."""
    article = Article(
        source="s",
        id="1",
        url="https://a.example/1",
        title="t",
        date="2025-02-11",
        markdown="x\n\n---\n\ny",
        author="a",
        author_url="https://a.example/",
    )
    return [path.read_bytes() for path in sorted(FIXTURES.rglob("article.md"))] + [gitbook.render(article).encode()]
