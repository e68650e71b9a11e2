"""Editions whose pages JavaScript draws from JSON: the URLs of that JSON.

Source: public crawlers of these newspapers. INFERRED: no response could be recorded. Only what a browser gets without
keys, logins or special headers is requested.

`navi`     解放日报 to 2024-12-15, www.jfdaily.com and www.shobserver.com: one list for the issue
`journal`  解放日报 since 2024-12-16: one list for each page
`data`     新京报 and 人民邮电报 (`stamped`), 农民日报 (`coded`): one list for the issue; the articles are HTML

Left out: 科技日报 (epaper.stdaily.com). Its server rejects requests without a site id and a header that its own script
sends.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import urljoin

from crawler.newspapers.urls import EpaperUrl
from crawler.reading.json_values import strings_in, value_at
from crawler.reading.page import Page
from crawler.text.urls import requestable_url


class Edition(NamedTuple):
    """Templates of URLs (`str.format`): year, month, of_month, day (YYYY-MM-DD), number (of the page), id, file.

    `folder` is the URL up to the day. The URLs are relative to that of the page that leads to them.
    """

    listing: str  # JSON: the list of an issue, or of one of its pages
    article: str  # the page that shows an article to readers: its canonical URL
    text: str = ""  # JSON with the text of the article; "": `article` is HTML
    first: str = ""  # first and last day
    last: str = "9999"


_DETAIL = "/staticsg/res/html/journal/detail.html?"
EDITIONS = {
    "navi": Edition(
        "/staticsg/data/journal/{day}/navi.json", _DETAIL + "date={day}&id={id}&page={number}",
        "/staticsg/data/journal/{day}/{number}/article/{id}.json", last="2024-12-15",
    ),
    "journal": Edition(
        "/journal/{day}/getJournalPage.do?page={number}&code=jfrb",
        _DETAIL + "code=jfrb&date={day}&id={id}&page={number}", "/journal/getJournalPageArticle.do?id={id}",
        first="2024-12-16",
    ),
    "data": Edition("{folder}/data.json", "{folder}/{file}"),
}  # fmt: skip
# Pages that have no list of their own, or only a part of it: pattern of the URL, editions. The page of `query` is only
# a frame for the JSON.
_SHOWN = (
    (re.compile(r"/staticsg/(?:res/html|data)/journal/|/journal/[\d-]{10}/getJournalPage\.do"), ("navi", "journal")),
    (re.compile(r"/\d{8}/(?:\w{1,8}_)?\d{8}_\w"), ("data",)),
)
# Lists of days: pattern of the URL, JMESPath of the days (""; all strings), template of the newest issue
_CALENDARS = (
    (re.compile(r"/journal/list\.do\b"), "object.departList[?code=='jfrb'].jdate", EDITIONS["journal"].listing),
    (re.compile(r"/period/yearMonthDay\.json\b"), "", "../html/{year}/{year}{month}{of_month}/data.json"),
)  # fmt: skip
_DAY = re.compile(r"(\d{4})[-/.]?(\d\d)[-/.]?(\d\d)")
_FOLDER_OF_PAGE = re.compile(r"\d{8}_")  # files of an article that are in the folder of the page: 20260928_01/


def listing_url(target: EpaperUrl) -> str:
    """Return the URL of the JSON that lists the issue of *target*; "" if *target* is not of such an edition."""
    edition = _edition(target, target.day)
    return _filled(edition.listing, target) if edition else ""


def day_url(issue: EpaperUrl, day: str) -> str:
    """Return the URL of *issue* for another day (YYYY-MM-DD)."""
    if day == issue.day:
        return issue.url
    if issue.family == "coded":  # its URLs have the number of the issue, but not the one of the list
        return issue.for_day(day).rpartition("/")[0] + "/data.json"
    if issue.family in EDITIONS and (edition := _edition(issue, day)):
        return _filled(edition.listing, issue, day=day, number="01")
    return issue.for_day(day)


def page_url(issue: EpaperUrl, number: str) -> str:
    """Return the URL of the list of another page of *issue*."""
    return _filled(EDITIONS["journal"].listing, issue, number=number)


def article_url(issue: EpaperUrl, number: str, name: str, file: str) -> str:
    """Return the URL of the article with the id *name*, or with the URL *file*; "" if it cannot be derived."""
    edition = EDITIONS.get(issue.family)
    if file:
        folder = ""
        if issue.family == "data" and _FOLDER_OF_PAGE.match(file):
            folder = f"{issue.day.replace('-', '')}_{number}/"
        return requestable_url(folder + file, issue.url)
    return _filled(edition.article, issue, number=number, id=name) if edition and edition.text and name else ""


def text_url(article: EpaperUrl) -> str:
    """Return the URL of the JSON with the text of *article*; "" for an article in HTML."""
    edition = _edition(article, article.day) if article.family == "detail" else None
    return _filled(edition.text, article, id=article.id) if edition else ""


def newest_of_calendar(page: Page) -> str:
    """Return the URL of the newest issue of a list of days in JSON; "" if the URL is not of a known list.

    Raises ValueError if *page* is not JSON.
    """
    for pattern, path, template in _CALENDARS:
        if pattern.search(page.url):
            found = value_at(page.json, path) if path else page.json
            days = [
                "-".join(day.groups()) for value in strings_in(found) if (day := _DAY.fullmatch(value[:10].strip()))
            ]
            return _absolute(template, page.url, max(days)) if days else ""
    return ""


def _edition(target: EpaperUrl, day: str) -> Edition | None:
    for pattern, names in _SHOWN:
        if pattern.search(target.url):
            return next(each for name in names if (each := EDITIONS[name]).first <= day <= each.last)
    return None


def _filled(template: str, target: EpaperUrl, number: str = "", day: str = "", **values: str) -> str:
    folder = target.url[: target.match.end("day")]
    number = number or target.number or "01"
    return _absolute(template, target.url, day or target.day, number=number, folder=folder, **values)


def _absolute(template: str, base: str, day: str, **values: str) -> str:
    year, month, of_month = day.split("-")
    return urljoin(
        base, template.format(**{"number": "01", **values}, year=year, month=month, of_month=of_month, day=day)
    )
