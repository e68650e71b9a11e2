"""Find the newest issue from the entry page of a newspaper: redirects, frames, scripts, links and calendars."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import urlsplit

from crawler.newspapers.editions import newest_of_calendar
from crawler.newspapers.links import links_of, resolved
from crawler.newspapers.urls import EpaperUrl, host_of, parse_page_url
from crawler.reading.errors import LayoutChanged
from crawler.reading.json_values import strings_in
from crawler.reading.page import Page
from crawler.reading.query import all_of, text, text_at

_REFRESH_URL = re.compile(r"""url\s*+=\s*+['"]?\s*+([^'"\s>]+)""", re.I)
# location = "…", window.location.href='…', top.location.replace("…"), location.assign("…")
_SCRIPT_REDIRECT = re.compile(
    r"""\blocation(?:\.href)?(?:\s{0,9}=\s{0,9}|\.(?:replace|assign)\s{0,9}\(\s{0,9})['"]([^'"]+)['"]"""
)
_WORDS = re.compile(r"""[\s'"<>(),;=\\]+""")  # separators of the URLs in a script
_CALENDAR = "period.xml"
_DAY = re.compile(r"(?<!\d)(\d{4})[-/.年]?(\d\d)[-/.月]?(\d\d)(?!\d)")
# Folders of editions for phones and tablets, which do not have the pages as printed
_OTHER_EDITION = re.compile(r"/(?:pad|ipad|mobile|mob|wap|phone|iphone|android|h5|m|app|touch)(?=[/._]|\Z)", re.I)
_STUB = 200  # characters of text; an entry page with less only leads to the issue


def newest_issue(page: Page) -> str:
    """Return the URL to which an entry page leads: the first page of the newest issue, or another entry page.

    An element that leads a browser on without a click takes precedence over links: these may lead to old issues.
    Editions for phones and tablets are ignored. Raises `LayoutChanged` if the page has nothing of this kind.
    """
    if page.begins_like_json or "<period" in page.text[:5000]:
        return _newest_of_calendar(page)
    refresh = next(filter(None, (_page_edition(url, page) for url in _refreshes(page))), "")
    if refresh:
        return refresh
    scripts = "\n".join(node.text or "" for node in all_of(page, "script")).replace("\\/", "/")
    redirects = _SCRIPT_REDIRECT.findall(page.text.replace("\\/", "/"))
    frames = [url for node in all_of(page, "frame[src], iframe[src]") if (url := resolved(node.get("src", ""), page))]
    words = [resolved(word, page) for word in _WORDS.split(scripts) if "/" in word or word == _CALENDAR]
    links = [url for _, url in links_of(page)]
    is_stub = len(text_at(page, "body")) < _STUB
    leading = [url for url in (*(resolved(url, page) for url in redirects), *frames) if _page_edition(url, page)]
    if is_stub and leading:
        return _newest(leading, page) or leading[0]
    found = _newest([*leading, *words, *links], page)
    if not found:
        found = next((url for url in (*words, *links) if url.endswith("/" + _CALENDAR)), "")
    if not found and (leading or redirects):
        found = leading[0] if leading else _absolute(redirects[0], page)
    if not found or not _page_edition(found, page):
        raise LayoutChanged("the entry page has neither a redirect nor a link to a page of an issue")
    return found


def way_to(page: Page, url: str) -> str:
    """Return how the entry page *page* leads to *url*: "a refresh", "a frame", "a script", "a link", "a calendar"."""
    if page.begins_like_json or "<period" in page.text[:5000]:
        return "a calendar"
    ways = {
        "a refresh": _refreshes(page),
        "a frame": (resolved(node.get("src", ""), page) for node in all_of(page, "frame[src], iframe[src]")),
        "a link": (found.url for found in links_of(page)),
    }
    for way, urls in ways.items():
        if url in urls:
            return way
    return "the URL of its list in JSON" if parse_page_url(page.url) else "a script"


def _refreshes(page: Page) -> Iterator[str]:
    for node in all_of(page, "meta[http-equiv][content]"):
        refresh = _REFRESH_URL.search(node.get("content", ""))
        if node.get("http-equiv", "").lower() == "refresh" and refresh:
            yield _absolute(refresh[1], page)


def _absolute(url: str, page: Page) -> str:
    found = resolved(url, page)
    if not found:
        raise LayoutChanged(f"the entry page redirects to an invalid URL: {url}")
    return found


def _page_edition(url: str, page: Page) -> str:
    """Return *url*, or "" for an edition for phones or tablets, unless *page* belongs to it, and for other schemes."""
    if not url.startswith(("http://", "https://")):
        return ""
    others = set(map(str.lower, _OTHER_EDITION.findall(urlsplit(url).path)))
    return "" if others - set(map(str.lower, _OTHER_EDITION.findall(urlsplit(page.url).path))) else url


def _newest(urls: list[str], page: Page) -> str:
    """Return the first page of the newest issue in *urls*, or "". The newspaper's own folder and host are preferred."""
    issues = [found for url in urls if _page_edition(url, page) and (found := parse_page_url(url))]
    folder = page.url.rpartition("/")[0].lower() + "/"
    for preferred in (
        [issue for issue in issues if issue.url.lower().startswith(folder)],
        [issue for issue in issues if host_of(issue.url) == host_of(page.url)],
        issues,
    ):
        if preferred:
            return max(preferred, key=_day).url  # the first listed page of the newest day
    return ""


def _day(issue: EpaperUrl) -> str:
    return issue.day


def _newest_of_calendar(page: Page) -> str:
    """Return the newest issue of a calendar: `period.xml`, or JSON with the URLs or files of the first pages.

    `period.xml` is in the folder of a month. Each `period` has a date and a `front_page`, a file in the folder of the
    day: https://ep.shxwcb.com/2026/03/period.xml, of a public crawler.
    """
    with suppress(ValueError):
        if newest := newest_of_calendar(page):
            return newest
    issues: list[tuple[str, str]] = []  # day, URL
    for node in all_of(page, "period, issue"):
        day, front = _DAY.search(text(node)), text_at(node, "front_page, frontpage, url")
        if day and front:
            url = resolved(front, page) if "/" in front else resolved(f"{day[3]}/{front}", page)
            issues.append(("-".join(day.groups()), url))
    if not issues:
        values: Iterator[str] = iter(())
        with suppress(ValueError):
            values = strings_in(page.json)
        for value in values:
            found = parse_page_url(resolved(value, page))
            if found and _page_edition(found.url, page):
                issues.append((found.day, found.url))
    if not issues:
        raise LayoutChanged("the calendar has no issue with a URL")
    return max(issues, key=lambda issue: issue[0])[1]
