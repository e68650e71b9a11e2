"""Fuzz every function that reads external input. hypothesis generates and shrinks the inputs.

Usage: python -m tests.robustness.malformed.fuzz --minutes 10 --seed 1
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import resource
import signal
import sys
import tempfile
import time
import traceback
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from copy import deepcopy
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any, cast

import brotli
import yaml
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from lxml import etree, html
from lxml.html import HtmlElement
from scrapy import Request
from scrapy.settings import Settings
from scrapy.spiderloader import SpiderLoader

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

from crawler.download.compression import BodyTooLargeError, DecompressionError, decompress
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
from crawler.recordings.archives import Archive
from crawler.recordings.cases import load_case
from crawler.recordings.protocol import RecordingError
from crawler.recordings.recorder import Exchange, Recorder
from crawler.text.dates import beijing
from tests.robustness.malformed import checks, texts
from tests.robustness.malformed.records import FETCHED, Generator

FIXTURES = Path(__file__).parents[2] / "fixtures"
LIMIT = 10  # seconds of CPU for one example
LARGEST = 1 << 20

PIECES = [piece for part in (*texts.TEXTS, texts.SURROGATES) for piece in part]
BYTES = [piece.encode("utf-8", "surrogatepass") for piece in PIECES] + [
    b"", b"\xff", b"\xfe\xff", b"\x81\x30", b"\xed\xa0\x80", b"\xf8\x88", b"\r\n", b"\r\n\r\n", b"\x1f\x8b\x08",
    b"WARC/1.0\r\n", b"-1", b"0", b"9" * 30, b"99999999", b"Content-Length: 5\r\n",
    b"Transfer-Encoding: chunked\r\n", b"null", b"{}", b"[]", b'""', b"<html>", b"</html>", b"<body>", b"{", b"}",
    b"[", b"]", b"<div>" * 300, b"[" * 2000, b'{"a":' * 2000, b"\x00" * 64,
]  # fmt: skip
VALUES: list[object] = [
    None, True, False, 0, -1, 1.5, 1e308, float("nan"), 10**40, "", " ", "0", "null", "\ud83d", "<p>x</p>", "//",
    "http://[", [], {}, [None], [[]], {"": None}, ["a", 1, None], {"a": {"b": []}}, "2025-02-30", "x" * 5000,
    "<div>" * 3000,
]  # fmt: skip


class TooSlow(Exception):
    """An example that takes longer than it may."""


class Wrong(AssertionError):
    """A result that may not be."""


@cache
def fixtures() -> list[tuple[str, type[Source], Page]]:
    loader = SpiderLoader.from_settings(Settings({"SPIDER_MODULES": ["crawler.spiders"]}))
    found: list[tuple[str, type[Source], Page]] = []
    for description in sorted(FIXTURES.rglob("page.json")):
        case = description.parent.relative_to(FIXTURES)
        found.append((str(case), cast("type[Source]", loader.load(case.parts[0])), load_case(description.parent)))
    return found


# Changes --------------------------------------------------------------------------------------------------------------

places = st.floats(0, 1, exclude_max=True)
byte_changes = st.lists(
    st.tuples(
        st.sampled_from(["cut", "put", "over", "drop", "copy", "flip", "swap"]), places, places, st.sampled_from(BYTES)
    ),
    min_size=1,
    max_size=8,
)
tree_changes = st.lists(
    st.tuples(
        st.sampled_from(["drop", "empty", "text", "tail", "attribute", "copy", "move", "wrap", "rename"]),
        places,
        places,
        st.sampled_from(PIECES),
    ),
    min_size=1,
    max_size=12,
)
value_changes = st.lists(
    st.tuples(
        st.sampled_from(["value", "drop", "text", "copy"]), places, st.sampled_from(VALUES), st.sampled_from(PIECES)
    ),
    min_size=1,
    max_size=6,
)


def changed_bytes(data: bytes, changes: list[tuple[str, float, float, bytes]]) -> bytes:
    for what, where, other, piece in changes:
        at, to = int(where * (len(data) + 1)), int(other * (len(data) + 1))
        start, end = min(at, to), max(at, to)
        if what == "cut":
            data = data[:at]
        elif what == "put":
            data = data[:at] + piece + data[at:]
        elif what == "over":
            data = data[:at] + piece + data[at + len(piece) :]
        elif what == "drop":
            data = data[:start] + data[min(end, start + 1000) :]
        elif what == "copy":
            data = (data[:end] + data[start:])[: 4 * LARGEST]
        elif what == "flip" and at < len(data):
            data = data[:at] + bytes([data[at] ^ (1 << int(other * 8))]) + data[at + 1 :]
        elif what == "swap":
            data = data[start:end] + data[:start] + data[end:]
    return data


def changed_tree(page: Page, changes: list[tuple[str, float, float, str]]) -> bytes:
    """Of a page in HTML: its tree otherwise, told as HTML again."""
    tree = deepcopy(page.tree)
    for what, where, other, piece in changes:
        nodes = [node for node in tree.iter() if isinstance(node.tag, str) and node is not tree]
        if not nodes:
            break
        node, mate = nodes[int(where * len(nodes))], nodes[int(other * len(nodes))]
        clean = checks.CONTROL.sub("", piece)
        parent = node.getparent()
        if what == "drop" and parent is not None:
            parent.remove(node)
        elif what == "empty":
            node.clear(keep_tail=True)
        elif what == "text":
            node.text = clean
        elif what == "tail":
            node.tail = clean
        elif what == "attribute" and node.attrib:
            name = sorted(node.attrib)[int(other * len(node.attrib))]
            node.set(name, clean)
        elif what == "copy":
            node.addnext(deepcopy(node))
        elif what == "move" and node not in mate.iterancestors() and node is not mate:
            mate.append(node)
        elif what == "wrap" and parent is not None:
            around = html.Element("div")
            parent.replace(node, around)
            around.append(node)
        elif what == "rename":
            node.tag = ["div", "p", "span", "table", "a", "pre", "script", "template"][int(other * 8)]
    return etree.tostring(tree, encoding="utf-8", method="html") or b""


def changed_values(data: Any, changes: list[tuple[str, float, object, str]]) -> Any:
    """JSON with other values in some places."""
    data = deepcopy(data)
    for what, where, value, piece in changes:
        spots: list[tuple[Any, Any]] = []
        queue = [data]
        while queue and len(spots) < 20_000:
            part = queue.pop()
            keys = list(part) if isinstance(part, dict) else range(len(part)) if isinstance(part, list) else ()
            spots += [(part, key) for key in keys]
            queue += [part[key] for key in keys]
        if not spots:
            break
        part, key = spots[int(where * len(spots))]
        if what == "value":
            part[key] = deepcopy(value)
        elif what == "drop":
            del part[key]
        elif what == "text":
            part[key] = piece if not isinstance(part[key], str) else part[key] + piece
        elif what == "copy" and isinstance(part, list):
            part.append(deepcopy(part[key]))
    return data


def with_scripts_changed(text: str, changes: list[tuple[str, float, object, str]]) -> str:
    """A page with other values in the JSON of its scripts."""
    found: list[tuple[int, int, Any]] = []
    place = 0
    while (place := text.find("{", place)) >= 0 and len(found) < 20:
        try:
            value, end = json.JSONDecoder().raw_decode(text, place)
        except (ValueError, RecursionError):
            place += 1
            continue
        if value:
            found.append((place, end, value))
        place = end
    if not found:
        return text
    start, end, value = max(found, key=lambda spot: spot[1] - spot[0])
    return text[:start] + json.dumps(changed_values(value, changes)) + text[end:]


TARGETS: dict[str, tuple[Callable[..., None], st.SearchStrategy[tuple[Any, ...]]]] = {}
seen: Counter[str] = Counter()


def target(*strategies: st.SearchStrategy[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A part that reads what these make."""

    def noted(function: Callable[..., None]) -> Callable[..., None]:
        TARGETS[function.__name__] = function, st.tuples(*strategies)
        return function

    return noted


