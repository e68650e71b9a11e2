"""Refuse pages from which no source can be drafted: captchas, logins, pages that a script builds."""

from __future__ import annotations

import re

from crawler.reading.block_marks import CHALLENGE
from crawler.reading.block_pages import block_page
from crawler.reading.checks import check_answer, check_size
from crawler.reading.errors import LayoutChanged
from crawler.reading.lines import Lines
from crawler.reading.page import Page
from crawler.reading.query import all_of
from crawler.scaffold.listings import FEED

SHELL = 120  # characters of visible text outside links: a page that a script fills has less

_SCRIPT_NOTICE = re.compile(
    r"(?:启用|开启|打开|支持|enable)\s*(?:您?的?浏览器的?\s*)?JavaScript|JavaScript.{0,30}(?:enable|disabled|required|启用|开启|禁用)",
    re.IGNORECASE,
)
# A state with another value than JSON: the call of a function, or an object whose keys have no quotes.
_STATE = re.compile(r"""\b(window\.__?[A-Za-z]\w{0,40})\s*+=\s*+(?:\(|function\b|[A-Za-z]\w*[.(]|\{\s*+[A-Za-z_$])""")
_ROOTS = "#app, #root, #__next, #__nuxt, #__layout, #main-app, [data-reactroot], [ng-app], app-root"


class BuiltByScript(LayoutChanged):
    """The page has no text: a script in the browser loads it."""


def check_response(page: Page) -> None:
    """Raise `PageError` for a response that cannot be read: an error status, an empty body, not a text, too complex."""
    check_answer(page)
    check_size(page)
    if re.match("(?:image|audio|video|font)/|application/(?:pdf|zip|octet-stream|msword|vnd)", kind := _type(page)):
        raise LayoutChanged(f"the response is not a page: its content type is {kind}")
    try:
        _ = page.tree
    except ValueError as error:  # PageTooDeep, PageTooLarge
        raise LayoutChanged(str(error)) from error


def check_content(page: Page) -> None:
    """Raise `PageError` for a page without links or text if it is a captcha, a login, empty, or built by a script."""
    if FEED.match(page.text) or not page.is_html:
        return
    body = page.tree.find("body")
    lines = Lines(body).all if body is not None else []
    error, length = block_page(page), sum(line.length for line in lines)
    # The notice of an application ("enable JavaScript") is also one of firewalls, which have no application.
    if error and not (all_of(page, _ROOTS) and not length and not CHALLENGE.search(page.text)):
        raise error
    state = _STATE.search(page.text)
    if state or _is_shell(page, sum(line.length - line.linked for line in lines)):
        more = f"; its state {state[1]} is a script, not JSON" if state else ""
        raise BuiltByScript(f"the page is built by JavaScript: its HTML has no text of an article, and no list{more}")
    if not length:
        raise LayoutChanged("the page has no visible text")


def _type(page: Page) -> str:
    return page.headers.get("content-type", "").partition(";")[0].strip().lower()


def _is_shell(page: Page, length: int) -> bool:
    """Return whether *page* has scripts, and nearly no text outside links (*length* characters)."""
    scripts = all_of(page, "script")
    notices = " ".join(node.text_content() for node in all_of(page, "noscript"))
    is_filled = any(
        len(node) == 0 or len("".join(node.text_content().split())) < SHELL for node in all_of(page, _ROOTS)
    )
    size = sum(len(node.text or "") for node in scripts)
    sources = sum("src" in node.attrib for node in scripts)
    return (
        bool(scripts)
        and length < SHELL
        and bool(
            is_filled
            or _SCRIPT_NOTICE.search(notices)
            or size > 10 * max(length, 50)
            or (sources and length < SHELL / 4)
        )
    )
