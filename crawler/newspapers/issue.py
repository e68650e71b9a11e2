"""Read the pages of an issue: list of pages, list of articles, and the page that contains an article."""

from __future__ import annotations

import re
from collections import defaultdict

from lxml.html import HtmlElement

from crawler.items import Link
from crawler.newspapers.article import number_of, page_properties
from crawler.newspapers.labels import (
    LONGEST_LABEL,
    is_same_number,
    label_of_links,
    label_text,
    name_in,
    parse_label,
    shown_label,
)
from crawler.newspapers.links import caption_of, guided, is_button, links_of
from crawler.newspapers.markup import enclosed, plain_text
from crawler.newspapers.urls import EpaperUrl, parse_article_url, parse_page_url
from crawler.reading.page import Page
from crawler.reading.query import required

# view("title"): 人民日报 inserts titles by script
_SCRIPTED_TITLE = re.compile(r"""view\(\s*+(["'])"""), re.compile(r"""(["'])\s*+\)""")

_BULLETS = "·•・●■◆□◇○▪※★☆ \u3000"  # before titles of a list


def pages_of(page: Page, issue: EpaperUrl) -> dict[str, str]:
    """Return the pages of *issue* that *page* links to, in page order: URL -> label.

    Buttons (下一版) count only if *page* has no list of pages: they may lead past the last page.
    """
    captions: defaultdict[str, list[str]] = defaultdict(list)
    buttons: dict[str, EpaperUrl] = {}
    targets: dict[str, EpaperUrl] = {}
    for node, url in links_of(page):
        target = parse_page_url(url)
        if not target or not target.is_of(issue):
            continue
        caption = caption_of(node)[:LONGEST_LABEL]
        if is_button(caption):
            buttons.setdefault(target.url, target)
        else:
            targets.setdefault(target.url, target)
            captions[target.url].append(caption)
    if not targets.keys() - {issue.url}:
        targets = {**targets, **{url: target for url, target in buttons.items() if url not in targets}}
    has_names = sum(any(map(name_in, texts)) for texts in captions.values()) > 1
    return {url: label_of_links(captions[url], target.number, has_names) for url, target in targets.items()}


def label_of(page: Page, issue: EpaperUrl) -> str:
    """Return the label of the newspaper page that *page* shows, or its number, or ""."""
    found = shown_label(page, issue, pages_of(page, issue))
    return found or page_properties(page.text + page.trailer).get("pagenum", "") or issue.number


def articles_of(page: Page, issue: EpaperUrl) -> dict[str, Link]:
    """Return the articles that a page of *issue* links to, by id: those of the picture map, then those of the list.

    Without those of a reading guide (导读), which the lists of their own pages contain.
    """
    found = [
        (link, article) for link in links_of(page) if (article := parse_article_url(link.url)) and article.is_of(issue)
    ]
    sections = _sections(page, issue)
    label, pages = label_of(page, issue), pages_of(page, issue)
    numbered = {parse_label(other)[0].lstrip("0"): other for other in pages.values()}
    own_number = parse_label(label)[0] or issue.number
    # A page may itself have the name 导读. Without other pages, the guide is the only list.
    is_guide = "导读" in parse_label(label)[1] or not pages.keys() - {issue.url}
    others = [
        link.node for link, article in found if not (article.number and is_same_number(article.number, own_number))
    ]
    guide = set() if is_guide else guided(page, others)
    links: dict[str, Link] = {}
    for (node, _), article in found:
        if node in guide:
            continue
        link = article_link(article)
        title = links[link.id].title if link.id in links else ""
        own = sections.get(link.id) or (numbered.get(article.number.lstrip("0")) if article.number else "") or label
        links[link.id] = Link(link.id, link.url, title or _listed_title(node), issue.day, own)
    return links


def _sections(page: Page, issue: EpaperUrl) -> dict[str, str]:
    """Return the labels of the articles of a page that lists several newspaper pages, each above its articles, by id.

    Returns {} for a page that lists only its own articles, maybe after the list of all pages.
    """
    label, sections = "", defaultdict[str, list[str]](list)
    for node, url in links_of(page):
        if node.tag == "area":
            continue
        target, article = parse_page_url(url), parse_article_url(url)
        if target and target.is_of(issue) and parse_label(caption := label_text(node))[0]:
            label = caption
        elif article and article.is_of(issue) and label:
            sections[label].append(article_link(article).id)
    ids = [name for names in sections.values() for name in names]
    is_whole_issue = len(sections) > 1 and len(ids) == len(set(ids))
    return {name: label for label, names in sections.items() for name in names} if is_whole_issue else {}


def article_link(article: EpaperUrl) -> Link:
    """Return the link of an article; its id is the day and the site's own id ("20250211-31")."""
    return Link(f"{article.day.replace('-', '')}-{article.id}", article.url)


def _listed_title(node: HtmlElement) -> str:
    title = caption_of(node).lstrip(_BULLETS)
    if is_button(title):
        return ""
    scripted = next((html for _, html in enclosed(title, *_SCRIPTED_TITLE)), None)
    return title if scripted is None else plain_text(scripted)


# The newspaper page of an article -----------------------------------------------------------------------------------


def listed_position(page: Page, article: EpaperUrl) -> tuple[str, str] | None:
    """Return number and name of the newspaper page of an article, or None if only the page of the issue has the name.

    *page* is the page of the article. It may have only the number: the name is then that of the same number in the
    listing (`page.link`) or in the list of pages. The label of the listing may be that of another page, because a
    listing also contains articles of other pages.
    """
    printed, listed = number_of(page), parse_label(required(page.link, "link").page_label)
    number = printed or article.number
    if listed[0] and is_same_number(number or listed[0], listed[0]):
        return printed or listed[0], listed[1]
    if not printed and listed[1] and is_same_number(number.lstrip("ABCDEFGH"), listed[0]):  # 20260928_A01_2.html on 01
        return listed
    labels = [parse_label(label) for label in pages_of(page, article).values()]
    name = next((name for other, name in labels if name and is_same_number(number, other)), "")
    return (number, name) if name else None


def position_in_issue(page: Page, article: EpaperUrl) -> tuple[str, str]:
    """Return number and name of the newspaper page of an article from the page of the issue (`page.second_page`)."""
    number = number_of(page) or article.number
    if page.begins_like_json:
        return parse_label(page.link.page_label) if page.link and page.link.page_label else (number, "")
    issue = parse_page_url(page.second_page.url) if page.second_page else None
    shown = parse_label(label_of(page.second_page, issue)) if page.second_page and issue else ("", "")
    return (number or shown[0], shown[1]) if is_same_number(number or shown[0], shown[0]) else (number, "")
