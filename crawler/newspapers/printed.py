"""Printed pages as files: what a file says, and what its name and the `.yaml` beside it say of it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

import yaml
from lxml.html import HtmlElement

from crawler.newspapers.article import body_of, byline, headline, number_of, paper_name
from crawler.newspapers.reflow import Paragraph, order, paragraphs_of
from crawler.reading.candidates import Candidates
from crawler.reading.charset import DAMAGED_SHARE, decode
from crawler.reading.errors import Incomplete, LayoutChanged, Skipped
from crawler.reading.page import Page
from crawler.reading.query import all_of, required, text
from crawler.text.clean import one_line
from crawler.text.dates import beijing, beijing_after

KEYS = ("title", "date", "author", "publisher", "page", "section", "pretitle", "subtitle", "category", "brief")
MOST = 1_000_000  # characters

# 2025-02-05_A08_爆火的DeepSeek · 20250205 A08 · A08_爆火的DeepSeek
_NAME = re.compile(
    r"(?:(?P<day>(?:19|20)\d\d-\d\d-\d\d|(?:19|20)\d{6})(?!\d)[-_ ]*)?"
    r"(?:(?P<page>[A-Z]\d{1,3})(?=[-_ ]|$)[-_ ]*)?(?P<rest>.*)",
    re.S,
)
# What programs write where nobody said anything.
_JUNK = re.compile(
    r"anonymous|unspecified|untitled|user|admin(istrator)?|无标题.*|.*\.(docx?|indd|fit|ps|pdf|txt)"
    r"|Microsoft Word - .*",
    re.I,
)
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f]")
_HAN = re.compile("[\u4e00-\u9fff\ue000-\uf8ff]")  # and what stands for none in GB 18030
# HTML that has nothing but lines.
_PLAIN = {"html", "head", "title", "meta", "body", "div", "p", "br", "span", "style", "script", "pre"}


class Printed(NamedTuple):
    """What a file holds; "" for what it does not."""

    body: HtmlElement
    title: Mapping[str, str]  # candidate -> value, by trust
    date: Mapping[str, str] = {}
    author: Mapping[str, str] = {}
    publisher: str = ""
    page: str = ""
    pretitle: str = ""
    subtitle: str = ""


# What is known beside the text --------------------------------------------------------------------------------------


class Name(NamedTuple):
    """What a file's name says; "" for what it does not."""

    day: str
    page: str
    rest: str


def parse_file_name(url: str) -> Name:
    """What the name in the address of a file says."""
    stem = decode(unquote_to_bytes(url))[0].rpartition("/")[2].rpartition(".")[0]
    found = _NAME.fullmatch(stem)
    day = beijing(found["day"]) if found and found["day"] else ""
    if not found or (found["day"] and not day):  # eight digits that are no day
        return Name("", "", one_line(stem.replace("_", " ")))
    return Name(day, found["page"] or "", one_line((found["rest"] or stem).replace("_", " ")))


def given_metadata(page: Page) -> dict[str, str]:
    """What arguments say of a file, and the `.yaml` beside it. Raises `LayoutChanged`."""
    noted: dict[str, str] = {}
    if page.second_page:
        name = page.second_page.url
        try:
            found = yaml.load(page.second_page.text, Loader=yaml.BaseLoader)  # noqa: S506  texts, lists and mappings alone
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            raise LayoutChanged(f"{name} is no YAML: {error}") from error
        if not isinstance(found, dict):
            raise LayoutChanged(f"{name} does not hold keys and values")
        for key, value in found.items():
            if key not in (*KEYS, "url") or not isinstance(value, str):
                known = ", ".join((*KEYS, "url"))
                raise LayoutChanged(f"{name}: {str(key)[:40]!r} is no key with one value; allowed are: {known}")
            noted[key] = one_line(value)
    if noted.get("url") and not re.match("https?://[^/]", noted["url"]):
        raise LayoutChanged(f"url: {noted['url']!r} is no address of the web", field="url")
    return noted | {key: one_line(value) for key, value in page.form.items()}


def first_of(candidates: Mapping[str, str]) -> tuple[str, str]:
    return next(((name, value) for name, value in candidates.items() if value), ("", ""))


def date_of(page: Page, candidates: Mapping[str, str]) -> tuple[str, str]:
    """Return the name and value of the first date in *candidates*, or "" and the day of the file's last change.

    Raises `LayoutChanged` for a date in the future, and for a given value that is not a date.
    """
    if candidates["given"] and not beijing(candidates["given"]):
        raise LayoutChanged(f"date: {candidates['given']!r} is none", field="date")
    name, date = first_of({name: beijing(value) for name, value in candidates.items()})
    date = date or beijing(page.headers.get("last-modified", ""))[:10]
    if page.fetched_at and date > beijing_after(page.fetched_at, days=1):  # Hugo would hide the page until then
        raise LayoutChanged(f"date is in the future: {date} ({name or 'the day of the file'})", field="date")
    return name, required(date, "date")