# Targets --------------------------------------------------------------------------------------------------------------


def read(case: tuple[str, type[Source], Page], page: Page) -> str:
    """A page through its source's reader: what comes out must fit into files, ledger and log."""
    _, source, recorded = case
    try:
        result: Article | Listing | Request = (
            read_article(source, page) if recorded.link else read_listing(source, page)
        )
    except PageError as error:
        if type(error) is PageError and error.__cause__:
            raise error.__cause__ from None
        if not str(error) or "\n" in str(error):
            raise Wrong(f"a reason that is none: {error}") from error
        return error.kind
    if isinstance(result, Listing):
        for link in result.links:
            for said in (link.id, link.url, link.title, link.date, link.page_label):
                if not isinstance(said, str):
                    raise Wrong(f"a link's field is no text: {said!r}")
                said.encode()
            if not link.id or source.article_link(link.url) is None:
                raise Wrong(f"a link that leads nowhere: {link}")
        return "listing"
    if isinstance(result, Article):
        written(normalize(result, source.title_suffixes), source.extra_keys)
        return "article"
    return "request"


def written(article: Article, extra: tuple[str, ...]) -> None:
    text = hugo.render(article, extra)
    head, fence, _ = text.partition("\n---\n")
    if not fence or (found := checks.CONTROL.search(text)):
        raise Wrong(
            f"a control character, or no frame: {text[found.start() - 50 : found.end() + 50] if found else ''!r}"
        )
    known = yaml.safe_load(head)
    if list(known)[: len(checks.KEYS)] != checks.KEYS or checks.TEMPLATE.search(text.partition("\n---\n")[2]):
        raise Wrong("keys, or a live template")
    for key, value in known.items():
        for said in value if isinstance(value, list) else [value]:
            if isinstance(said, str) and checks.CONTROL.search(said):
                raise Wrong(f"a control character in {key}: {said!r}")
    if identify(text)[:2] != (article.title, article.date):
        raise Wrong(f"identify: {identify(text)[:2]}")
    if identify(text)[3] != article.markdown:
        raise Wrong("identify gives another body")
    json.dumps(jsonl.row(article), ensure_ascii=False).encode()
    json.dumps(jsonl.details(article), ensure_ascii=False).encode()
    book = gitbook.render(article)
    if list(checks.book_faults(book.encode())):
        raise Wrong(f"book: {list(checks.book_faults(book.encode()))}")
    title, date, _, body = identify(book)
    is_fence = "```" in title or "~~~" in title  # a backslash before one stays
    if (title, date) != (
        article.title if not is_fence else title,
        article.date[:10],
    ) or body != article.markdown.rstrip("\n"):
        raise Wrong(
            f"identify of a book's page: {title!r}, not {article.title!r}, {date!r}, {body == article.markdown}"
        )


