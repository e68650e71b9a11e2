"""Read the labels of newspaper pages ("第A02版：要闻"): of links, headings and cells of tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from lxml.html import HtmlElement

from crawler.newspapers.links import is_button, short_text
from crawler.newspapers.urls import EpaperUrl
from crawler.reading.page import Page
from crawler.reading.query import all_of, text
from crawler.text.clean import one_line

LONGEST_LABEL = 200  # characters
# 第A02版：要闻 · A01： 头版 · 第 1 版：头版 · 05版
_PAGE_LABEL = re.compile(
    r"(?P<number>(?:[A-Za-z]|(?<!\d))\d++)\s*+(?:版\s*+[】\])）]?\s*+[:：]?|[:：])\s*+(?P<name>.*)"
)
_CHINESE_LABEL = re.compile(r"(?:\A\W{0,5}|第\s?)(?P<number>[一二三四五六七八九十]{1,3})\s?版\s?[:：]?\s?(?P<name>.*)")
_DIGITS = "〇一二三四五六七八九"
_NUMBER = re.compile(r"\W{0,3}(?:第\s?)?(?P<number>[A-Z]{0,2}\d{1,3})\s?版?\W{0,3}", re.I)
_NUMBER_AND_NAME = re.compile(
    r"\W{0,3}(?P<number>[A-Z]{0,2}\d{1,3})(?:\s|[\]】)）·・—-]){1,4}(?P<name>\D\S{1,15})", re.I
)
_NAME = re.compile(r"\W{0,3}(?P<name>[^\W\d_][\w·/、&]{1,11})\W{0,3}")
# A cell or heading that contains only the label of the page that is shown
_CELL = re.compile(
    r"\W{0,3}(?:第\s?)?(?:[A-Z]{0,2}\d{1,3}|[一二三四五六七八九十]{1,3})\s?版\W{0,4}(?:[^\W\d]\S{0,15})?\W{0,3}", re.I
)
_LONGEST_CELL = 40  # characters


def parse_label(label: str) -> tuple[str, str]:
    """Return number and name in the label of a newspaper page: "A02", "要闻" for "第A02版：要闻". Missing parts: ""."""
    label = one_line(label)
    if found := _PAGE_LABEL.search(label):
        return found["number"].upper(), found["name"].strip()
    if found := _CHINESE_LABEL.search(label):
        tens, has_ten, ones = found["number"].rpartition("十")
        value = (_DIGITS.find(tens) if tens else 1) * 10 if has_ten else 0
        return str(value + max(_DIGITS.find(ones), 0) if ones else value), found["name"].strip()
    return "", ""


def is_same_number(number: str, other: str) -> bool:
    """Return whether two numbers of newspaper pages are equal, except for zeros before them ("01" and "1")."""
    return number.lstrip("0") == other.lstrip("0")


def label_of_links(captions: Sequence[str], number: str, has_names: bool) -> str:
    """Return the label of a newspaper page from the texts of the links to it, or "".

    *number* is that of the URL, or "". *has_names*: other pages of the list are named in the same way, so a text
    without a number may be a name.
    """
    if label := next((caption for caption in captions if parse_label(caption)[0]), ""):
        return label
    if both := next(filter(None, map(_NUMBER_AND_NAME.fullmatch, captions)), None):
        return f"{both['number'].upper()}版：{both['name']}"
    shown = next(filter(None, map(_NUMBER.fullmatch, captions)), None)
    name = next(filter(None, map(name_in, captions)), "") if shown or has_names else ""
    found = (shown["number"].upper() if shown else "") or number
    return f"{found}版：{name}" if found and name else f"{found}版" if shown else ""


def name_in(caption: str) -> str:
    """Return the name of a newspaper page ("要闻") if *caption* may be one, or ""."""
    found = _NAME.fullmatch(caption)
    return found["name"] if found and not is_button(caption) and not _NUMBER.fullmatch(caption) else ""


def shown_label(page: Page, issue: EpaperUrl, listed: Mapping[str, str]) -> str:
    """Return the label of the newspaper page that *page* shows, or "". *listed*: the pages of *issue*, URL -> label.

    Elements without a name complete the number of an earlier one: the title may have only the number.
    """
    first = [] if issue.url in listed else list(listed.values())[:1]  # the page that the index of an issue shows
    best, number = "", ""
    for label in (listed.get(issue.url, ""), *_labels_of_elements(page), *first):
        found, name = parse_label(label)
        if found and (not number or is_same_number(found, number)):
            if name:
                return label
            best, number = best or label, number or found
    return best


def element_label(page: Page) -> str:
    """Return the label of the newspaper page that an element of *page* outside links has, or ""."""
    return next((label for label in _labels_of_elements(page) if parse_label(label)[0]), "")


def _labels_of_elements(page: Page) -> Iterator[str]:
    for node in all_of(page, ".ban, td.px12, title"):
        yield label_text(node)
    for node in page.tree.iter("td", "th", "h1", "h2", "h3", "h4", "strong", "span", "div", "p"):
        caption = short_text(node, _LONGEST_CELL)
        if _CELL.fullmatch(caption) and not _is_in_link(node) and not all_of(node, "a"):
            cell = node.getnext() if node.tag == "td" and not parse_label(caption)[1] else None
            name = name_in(text(cell)) if cell is not None and cell.tag == "td" and not all_of(cell, "a") else ""
            yield f"{caption.rstrip(':： ')}：{name}" if name else caption


def _is_in_link(node: HtmlElement) -> bool:
    return any(True for _ in node.iterancestors("a"))


def label_text(node: HtmlElement) -> str:
    """Return the start of the text of *node*: each article of the page gets a copy of the label."""
    return text(node)[:LONGEST_LABEL]
