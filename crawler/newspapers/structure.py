"""Find headline, text and pictures of an article by the structure of the page, for unknown templates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from lxml.etree import iterwalk
from lxml.html import HtmlElement

from crawler.newspapers.credits import is_credit_line, writer_in
from crawler.newspapers.labels import parse_label
from crawler.newspapers.links import is_button, short_text
from crawler.newspapers.urls import parse_article_url, parse_page_url
from crawler.reading.html import drop_nodes
from crawler.reading.page import Page
from crawler.reading.query import all_of, href, text
from crawler.text.clean import one_line
from crawler.text.titles import is_same_title

# Elements with the headline, in the order of reliability; the first four are those of public crawlers.
_HEADINGS = ("article_title", ".con-title", ".dzb-title-box", ".title", "#title", ".bt", "h1", "h2", "h3", "td strong")
_LONGEST_HEADING = 120  # characters
_SENTENCE = re.compile("[，。；！？、…”]")
_LEGAL = re.compile("版权所有|未经授权|备案|ICP|Copyright|主办|承办|许可证", re.I)
_INLINE = {"span", "font", "b", "strong", "em", "i", "u", "a", "o:p"}
_SKIPPED = {"a", "script", "style", "select", "noscript", "iframe", "button", "textarea"}
MAIN_SHARE = 0.6  # of the text of an element: a child with less is only a part of the article
# 《山桥日报》（2026年07月18日 第01版） · 来源：山桥日报 · 字号：大 中 小
_DETAIL = re.compile(
    r"\W{0,5}(?:《[^《》]{1,20}》\W{0,5})?(?:\d{4}\s?[-年/.]|第\s?\w{1,4}\s?版|来源|字[号体]|浏览|阅读|点击|发布)"
)
_LONGEST_DETAIL = 60  # characters
_LINES = ("p", "div", "span", "td", "li", "h3", "h4", "h5", "h6", "font", "strong", "em")  # may be a line of credits
_LONGEST_CREDIT = 80  # characters
_MOST_LINES = 6  # below the headline, in which the writers are searched


def heading_of(page: Page, listed: str) -> tuple[str, HtmlElement | None]:
    """Return the text and the element of the headline that looks like the title *listed* in the listing.

    Without *listed*, that of the first heading that is not a label of a page. ("", None) without one.
    """
    for css in _HEADINGS:
        for node in all_of(page, css):
            caption = short_text(node, _LONGEST_HEADING)
            if not caption or parse_label(caption)[0] or is_button(caption):
                continue
            if may_be_title(caption, listed):
                return caption, node
    return "", None


def may_be_title(shown: str, listed: str) -> bool:
    """Return whether the heading *shown* may be that of the article that a listing calls *listed* ("" for any).

    The name of a newspaper may have letters in common with a title, but is much shorter.
    """
    return not listed or (2 * len(shown) >= len(listed) and is_same_title(listed, shown))


def is_article(page: Page, listed: str) -> bool:
    """Return whether *page*, of an unknown template, is that of the article *listed*, and not an error or login page.

    It must show the title outside links. Without a title in the listing, it must have a heading and a link to the
    issue.
    """
    article = parse_article_url(page.url)
    if not listed:
        links = (parse_page_url(href(node, page)) for node in all_of(page, "a[href]"))
        return bool(article and heading_of(page, "")[0] and any(link and link.is_of(article) for link in links))
    body = page.tree.find("body")
    letters = _letters(listed.rstrip("….· "))
    shown = "".join(_own_text(body)) if body is not None else ""
    return bool(letters) and (letters in _letters(shown) or bool(heading_of(page, listed)[0]))


def _own_text(root: HtmlElement) -> Iterator[str]:
    """Yield the text of *root* outside links and scripts."""
    walk = iterwalk(root, events=("start", "end", "comment", "pi"))
    for event, node in walk:
        if event == "start" and node.tag in _SKIPPED:
            walk.skip_subtree()
        elif event == "start":
            yield node.text or ""
        elif node is not root:
            yield node.tail or ""


def main_text(page: Page) -> HtmlElement | None:
    """Return the element that contains most of the sentences on *page*, or None if it has no sentences.

    Text of links and legal notices do not count.
    """
    weights: dict[HtmlElement, int] = {}
    root = page.tree.find("body")
    if root is None:
        return None
    for node in reversed(list(root.iter())):
        if isinstance(node.tag, str) and node.tag not in _SKIPPED:
            parts = [node.text, *(child.tail for child in node)]
            own = sum(len(part) for part in parts if part and _SENTENCE.search(part) and not _LEGAL.search(part))
            weights[node] = own + sum(weights.get(child, 0) for child in node)
    if not weights.get(root):
        return None
    node = root
    while len(node):
        best = max(node, key=lambda child: weights.get(child, 0))
        if weights.get(best, 0) < MAIN_SHARE * weights[node] or not _is_container(best):
            break
        node = best
    return None if node is root and len(all_of(node, "a[href]")) > len(all_of(node, "p")) else node


def _is_container(node: HtmlElement) -> bool:
    if node.tag in _INLINE:
        return any(child.tag in ("p", "br", "div") for child in node)
    return node.tag not in ("p", "h1", "h2", "h3")


def drop_frame(body: HtmlElement, title: str) -> None:
    """Remove from *body* what precedes the text: the headline *title*, details such as the day; and its buttons."""
    letters = _letters(title)
    heading = next((node for node in body.iter() if _holds(node, letters)), None) if letters else None
    if heading is not None:
        before = [heading]
        for node in (heading, *heading.iterancestors()):
            if node is body:
                break
            before += node.itersiblings(preceding=True)
            parent = node.getparent()
            if parent is not None:
                parent.text = None
            for sibling in node.itersiblings(preceding=True):
                sibling.tail = None
        drop_nodes([node for node in before if not all_of(node, "img")])
    details = [node for node in body.iter("p", "div", "td", "span", "h2", "h3", "h4", "h5") if _is_detail(node)]
    buttons = [node for node in all_of(body, "a") if is_button(text(node))]
    drop_nodes([node for node in (*details, *buttons) if node is not body])


def take_credits(body: HtmlElement) -> str:
    """Remove the lines that only name writers and editors from *body*. Returns the writers of the first one, or "".

    A line is an element, or the text between two `<br>`.
    """
    writer = ""
    for node in list(body.iter(*_LINES)):
        line = short_text(node, _LONGEST_CREDIT)
        if node is not body and line and is_credit_line(line) and not all_of(node, "img"):
            writer = writer or writer_in(line)
            drop_nodes([node])
    for node in body.iter():
        for name in ("text", "tail"):
            line = one_line(getattr(node, name) or "") if name == "text" or node is not body else ""
            is_line = node.tag == "br" if name == "tail" else len(node) > 0 and node[0].tag == "br"
            if is_line and len(line) <= _LONGEST_CREDIT and is_credit_line(line):
                writer = writer or writer_in(line)
                setattr(node, name, None)
    return writer


def writer_above(page: Page, heading: HtmlElement | None) -> str:
    """Return the writers that one of the lines after *heading* names, or ""."""
    if heading is None:
        return ""
    lines = (short_text(node, _LONGEST_CREDIT) for node in heading.xpath("following::*") if node.tag in _LINES)
    return next(filter(None, map(writer_in, islice(filter(None, lines), _MOST_LINES))), "")


def _holds(node: HtmlElement, letters: str) -> bool:
    """Return whether the text of *node* is the headline with these *letters*, and nothing else."""
    return (
        isinstance(node.tag, str) and len(node) < 10 and len(node.text or "") < 500 and _letters(text(node)) == letters
    )


def _letters(title: str) -> str:
    return "".join(filter(str.isalnum, title))


def _is_detail(node: HtmlElement) -> bool:
    caption = short_text(node, _LONGEST_DETAIL)
    return bool(_DETAIL.match(caption)) and not _SENTENCE.search(caption)


def picture_blocks(page: Page, body: HtmlElement, heading: HtmlElement | None) -> Iterator[HtmlElement]:
    """Yield the elements with pictures beside *body*, up to the first common parent with *heading*.

    Pictures that link to pages or other articles, and icons, are not the article's.
    """
    ancestors = list(body.iterancestors())
    above = set(heading.iterancestors()) if heading is not None else set(ancestors[:1])
    region = next((node for node in ancestors if node in above), None)
    inside, parents = set(body.iter()), set(ancestors)
    for picture in all_of(region, "img") if region is not None else []:
        link = next(picture.iterancestors("a"), None)
        target = href(link, page)
        is_icon = picture.get("src", "").lower().partition("?")[0].endswith(".gif")
        if picture in inside or is_icon or parse_page_url(target) or parse_article_url(target):
            continue
        block = picture
        while (parent := block.getparent()) is not None and parent not in parents:
            block = parent
        yield block if len(all_of(block, "a[href]")) <= len(all_of(block, "img")) else picture