@target(st.integers(0, 10**6), byte_changes)
def pages_bytes(number: int, changes: list[tuple[str, float, float, bytes]]) -> None:
    case = fixtures()[number % len(fixtures())]
    seen[f"bytes: {read(case, replace(case[2], body=changed_bytes(case[2].body, changes)))}"] += 1


@target(st.integers(0, 10**6), tree_changes)
def pages_trees(number: int, changes: list[tuple[str, float, float, str]]) -> None:
    cases = [case for case in fixtures() if case[2].is_html and b"<" in case[2].body[:500]]
    case = cases[number % len(cases)]
    try:
        body = changed_tree(case[2], changes)
    except PageTooDeep:
        return
    seen[f"tree: {read(case, replace(case[2], body=body, headers={'content-type': 'text/html; charset=utf-8'}))}"] += 1


@target(st.integers(0, 10**6), value_changes)
def pages_json(number: int, changes: list[tuple[str, float, object, str]]) -> None:
    cases = [case for case in fixtures() if b"{" in case[2].body]
    case = cases[number % len(cases)]
    page = case[2]
    try:
        body = json.dumps(changed_values(json.loads(page.text), changes)).encode()
    except ValueError:
        body = with_scripts_changed(page.text, changes).encode("utf-8", "surrogatepass")
    seen[f"json: {read(case, replace(page, body=body))}"] += 1
    if page.second_page:
        try:
            other = json.dumps(changed_values(json.loads(page.second_page.text), changes)).encode()
        except ValueError:
            other = with_scripts_changed(page.second_page.text, changes).encode("utf-8", "surrogatepass")
        seen[f"second: {read(case, replace(page, second_page=replace(page.second_page, body=other)))}"] += 1


@target(
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


@target(
    st.integers(0, 10**9),
    st.sampled_from(["setext", "atx"]),
    st.lists(st.tuples(places, st.sampled_from(PIECES)), max_size=5),
)
def converter(number: int, headings: Any, changes: list[tuple[float, str]]) -> None:
    try:
        body = node(number)
    except PageTooDeep:
        return
    for where, piece in changes:
        nodes = [part for part in body.iter() if isinstance(part.tag, str)]
        nodes[int(where * len(nodes))].text = checks.CONTROL.sub("", piece)
    made = convert(body, headings)
    if checks.CONTROL.search(made.text) or checks.TEMPLATE.search(made.text):
        raise Wrong("a control character or a live template")
    seen[f"by {made.by}"] += 1
    article = Article(
        source="s",
        id="1",
        url="http://a.example/",
        title="t",
        date="2025-02-11",
        markdown=made.text,
        summary=summarize(text_of(body)),
    )
    if made.text and headings == "setext":
        written(article, ())


said = st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=6).map("".join)


