"""Find the links of a newspaper page: of elements, image maps, tables, lists and buttons."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from itertools import islice
from typing import NamedTuple

from lxml.html import HtmlElement

from crawler.reading.page import Page
from crawler.reading.query import all_of, text
from crawler.text.clean import one_line
from crawler.text.urls import requestable_url

# Attributes with a URL. Templates without `a` elements use those after the first: table rows and blocks of a page
# with `data-url` (检察日报), page links with `data-href` (文汇报), areas with `daoxiang` (新华每日电讯).
_ATTRIBUTES = ("href", "data-href", "data-url", "daoxiang")
_SELECTOR = "a[href], area[href], [data-href], [data-url], [daoxiang], option[value], [onclick]"
_CLICK = re.compile(r"""(?:location[\w.]{0,9}\s?(?:=|\()|open\()\s?['"]([^'"]{1,300})['"]""")

_BUTTON = re.compile(
    r"\W{0,6}(?:[上下前后]\s?一?\s?[版页期篇张条]|[首末]页|(?:返回|回到)(?:本版|上一?[页级版]|首页|主页|目录|列表|版面\w{0,2}|顶部|封面|头版|报纸|当前版)?|(?:版面)?(?:目录|导航|概览|列表)|往期\w{0,4}"
    r"|放大|缩小|打印|关闭|更多|收藏|分享|朗读|全文|详[情细]|阅读全文|点击\w{0,6}|(?:下载|查看|高清)?PDF\w{0,4}|prev\w*|next|more|[\W_]{1,9})\W{0,6}",
    re.I,
)  # fmt: skip
_GUIDE = re.compile(r"\W{0,3}(?!本版)\w{0,5}\s?导\s?读\W{0,3}")
_ROWS = ("a", "p", "tr", "dd", "li", "span")  # a guide may have several of them in a row
_LONGEST_GUIDE = 10  # characters
_MAX_GUIDES = 5  # of one page
_MOST_PARTS = 40  # pieces of text in a short element


class FoundLink(NamedTuple):
    """A link of a page: its element and its absolute URL."""

    node: HtmlElement
    url: str


def links_of(page: Page) -> Iterator[FoundLink]:
    """Yield the links of *page* in document order."""
    for node in all_of(page, _SELECTOR):
        values = [node.get(name, "") for name in _ATTRIBUTES]
        values += [node.get("value", "")] if node.tag == "option" else []
        values += _CLICK.findall(node.get("onclick", "")[:500])
        for value in values:
            if (url := resolved(value, page)).startswith(("http://", "https://")):
                yield FoundLink(node, url)
                break


def resolved(url: str, page: Page) -> str:
    """Return *url*, as *page* has it, as an absolute URL; "" if it is empty, invalid, or only a fragment."""
    url = url.strip()
    return "" if not url or url[0] == "#" else requestable_url(url, page.base_url)


def caption_of(node: HtmlElement) -> str:
    """Return the text of a link; for a row of a table, that of its last cell; for a picture, its own title."""
    if node.tag == "tr" and (cells := node.findall("td")):
        node = cells[-1]
    if shown := text(node):
        return shown
    pictures = [] if node.tag == "area" else all_of(node, "img")
    titles = (part.get(name, "") for part in (node, *pictures) for name in ("title", "alt"))
    return next(filter(None, map(one_line, titles)), "")


def is_button(caption: str) -> bool:
    """Return whether a link with this text is a control (下一版, 返回目录), and does not name its target."""
    return bool(caption) and len(caption) <= 20 and bool(_BUTTON.fullmatch(caption))


def guided(page: Page, articles: Collection[HtmlElement]) -> set[HtmlElement]:
    """Return the links of *articles* that a reading guide (导读) on *page* contains.

    A guide lists articles of other pages below or beside its heading.
    """
    inside: set[HtmlElement] = set()
    wanted = set(articles)
    for heading in islice(_guide_headings(page), _MAX_GUIDES):
        for node in (heading, *heading.iterancestors()):
            if node.tag in ("body", "html") or _holds(node, wanted):
                break
            if found := _following(node, wanted):
                inside |= found
                break
    return inside


def _guide_headings(page: Page) -> Iterator[HtmlElement]:
    for node in page.tree.iter("h1", "h2", "h3", "h4", "h5", "div", "p", "td", "th", "strong", "b", "span", "dt", "li"):
        if _GUIDE.fullmatch(short_text(node, _LONGEST_GUIDE)):
            yield node


def short_text(node: HtmlElement, longest: int) -> str:
    """Return the text of *node*, with white space collapsed; "" if it has more than *longest* characters.

    Takes the same time for any node: a walk over nested elements stays linear.
    """
    parts = list(islice(node.itertext(), _MOST_PARTS + 1))
    found = " ".join("".join(part[: 4 * longest] for part in parts).split())
    return found if len(parts) <= _MOST_PARTS and len(found) <= longest else ""


def _following(node: HtmlElement, wanted: set[HtmlElement]) -> set[HtmlElement]:
    """Return the wanted links of the list after *node*: one element, or rows and paragraphs of the same kind."""
    found: set[HtmlElement] = set()
    tag = ""
    for sibling in node.itersiblings():
        links = wanted.intersection(sibling.iter()) if isinstance(sibling.tag, str) else None
        if links is None:  # a comment
            continue
        if found and (sibling.tag != tag or tag not in _ROWS or not (links or not text(sibling))):
            break
        found |= links
        tag = str(sibling.tag) if links else tag
    return found


def _holds(node: HtmlElement, wanted: set[HtmlElement]) -> bool:
    return not wanted.isdisjoint(node.iter())
