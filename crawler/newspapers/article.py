"""The page forms of e-paper systems: addresses, entries, pages of an issue, articles. Pure: pages in, values out."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import unescape

from lxml.html import HtmlElement, fragment_fromstring

from crawler.reading.errors import LayoutChanged, Skipped
from crawler.reading.html import parse_fragment
from crawler.reading.page import Page
from crawler.reading.query import all_of, text, text_at
from crawler.text.clean import one_line

# Articles -----------------------------------------------------------------------------------------------------------

# What surrounds the text, by trust.
_BODIES = (
    "founder-content", "#ozoom", "#zoom", "span#contenttext", "#articleContent", ".m-article-main", ".main-article-con",
    ".bmnr_con_con", "div.para", "div.content",
)  # fmt: skip
_BODY = re.compile(r"<!--\s*enpcontent\s*-->(.*?)<!--\s*/enpcontent\s*-->", re.S)
_TITLES = (
    "founder-title", "td.font01", "#Title", ".bmnr_con_biaoti", ".m-article-content h1", ".article h1",
    "div.content h1", ".newsdetatit h3", "h1",
)  # fmt: skip
_AUTHOR = "founder-author, .article h1 ~ h3, .article h4, .m-article-author"
_HEADS = ", ".join(f"{where} {tag}" for where in (".article", "div.content") for tag in ("h1", "h2", "h3", "h5"))
_PICTURES = "table#newspic, div.attachment, table[bgcolor='#efefef'], #article_img_marquee"
_ICONS = "/tplimg/"  # the templates' own

_PART = re.compile(r"<!--\s*<npm:article-(\w+)>\s*-->(.*?)<!--\s*</npm:article-\1>\s*-->", re.S | re.I)
_PROPERTY = re.compile(r"<!--\s*enpproperty\b(.*?)/enpproperty\s*-->", re.S | re.I)
_FIELD = re.compile(r"<(?:founder-)?([a-z]+)>(.*?)</(?:founder-)?\1>", re.S | re.I)
_PRINTED = re.compile(r"《(.{2,20}?)》\s*[（(]")  # 《临江晨报》（2025年02月11日 第 01 版）
_NUMBER = re.compile(r"([A-Za-z]?\d+)\s*版")
_WRITER = re.compile(r"记者|通讯员|作者|^文[/／]")
# 本报讯 （记者X 通讯员Y） at the text's beginning, or ■ 本报记者 X on a line of its own
_BYLINE = re.compile(
    r"本报\S{0,12}\s*[（(]([^（）()]*记者[^（）()]{1,40})[）)]|[■□●◆▲]?\s*(\w{0,12}记者\s[\w\s、]{2,30})$"
)


@dataclass(frozen=True)
class Headline:
    """The headline group and the byline; what may stand in several places with all of them, by trust."""

    title: dict[str, str]
    pretitle: str  # 引题
    subtitle: str  # 副题
    author: dict[str, str]


def headline(page: Page) -> Headline:
    marked = {name.lower(): _plain(html) for name, html in _PART.findall(page.text)}
    noted = _properties(page.text)
    paper = paper_name(page)  # which some print where others have the title
    titles = (_words(node) for css in _TITLES for node in all_of(page, css))
    above, below, byline = _around(page)
    return Headline(
        title={
            "npm": marked.get("title", ""),
            "title": next((title for title in titles if title not in ("", paper)), ""),
            "enpproperty": noted.get("title", ""),
        },
        pretitle=marked.get("pretitle") or text_at(page, "#PreTitle, .bmnr_con_yinti") or above,
        subtitle=(
            marked.get("subtitle") or text_at(page, "#SubTitle, .bmnr_con_futi") or below or noted.get("subtitle", "")
        ),
        author={
            "npm": marked.get("author", ""),
            "author": re.sub("^作者[:：]", "", text_at(page, _AUTHOR)),
            "sec": one_line("".join(node.text or "" for node in all_of(page, "p.sec")[:1])),
            "enpproperty": noted.get("author", ""),
            "font02": byline,
        },
    )


def _around(page: Page) -> tuple[str, str, str]:
    """What stands above and below the main headline, and the byline below it, where the page does not say what is
    what: in cells of a table (A), or in headings."""
    cells = all_of(page, "td.font01, td.font02") or all_of(page, _HEADS)
    main = next((number for number, node in enumerate(cells) if node.tag == "h1" or node.get("class") == "font01"), -1)
    above, below = cells[: max(main, 0)], [node for node in cells[main + 1 :] if main >= 0 and node.tag != "h3"]
    rest = [words for node in below if not all_of(node, "founder-author") and (words := _words(node))]
    return (
        " ".join(filter(None, map(_words, above))),
        next((words for words in rest if not _WRITER.search(words)), ""),
        next((words for words in rest if _WRITER.search(words)), "") if cells[0:1] and cells[0].tag == "td" else "",
    )


def paper_name(page: Page) -> str:
    """The paper's name as the page has it, or ""."""
    printed = _PRINTED.search(text_at(page, ".sec, .date"))
    return _properties(page.text).get("papername") or (printed[1] if printed else "")