@target(said, said, said, st.lists(st.sampled_from(PIECES) | st.text(max_size=5), min_size=1, max_size=8).map("".join))
def front_matter(title: str, name: str, key: str, body: str) -> None:
    """Any metadata; the body as the converter gives it, for that alone is ever written."""
    inside = html.Element("div")
    inside.text = checks.CONTROL.sub("", body)
    markdown = convert(inside).text
    article = Article(
        source="s", id=name or "1", url="https://a.example/" + key, title=title + "x", date="2025-02-11 01:02:03",
        markdown=markdown, summary=summarize(body), author=name, author_url="https://a.example/" + name,
        publisher=title, category=key, page=name, section=key, pretitle=title, subtitle=body, keywords=(title, name),
        brief=body, counts={key: 1, "views": 2}, thumbnail="https://a.example/" + title,
    )  # fmt: skip
    if markdown:
        written(normalize(article), hugo.EXTRA)


@target(st.integers(0, 10**6), byte_changes)
def identified(number: int, changes: list[tuple[str, float, float, bytes]]) -> None:
    files = expected()
    data = changed_bytes(files[number % len(files)], changes)
    try:
        identify(data.decode("utf-8"))
        seen["identified"] += 1
    except ValueError:
        seen["not identified"] += 1
    gitbook.entry("2025/02/x.md", data.decode("utf-8", "replace"))


@cache
def expected() -> list[bytes]:
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


@cache
def archives() -> list[bytes]:
    made = []
    for suffix in ("warc", "warc.gz"):
        with tempfile.TemporaryDirectory() as folder:
            recorder = Recorder(path := Path(folder, f"x.{suffix}"), {"software": "fuzz"})
            chunked = b"5\r\nhello\r\n3\r\nabc\r\n0\r\n\r\n"
            for number, (body, headers) in enumerate(
                [
                    (b"<html>text</html>", []),
                    (gzip.compress(b"packed" * 9), [("Content-Encoding", "gzip")]),
                    (chunked, [("Transfer-Encoding", "chunked")]),
                    (brotli.compress(b"br" * 9), [("Content-Encoding", "br")]),
                    (zstd.compress(b"z" * 99), [("Content-Encoding", "zstd")]),
                    (b"", []),
                ]
            ):
                exchange = Exchange(
                    method="POST" if number == 1 else "GET", url=f"http://a.example/{number}",
                    request_headers=[("Host", "a")], request_body=b"q", status=200,
                    headers=[("Content-Type", "text/html"), *headers], body=body, time=FETCHED,
                )  # fmt: skip
                recorder.write(exchange)
            recorder.close()
            made.append(path.read_bytes())
    made.append((FIXTURES.parent / "recordings" / "wget.warc.gz").read_bytes())
    made.append(gzip.decompress(made[2]))
    made.append(b"".join(map(gzip.compress, made[0].split(b"\r\n\r\nWARC")[:1])) + made[1])
    return made


