"""Run a source's readers on a page, with all checks, and convert the body."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TypeVar, cast

from lxml.html import HtmlElement

from crawler.items import Article
from crawler.markdown.convert import convert
from crawler.markdown.rules import Headings
from crawler.markdown.summary import WHOLE, summarize, text_of
from crawler.reading.checks import check_answer, check_size, check_whole
from crawler.reading.errors import Incomplete, LayoutChanged, PageError
from crawler.reading.html import PageTooDeep, PageTooLarge
from crawler.reading.page import Page
from crawler.reading.query import required
from crawler.text.clean import clean
from crawler.text.urls import absolute_url

T = TypeVar("T")


SUMMARIZED = 200  # characters of a body, of which its summary hardly ever needs more
_stays = re.compile("#|[a-z][a-z0-9+.-]*:", re.IGNORECASE).match  # a place in the page, or a whole address
ADDRESSES = {"a": ("href",), "img": ("src",), "source": ("src",), "video": ("src", "poster")}  # by tag: what bears one
LONG = 500  # characters: no page of a firewall has so many


def _read(reader: Callable[[Page], T], refuse: Callable[[Page], None], page: Page) -> T:
    try:
        for answer in (page, page.second_page) if page.second_page else (page,):
            check_size(answer)
            refuse(answer)
            check_answer(answer)
        check_whole(page)
        return reader(page)
    except PageError:
        raise
    except PageTooLarge as error:
        raise LayoutChanged(str(error)) from error
    except PageTooDeep as error:
        raise Incomplete(f"{error}: text would be lost") from error
    except Exception as error:  # a reader that stumbles costs its page, never the run
        raise PageError(f"the reader failed: {type(error).__name__}: {error}") from error


def converted(article: Article, headers: Mapping[str, str], headings: Headings) -> Article:
    """The article with `markdown` and `summary` in the place of its body's node, and with what the page's *headers* say
    of its state. Raises `LayoutChanged` for an empty body."""
    if article.body is None:
        raise LayoutChanged("body is missing", field="body")
    made = convert(article.body, headings)
    chosen = (
        {**article.chosen, "body": made.by} if made.by == "plain text" else article.chosen
    )  # its formatting is lost
    start = text_of(article.body, SUMMARIZED)
    summary = summarize(start if len(clean(start)) >= WHOLE else text_of(article.body))
    return replace(
        article,
        body=None,
        markdown=required(made.text, "body"),
        summary=summary,
        chosen=chosen,
        etag=headers.get("etag", ""),
        modified=headers.get("last-modified", ""),
    )


def make_absolute(body: HtmlElement, address: str) -> None:
    """Make whole addresses of the relative ones in *body*, whose page has *address*: in the corpus they would lead
    nowhere. Places in the page itself ("#note") stay."""
    for node in body.iter(*ADDRESSES):
        for name in ADDRESSES[cast(str, node.tag)]:
            value = node.get(name, "").strip()
            if value and not _stays(value):
                with suppress(ValueError):  # what is no address is left to the converter
                    node.set(name, absolute_url(value, address))
