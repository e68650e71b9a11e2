"""Recognize the pages of e-papers among other sites."""

from __future__ import annotations

import re

from crawler.newspapers.editions import listing_url
from crawler.newspapers.entry import newest_issue, way_to
from crawler.newspapers.urls import EpaperUrl, parse_article_url, parse_page_url
from crawler.reading.errors import PageError
from crawler.reading.page import Page

# Words in the URLs of e-papers: of the host or of a folder
_WORD = re.compile(r"(?:e-?paper|newpaper|newspaper|szb|dzb|szpt|shuzibao|\bpapers?\b)", re.I)
_WEAK = ("general", "query", "data")  # families that may match the URLs of other sites


def is_epaper(page: Page) -> bool:
    """Return whether *page* is of an e-paper: an entry page, a page of an issue, or an article."""
    for url in (page.requested_url, page.url):
        if url and _is_of_epaper(parse_page_url(url) or parse_article_url(url)):
            return True
    try:
        found = newest_issue(page)
    except PageError:
        return False
    target = parse_page_url(found)
    article = parse_article_url(found)
    if target is None and article and listing_url(article):  # 新京报 leads to an article
        target = article
    if target is None:  # another entry page
        return bool(_WORD.search(page.url)) and way_to(page, found) != "a link"
    # Other sites link to their e-paper, too.
    return bool(_WORD.search(page.url)) or (_is_of_epaper(target) and way_to(page, found) != "a link")


def _is_of_epaper(target: EpaperUrl | None) -> bool:
    return target is not None and (target.family not in _WEAK or bool(_WORD.search(target.url)))