@target(st.integers(0, 10**6), byte_changes)
def warc(number: int, changes: list[tuple[str, float, float, bytes]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.warc")
        path.write_bytes(changed_bytes(archives()[number % len(archives())], changes))
        try:
            archive = Archive(path)
        except RecordingError:
            return
        pages = list(archive)
        if len(pages) > path.stat().st_size:
            raise Wrong("more records than bytes")
        for page in pages:
            seen[f"warc: {type(page).__name__}"] += 1
            if isinstance(page, Page):
                assert isinstance(page.text, str)
                with suppress(RecordingError):
                    archive.find("GET", page.url, b"")


PACKED = {
    "gzip": gzip.compress(b"text" * 500),
    "deflate": zlib.compress(b"text" * 500),
    "br": brotli.compress(b"text" * 500),
    "zstd": zstd.compress(b"text" * 500),
    "bomb": gzip.compress(bytes(50 * LARGEST)),
}


@target(
    st.sampled_from(sorted(PACKED)),
    st.lists(
        st.sampled_from(["gzip", "x-gzip", "deflate", "br", "zstd", "identity", "", "x", "GZIP", "aws-chunked", "é"]),
        max_size=3,
    ),
    byte_changes,
)
def codings(packed: str, names: list[str], changes: list[tuple[str, float, float, bytes]]) -> None:
    name = "gzip" if packed == "bomb" else packed
    try:
        if len(decompress(changed_bytes(PACKED[packed], changes), ", ".join([*names, name]), LARGEST)) > max(
            LARGEST, 5 * len(PACKED[packed])
        ):
            raise Wrong("more than was allowed")
        seen["unpacked"] += 1
    except (DecompressionError, BodyTooLargeError) as error:
        seen[f"unpack: {type(error).__name__}"] += 1


@target(
    st.lists(
        st.sampled_from([*PIECES, *"0123456789-/:. TZ年月日", "2025", "12", "PM", "GMT", "+08:00", "Feb", "Tue, "]),
        max_size=14,
    ).map("".join)
    | st.sampled_from(VALUES)
)
def dates(value: object) -> None:
    found = beijing(value)
    if found:
        checked = found if len(found) > 10 else found + " 00:00:00"
        time.strptime(checked, "%Y-%m-%d %H:%M:%S")


@target(st.integers(0, 10**6), byte_changes, value_changes, st.booleans())
def recorded_cases(
    number: int,
    changes: list[tuple[str, float, float, bytes]],
    values: list[tuple[str, float, object, str]],
    whole: bool,
) -> None:
    cases = sorted(FIXTURES.rglob("page.json"))
    data = cases[number % len(cases)].read_bytes()
    data = json.dumps(changed_values(json.loads(data), values)).encode() if whole else changed_bytes(data, changes)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "page.html").write_bytes(b"<html></html>")
        Path(folder, "page.json").write_bytes(data)
        try:
            load_case(Path(folder))
        except RecordingError:
            seen["case: RecordingError"] += 1


# The run --------------------------------------------------------------------------------------------------------------


@contextmanager
def limited() -> Iterator[None]:
    def stop(_number: int, _frame: FrameType | None) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, LIMIT)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def place_of(error: BaseException) -> str:
    """What went wrong, and where in our code."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "/crawler/" in frame.filename and "site-packages" not in frame.filename]
    frame = (ours or frames)[-1]
    detail = str(error).partition(":")[0][:40] if isinstance(error, Wrong) else ""
    return f"{type(error).__name__} at {Path(frame.filename).name}:{frame.name}:{frame.lineno} {detail}".strip()


def fuzz(minutes: float, number: int, only: str = "", examples: int = 200) -> dict[str, str]:
    """Every target in turn, until the time is over; of each fault the smallest example."""
    finds: dict[str, str] = {}
    counts: Counter[str] = Counter()

    def watch(name: str, function: Callable[..., None], found: dict[str, str]) -> Callable[[tuple[Any, ...]], None]:
        def watched(values: tuple[Any, ...]) -> None:
            counts[name] += 1
            try:
                with limited():
                    function(*values)
            except Exception as error:
                place = f"{name}: {place_of(error)}"
                if place in finds:
                    return
                found[place] = f"{repr(values)[:1500]}\n{''.join(traceback.format_exception(error))[-2500:]}"
                raise

        return watched

    until, around = time.monotonic() + minutes * 60, random.Random(number)
    while time.monotonic() < until:
        for name, (function, strategy) in TARGETS.items():
            if only and name != only:
                continue
            found: dict[str, str] = {}

            chosen = settings(
                max_examples=examples, deadline=None, database=None, phases=[Phase.generate, Phase.shrink],
                suppress_health_check=list(HealthCheck), report_multiple_bugs=False, print_blob=False,
            )  # fmt: skip
            try:
                seed(around.getrandbits(64))(chosen(given(strategy)(watch(name, function, found))))()
            except Exception:
                if not found:
                    raise
            finds.update(found)
            if time.monotonic() > until:
                break
    print("examples:", dict(counts), "in all", sum(counts.values()))
    print("seen:", dict(sorted(seen.items())))
    print("memory at most:", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, "MB")
    return finds


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.robustness.malformed.fuzz")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", choices=["", *TARGETS])
    asked = parser.parse_args()
    finds = fuzz(asked.minutes, asked.seed, asked.only)
    for place, example in finds.items():
        print(f"\n=== {place}\n{example}")
    print(f"\nminutes={asked.minutes} seed={asked.seed} finds={len(finds)}")
    return 1 if finds else 0


if __name__ == "__main__":
    sys.exit(main())
