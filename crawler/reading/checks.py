"""The checks of pages and articles that hold for every source: what no reader is to see, and no file is to have."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from crawler.items import Article
from crawler.reading.charset import DAMAGED_SHARE
from crawler.reading.errors import Blocked, Gone, Incomplete, LayoutChanged, LoginRequired, Unreachable
from crawler.reading.limits import too_complex, too_large
from crawler.reading.page import Page
from crawler.text.mojibake import find_mojibake, is_mixed_charset

SHORT = 60  # characters of a text that may be a notice
_SENTENCE = re.compile(r"[。！？；]|(?<!\.)[.!?](?!\.)")
_SPEAKS = re.compile("请.{0,4}登录|登录[后已]|[您你](的|要|访问|还|没|所)|该(页面|文章|内容|帖子)|本文仅")
BLOCKED_STATUS = (403, 405, 412, 418, 429, 503)


def check_size(page: Page) -> None:
    """Raise `LayoutChanged` for what would fill the memory, or hold the run for minutes, if it were parsed."""
    if reason := too_large(page.body) or too_complex(page.text):
        raise LayoutChanged(f"no page has so much: {reason}")


def check_answer(page: Page) -> None:
    """Raise the `PageError` of an answer that no site means as a page: error states, empty bodies, damaged text."""
    if page.redirect:
        if "login" in page.redirect.lower():
            raise LoginRequired(f"redirected to {page.redirect}")
        raise LayoutChanged(f"redirected to {page.redirect}, which is none of the source's addresses")
    if page.requested_url and "login" in urlsplit(page.url).path.lower():  # on a host of the source: it was followed
        raise LoginRequired(f"redirected to {page.url}")
    if page.status in (404, 410):
        raise Gone(f"HTTP {page.status}")
    if page.status == 401:
        raise LoginRequired("HTTP 401")
    if page.status in BLOCKED_STATUS:
        raise Blocked(f"HTTP {page.status}")
    if page.status != 200:
        raise Unreachable(f"HTTP {page.status}")
    # A server that gives no length ends whole pages so, too; readers of other forms see for themselves what is cut.
    if page.truncated and page.is_html and not page.is_whole:
        raise Incomplete("the connection ended before the page did")
    if not page.body or page.body.isspace():
        raise Blocked("an empty answer")
    if page.charset != "utf-8" and is_mixed_charset(page.body, page.charset):
        raise Incomplete(f"put together of parts in {page.charset} and utf-8")
    damaged = page.text.count("\ufffd") if "\ufffd" in page.text else 0  # (to look is quicker than to count)
    if damaged > DAMAGED_SHARE * len(page.text):
        raise Incomplete(f"{damaged} of {len(page.text)} characters cannot be read: wrong charset, or damaged")


def check_text(article: Article) -> None:
    """Raise `Incomplete` for an article whose text is none."""
    for text in (article.title, article.markdown):
        if reason := find_mojibake(text):
            raise Incomplete(f"read in a wrong charset, here or before: {reason}")


def check_notice(article: Article) -> None:
    """Raise `Incomplete` where a few words of the site stand in the place of the text: of a login, a captcha, a text
    that is not there. They are no sentence, or speak to the reader."""
    words = article.markdown
    if len(words) < SHORT and "![" not in words and (_SPEAKS.search(words) or not _SENTENCE.search(words)):
        raise Incomplete(f"in the place of the text stands {words!r}", field="body")


def check_whole(page: Page) -> None:
    """Raise `Incomplete` when a whole HTML document does not end where it should: nothing else shows that it was cut.

    Article pages are whole documents; listings may be pieces of HTML, or no HTML at all.
    """
    is_document = page.link is not None or "<html" in page.text[:2000].lower()
    if page.is_html and is_document and not page.is_whole:
        raise Incomplete("the page breaks off: </html> is missing at its end")