# The text -----------------------------------------------------------------------------------------------------------


def read_print(page: Page, title: str) -> Printed:
    """A file's text. *title* is the headline where it is known. Raises `PageError`."""
    if len(page.text) > MOST:
        raise Skipped(f"{len(page.text)} characters, more than {MOST}: no page of a newspaper")
    _check(page)
    if not page.is_html:
        return _text(paragraphs_of(page.text), title)
    if parts := all_of(page, "p[data-size]"):
        return _pdf(page, parts, title)
    lines = _lines_only(page)
    return _text(paragraphs_of(lines), title) if lines else _html(page)


def _check(page: Page) -> None:
    """Raise `Incomplete` for what is no text: a file of programs, or one in a charset that nobody named."""
    controls = len(_CONTROLS.findall(page.text))
    if "\0" in page.text or controls > DAMAGED_SHARE * len(page.text):
        raise Incomplete(f"{controls} control characters: no text, or UTF-16 without its mark")
    han = _HAN.findall(page.text)
    usual = sum(map(_is_usual, han))
    if page.charset.lower().startswith("gb") and usual < len(han) / 2:
        rare = len(han) - usual
        raise Incomplete(f"{rare} of {len(han)} characters are rare: neither GBK nor UTF-8")


def _is_usual(char: str) -> bool:
    """Whether a character is one of the 3,755 that GB 2312 calls the usual ones."""
    coded = char.encode("gb2312", "ignore")
    return len(coded) == 2 and 0xB0 <= coded[0] <= 0xD7


def _text(paragraphs: list[Paragraph], title: str) -> Printed:
    read = order(paragraphs, title)
    if not text(read.body):
        raise Skipped("no text")
    author = {"credit": read.author, "byline": byline(read.body)}
    return Printed(read.body, {"headline": read.title}, author=author, publisher=read.publisher)


def _pdf(page: Page, parts: list[HtmlElement], title: str) -> Printed:
    info = {
        node.get("name"): value
        for node in all_of(page, "meta[content]")
        if not _JUNK.fullmatch(value := one_line(node.get("content", "")))
    }
    read = _text(
        [Paragraph(text(node), float(node.get("data-size", "0")), "data-cut" in node.attrib) for node in parts], title
    )
    made = re.match(r"D:(\d{4})(\d\d)(\d\d)", info.get("CreationDate", ""))
    return read._replace(
        title={**read.title, "PDF": info.get("Title", "")},
        date={"PDF": "-".join(made.groups())} if made else {},
        author={**read.author, "PDF": info.get("Author", "")},
    )


def _lines_only(page: Page) -> str:
    """The lines of HTML that has nothing else; "" for any other."""
    if {node.tag for node in page.tree.iter() if isinstance(node.tag, str)} - _PLAIN:
        return ""
    body = page.tree.find("body")
    lines = []
    for node in body.iter() if body is not None else ():
        if node.tag in ("p", "div", "br", "body", "pre"):
            lines.append("\n")
        if isinstance(node.tag, str) and node.tag not in ("style", "script"):
            lines.append(node.text or "")
        lines.append(("\n" if node.tag in ("p", "div", "pre") and node.tail else "") + (node.tail or ""))
    return "".join(lines)


def _html(page: Page) -> Printed:
    candidates, head = Candidates(page), headline(page)
    try:
        body = body_of(page)
    except LayoutChanged:
        body = next(node for css in ("article", "main", "body") for node in all_of(page, css))
        for node in all_of(body, "script, style, nav, header, footer, aside, form, noscript, iframe"):
            node.drop_tree()
    titles = {
        **head.title,
        "og:title": candidates.metas.get("og:title", ""),
        "<title>": text(page.tree.find("head/title")),
    }
    _, title = first_of(titles)
    for node in all_of(body, "h1")[:1]:
        if text(node) == title:
            node.drop_tree()
    if not text(body):
        raise Skipped("no text")
    try:
        date = {"page": candidates.date({})}
    except LayoutChanged:
        date = {}
    return Printed(
        body, titles, date, {"page": candidates.author({**head.author, "body": byline(body)})},
        paper_name(page), number_of(page), head.pretitle, head.subtitle,
    )  # fmt: skip
