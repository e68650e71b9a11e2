"""Divide a PDF into articles: one, or for a whole issue of a newspaper those of each page.

In an issue, most pages have a headline of their own. The articles of a page are separated if drawn lines and headlines
show where each begins. A page without a headline continues the article before it if that ends within a sentence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median
from typing import NamedTuple

from crawler.newspapers.line_joins import is_ended
from crawler.newspapers.paragraphs import join_pages
from crawler.newspapers.reflow import Paragraph

HEADLINE, KICKER = 1.4, 1.15  # font sizes relative to the usual one
MIN_PAGES = 3  # of an issue whose pages do not show numbers of newspaper pages
MIN_SHARE, MIN_LABELLED_SHARE = 0.7, 0.51  # share of pages with a headline; the latter if the pages have such numbers
MIN_EQUAL = 0.7  # headlines of the other pages relative to that of the first one: in a report they are smaller
MAX_HEADLINE = 60  # characters
MIN_ARTICLE = 30  # characters; less text is a part of the article before it


class PrintedPage(NamedTuple):
    """The paragraphs of a page in reading order."""

    paragraphs: list[Paragraph]
    label: str = ""  # number of the newspaper page ("A03"), or ""


class PrintedArticle(NamedTuple):
    """An article of a PDF."""

    paragraphs: list[Paragraph]
    page: int = 0  # its first page in the file, from 1 on; 0: the whole file is one article
    number: int = 0  # of several articles on the page, from 1 on; 0: the only one
    label: str = ""  # number of the newspaper page that is printed on it ("A03"), or ""


def articles_of(pages: Sequence[PrintedPage]) -> list[PrintedArticle]:
    """Return the articles of a PDF."""
    usual = median([part.size for page in pages for part in page.paragraphs for _ in part.text] or [0.0])
    if not _is_issue(pages, usual):
        label = next((page.label for page in pages if page.label), "")
        return [PrintedArticle(join_pages(page.paragraphs for page in pages), label=label)]
    articles: list[PrintedArticle] = []
    for number, page in enumerate(pages, 1):
        groups = list(_groups(page.paragraphs, usual))
        if groups and articles and _continues(articles[-1].paragraphs, groups[0], usual):
            articles[-1] = articles[-1]._replace(paragraphs=join_pages([articles[-1].paragraphs, groups.pop(0)]))
        for index, group in enumerate(groups, 1):
            articles.append(PrintedArticle(group, number, index if len(groups) > 1 else 0, page.label))
    return articles


def _is_issue(pages: Sequence[PrintedPage], usual: float) -> bool:
    filled = [page for page in pages if page.paragraphs]
    heads = [_headline_size(page.paragraphs, usual) for page in filled]
    share = sum(map(bool, heads)) / len(heads) if heads else 0.0
    if sum(bool(page.label) for page in filled) > len(filled) / 2:
        return len(filled) > 1 and share >= MIN_LABELLED_SHARE
    others = [size for size in heads[1:] if size]
    return len(filled) >= MIN_PAGES and share >= MIN_SHARE and median(others) >= MIN_EQUAL * heads[0]


def _headline_size(paragraphs: Sequence[Paragraph], usual: float) -> float:
    """Return the size of the largest headline, or 0."""
    return max((part.size for part in paragraphs if _is_headline(part, usual)), default=0.0)


def _is_headline(part: Paragraph, usual: float) -> bool:
    return part.size >= HEADLINE * usual and 2 <= len(part.text) <= MAX_HEADLINE


def _groups(paragraphs: Sequence[Paragraph], usual: float) -> Iterator[list[Paragraph]]:
    """Yield the paragraphs of each article of a page."""
    group: list[Paragraph] = []
    for number, part in enumerate(paragraphs):
        is_start = _starts_article(paragraphs[number : number + 2], usual)
        if is_start and _has_article(group, usual) and _has_article(paragraphs[number:], usual):
            yield group
            group = []
        group.append(part)
    if group:
        yield group


def _starts_article(parts: Sequence[Paragraph], usual: float) -> bool:
    """Return whether a drawn line is above the first of *parts*, and it is a headline or the kicker above one."""
    if not parts[0].is_ruled:
        return False
    return _is_headline(parts[0], usual) or (parts[0].size >= KICKER * usual and _is_headline(parts[-1], usual))


def _has_article(paragraphs: Sequence[Paragraph], usual: float) -> bool:
    """Return whether *paragraphs* have a headline, and text below it."""
    text = sum(len(part.text) for part in paragraphs if not _is_headline(part, usual))
    return text >= MIN_ARTICLE and any(_is_headline(part, usual) for part in paragraphs)


def _continues(above: Sequence[Paragraph], below: Sequence[Paragraph], usual: float) -> bool:
    """Return whether *below*, the start of a page, continues the article *above*."""
    is_open = not above[-1].rows and not is_ended(above[-1].text)
    return is_open and not any(_is_headline(part, usual) for part in below)
