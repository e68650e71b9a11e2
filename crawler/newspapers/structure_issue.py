"""Read a page of an issue by its structure, for sites whose URLs have none of the known forms.

Articles are the links with titles whose URLs differ only in a number; newspaper pages are the links with labels
(第02版：要闻); the day is the first one on the page. The id of an article is the end of the path of its URL with the
values of its parameters.
"""

from __future__ import annotations

import re
from collections import defaultdict
from contextlib import suppress
from datetime import date
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

from crawler.items import Link
from crawler.newspapers.labels import LONGEST_LABEL, element_label, parse_label
from crawler.newspapers.links import caption_of, is_button, links_of
from crawler.newspapers.urls import hosts_of
from crawler.reading.page import Page
from crawler.reading.query import text_at
from crawler.text.clean import one_line

_DAY = re.compile(r"(?<!\d)(20\d\d)\s?[年./-]\s?(\d{1,2})\s?[月./-]\s?(\d{1,2})(?!\d)")
_DAY_OF_URL = re.compile(r"(?<!\d)(20\d\d)[-_/.]?([01]\d)[-_/.]?([0-3]\d)(?!\d)")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_NUMBER = re.compile(r"\d+|[\da-f]{8}[\da-f-]{8,28}", re.I)
_NAVIGATION = re.compile(
    "登录|注册|首页|关于|联系|版权|广告|订阅|投稿|客户端|下载|搜索|备案|许可证|举报|旧版|往期|检索"
)
_MIN_TITLE = 4  # Chinese characters
_MIN_ARTICLES = 2  # links of one form
_MAX_DAY = 20_000  # characters of the page in which the day is searched


class StructureListing(NamedTuple):
    """What a page of an issue leads to."""

    day: str  # YYYY-MM-DD; "" if the page has none
    links: list[Link]
    pages: list[str]  # URLs of the other newspaper pages


def read_structure(page: Page) -> StructureListing | None:
    """Return what *page* leads to; None unless it has several links with titles, and a day or labels of pages."""
    hosts = set(hosts_of(page.url))
    own, above = element_label(page), ""
    pages: list[str] = []
    groups: defaultdict[str, dict[str, tuple[str, str]]] = defaultdict(dict)  # form of the URL -> URL -> title, label
    for node, url in links_of(page):
        target = url.partition("#")[0]
        if not set(hosts_of(target)) <= hosts:
            continue
        caption = one_line(caption_of(node)[:LONGEST_LABEL])
        if parse_label(caption)[0]:
            above = caption
            if target == page.url:
                own = own or caption
            elif target not in pages:
                pages.append(target)
        elif _is_title(caption) and target != page.url and identifier_of(target):
            groups[_form(target)].setdefault(target, (caption, above))
    for url in pages:
        groups.pop(_form(url), None)
    best = max(groups.values(), key=lambda group: sum(len(title) for title, _ in group.values()), default={})
    day = day_of(page)
    if len(best) < _MIN_ARTICLES or not (day or pages):
        return None
    # A page that lists the whole issue has the labels of its pages above their articles.
    is_whole_issue = len({label for _, label in best.values()}) > 1
    links = [
        Link(identifier_of(url), url, title, day, label if is_whole_issue else own)
        for url, (title, label) in best.items()
    ]
    return StructureListing(day, links, pages)


def structure_link(url: str) -> Link | None:
    """Return the link of the article at *url*, of any form with a number; None for other URLs."""
    name = identifier_of(url)
    return Link(name, url.partition("#")[0]) if name else None


def identifier_of(url: str) -> str:
    """Return the id of the article at *url*: the end of its path, and its parameters; "" without a number in them."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    folder, _, file = parts.path.rpartition("/")
    words = [*filter(None, folder.split("/")), file.partition(".")[0]][-3:] + [
        value for _, value in parse_qsl(parts.query)
    ]
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", "-".join(words)).strip("-")
    return name if _NUMBER.search(name) and len(name) <= 120 else ""


def day_of(page: Page) -> str:
    """Return the day in the URL of *page*, or the first one in its text (YYYY-MM-DD); "" without one."""
    for found in (_DAY_OF_URL.search(page.url), *_DAY.finditer(text_at(page, "body")[:_MAX_DAY])):
        with suppress(ValueError):
            if found:
                return date(*map(int, found.groups())).isoformat()
    return ""


def _form(url: str) -> str:
    return _NUMBER.sub("#", url)


def _is_title(caption: str) -> bool:
    return len(_CHINESE.findall(caption)) >= _MIN_TITLE and not is_button(caption) and not _NAVIGATION.search(caption)