def number_of(page: Page) -> str:
    """The number of the page on which the article stands, or ""."""
    printed = _NUMBER.search(text_at(page, ".sec, .date, .lai"))
    return (printed[1] if printed else _properties(page.text).get("pagenum", "")).upper()


@lru_cache(maxsize=1)  # asked for some times for each page
def _properties(source: str) -> Mapping[str, str]:
    """What the comment at the page's end says, by field, with or without `founder-` before their names."""
    fields: dict[str, str] = {}
    for comment in _PROPERTY.findall(source):
        values = [(name.lower(), _plain(html)) for name, html in _FIELD.findall(comment)]
        paper = dict(values).get("papername")
        for name, value in values:
            if value and not (name == "title" and value == paper):  # 钱江晚报 has its own name as the first title
                fields.setdefault(name, value)
    return fields


def byline(body: HtmlElement) -> str:
    """Who wrote the article, where only its text says it: in its first or last paragraph."""
    paragraphs = [words for node in all_of(body, "p") if (words := text(node))] or [text(body)]
    found = _BYLINE.match(paragraphs[0]) or _BYLINE.match(paragraphs[-1])
    return (found[1] or found[2]).strip() if found else ""


def body_of(page: Page) -> HtmlElement:
    """The text with its pictures. Raises `LayoutChanged`, `Skipped`.

    What is printed under a picture is what is said instead of it, so that text and summary are the article's own. Most
    papers put the pictures above the text, outside of what surrounds it: there they become its first paragraphs.
    """
    source = _body(page)
    inside = set(source.iter())
    above: list[HtmlElement] = []
    for block in all_of(page, _PICTURES):
        parts = set(block.iter())
        if all_of(block, "img") and block not in inside and source not in parts:
            inside |= parts  # a block within this one is done with it
            above.append(block)
    body = copy.deepcopy(source)
    body.tail = None
    blocks = [block for block in all_of(body, _PICTURES) if all_of(block, "img")]
    has_text = len(text(body)) > sum(len(text(block)) for block in blocks)
    for block in blocks:
        for paragraph in _pictures(block, has_text):
            block.addprevious(paragraph)
        block.drop_tree()
    if paragraphs := [paragraph for block in above for paragraph in _pictures(block, has_text)]:
        paragraphs[-1].tail, body.text = body.text, None
        body[:0] = paragraphs
    if not text(body):
        raise Skipped("no text: a picture, or nothing at all")
    return body


def _body(page: Page) -> HtmlElement:
    for css in _BODIES:
        if nodes := all_of(page, css):  # some sites repeat the body: the first
            return next((node for node in nodes if text(node)), nodes[0])
    if found := _BODY.search(page.text):
        return parse_fragment(found[1])
    raise LayoutChanged("the body is missing: none of the places where it may stand is there", field="body")


def _pictures(block: HtmlElement, has_text: bool) -> list[HtmlElement]:
    """The pictures of a block as paragraphs. The words behind each are its caption: said instead of the picture, or a
    paragraph of its own where an article has no other text."""
    pictures: list[tuple[HtmlElement, list[str]]] = []
    before: list[str] = []
    for part in block.xpath("descendant::img | descendant::text()[not(ancestor::script or ancestor::style)]"):
        if isinstance(part, str):
            (pictures[-1][1] if pictures else before).append(part)
        elif _ICONS not in part.get("src", ""):
            pictures.append((part, []))
    paragraphs = []
    for picture, words in pictures:
        caption, before = one_line(" ".join([*before, *words])), []
        paragraphs.append(fragment_fromstring("<p><img></p>"))
        paragraphs[-1][0].set("src", picture.get("src", ""))
        paragraphs[-1][0].set("alt", caption if has_text else "")
        if caption and not has_text:
            paragraphs.append(fragment_fromstring("<p></p>"))
            paragraphs[-1].text = caption
    return paragraphs


def _words(node: HtmlElement) -> str:
    """The text of a headline: its lines, which <br> parts, with a blank between them."""
    node = copy.deepcopy(node)
    node.tail = None
    for end in all_of(node, "br"):
        end.tail = f" {end.tail or ''}"
    return text(node)


def _plain(html: str) -> str:
    """The same for a piece of HTML."""
    html = re.sub(r"<!\[CDATA\[(.*?)\]\]>", r"\1", html, flags=re.S)
    return one_line(unescape(re.sub(r"<[^>]*>", "", re.sub(r"<br\s*/?>", " ", html, flags=re.I))))
