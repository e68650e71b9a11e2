"""Read article pages of e-paper systems: headline group, byline, page number and body."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from lxml.etree import iterwalk
from lxml.html import HtmlElement, fragment_fromstring

from crawler.newspapers.markup import enclosed, plain_text
from crawler.newspapers.structure import drop_frame, heading_of, is_article, main_text, may_be_title, picture_blocks
from crawler.reading.errors import LayoutChanged, Skipped
from crawler.reading.html import drop_nodes, parse_fragment
from crawler.reading.page import Page
from crawler.reading.pictures import resolve_pictures
from crawler.reading.query import all_of, text, text_at
from crawler.reading.steps import outermost
from crawler.text.clean import one_line

# Selectors of the element that contains the body, the most reliable first. Other sites use `_COMMON_NAMES`, too.
_BODY_SELECTORS = (
    "founder-content", ".article-detail .content", "#ozoom", "#zoom", "span#contenttext", "#articleContent",
    ".m-article-main", ".main-article-con", ".bmnr_con_con", "div.para", "div.content",
)  # fmt: skip
_COMMON_NAMES = ("#zoom", "#articleContent", "div.para", "div.content")
_BODY_COMMENTS = re.compile(r"<!--\s*+enpcontent\s*+-->"), re.compile(r"<!--\s*+/enpcontent\s*+-->")
_TITLE_SELECTORS = (
    "founder-title", "td.font01", "#Title", ".bmnr_con_biaoti", ".m-article-content h1", ".article h1",
    "div.content h1", ".newsdetatit h3", "h1",
)  # fmt: skip
_COMMON_TITLE = "h1"  # many sites have their own name in it
_AUTHOR_SELECTOR = "founder-author, .article h1 ~ h3, .article h4, .m-article-author"
_HEADINGS = ", ".join(f"{parent} {tag}" for parent in (".article", "div.content") for tag in ("h1", "h2", "h3", "h5"))
_PICTURE_BLOCKS = "table#newspic, div.attachment, table[bgcolor='#efefef'], #article_img_marquee"
_TEMPLATE_PICTURES = "/tplimg/"  # part of the `src` of pictures that belong to the template

# Pairs of patterns for `enclosed`
_NPM_COMMENTS = (
    re.compile(r"<!--\s*+<npm:article-(\w++)>\s*+-->", re.I), re.compile(r"<!--\s*+</npm:article-(\w++)>\s*+-->", re.I)
)  # fmt: skip
_PROPERTY_COMMENT = re.compile(r"<!--\s*+enpproperty\b", re.I), re.compile(r"/enpproperty\s*+-->", re.I)
_PROPERTY_FIELD = re.compile("<(?:founder-)?([a-z]++)>", re.I), re.compile("</(?:founder-)?([a-z]++)>", re.I)
_PAPER_NAME = re.compile(r"《(.{2,20}?)》\s*[（(]")  # 《临江晨报》（2025年02月11日 第 01 版）
_PAGE_NUMBER = re.compile(r"((?:[A-Za-z]|(?<!\d))\d++)\s*+版")
_REPORTER = re.compile(r"记者|通讯员|作者|^文[/／]")
# 本报讯 （记者X 通讯员Y） at the beginning of the text, or ■ 本报记者 X on a line of its own
_BYLINE = re.compile(
    r"本报\S{0,12}\s?[（(]([^（）()]*记者[^（）()]{1,40})[）)]|[■□●◆▲]?\s?(\w{0,12}记者\s[\w\s、]{2,30})$"
)


@dataclass(frozen=True)
class Headline:
    """The headline group and the byline of an article."""

    title: dict[str, str]  # candidate -> value, the most reliable first
    pretitle: str  # 引题, above the title
    subtitle: str  # 副题, below the title
    author: dict[str, str]  # candidate -> value, the most reliable first


def headline(page: Page) -> Headline:
    """Read the headline group and the byline. Fields that the page does not have are ""."""
    listed = page.link.title if page.link else ""
    comments = {name: plain_text(html) for name, html in enclosed(page.text, *_NPM_COMMENTS)}
    properties = page_properties(page.text + page.trailer)
    paper = paper_name(page)  # some papers print it in the element of the title
    titles = (
        title
        for css in _TITLE_SELECTORS
        for node in all_of(page, css)
        if (title := _heading_text(node)) and (css != _COMMON_TITLE or may_be_title(title, listed))
    )
    above, below, byline = _headline_by_position(page)
    return Headline(
        title={
            "npm": comments.get("title", ""),
            "title": next((title for title in titles if title not in ("", paper)), ""),
            "enpproperty": properties.get("title", ""),
        },
        pretitle=comments.get("pretitle") or text_at(page, "#PreTitle, .bmnr_con_yinti") or above,
        subtitle=(
            comments.get("subtitle")
            or text_at(page, "#SubTitle, .bmnr_con_futi")
            or below
            or properties.get("subtitle", "")
        ),
        author={
            "npm": comments.get("author", ""),
            "author": re.sub("^作者[:：]", "", text_at(page, _AUTHOR_SELECTOR)),
            "sec": one_line("".join(node.text or "" for node in all_of(page, "p.sec")[:1])),
            "enpproperty": properties.get("author", ""),
            "font02": byline,
        },
    )


def _headline_by_position(page: Page) -> tuple[str, str, str]:
    """Return pretitle, subtitle and byline by their position relative to the title.

    For pages without markup for these fields: cells of a table (family A), or headings.
    """
    cells = all_of(page, "td.font01, td.font02") or all_of(page, _HEADINGS)
    main = next((number for number, node in enumerate(cells) if node.tag == "h1" or node.get("class") == "font01"), -1)
    above, below = cells[: max(main, 0)], [node for node in cells[main + 1 :] if main >= 0 and node.tag != "h3"]
    lines = [line for node in below if not all_of(node, "founder-author") and (line := _heading_text(node))]
    return (
        " ".join(filter(None, map(_heading_text, above))),
        next((line for line in lines if not _REPORTER.search(line)), ""),
        next((line for line in lines if _REPORTER.search(line)), "") if cells[0:1] and cells[0].tag == "td" else "",
    )


def paper_name(page: Page) -> str:
    """Return the newspaper's name as the page has it, or ""."""
    printed = _PAPER_NAME.search(text_at(page, ".sec, .date"))
    return page_properties(page.text + page.trailer).get("papername") or (printed[1] if printed else "")


def number_of(page: Page) -> str:
    """Return the number of the newspaper page that contains the article ("A02"), or ""."""
    printed = _PAGE_NUMBER.search(text_at(page, ".sec, .date, .lai"))
    return (printed[1] if printed else page_properties(page.text + page.trailer).get("pagenum", "")).upper()


@lru_cache(maxsize=1)  # called several times for each page
def page_properties(source: str) -> Mapping[str, str]:
    """Return the fields of the `enpproperty` comment at the end of an HTML *source*, without the prefix `founder-`."""
    fields: dict[str, str] = {}
    for _, comment in enclosed(source, *_PROPERTY_COMMENT):
        values = [(name, plain_text(html)) for name, html in enclosed(comment, *_PROPERTY_FIELD)]
        paper = dict(values).get("papername")
        for name, value in values:
            if value and not (name == "title" and value == paper):  # 钱江晚报 has its own name as the first title
                fields.setdefault(name, value)
    return fields


def byline(body: HtmlElement) -> str:
    """Return the writers that the first or last paragraph of *body* names, or ""."""
    paragraphs = [line for node in all_of(body, "p") if (line := text(node))] or [text(body)]
    found = _BYLINE.match(paragraphs[0]) or _BYLINE.match(paragraphs[-1])
    return (found[1] or found[2]).strip() if found else ""


def body_of(page: Page, title: str = "") -> HtmlElement:
    """Return a copy of the body with its pictures.

    The caption below a picture becomes the `alt` text of the picture: text and summary then contain only the article's
    own text. Most newspapers place the pictures above the text, outside the element of the body: these pictures become
    the first paragraphs of the body.

    Without a known element, the body is the one with most of the text; *title* and what precedes it are removed.
    Raises `LayoutChanged` if the body is missing, and `Skipped` if it has no text.
    """
    source = _body_element(page)
    is_known = source is not None
    if source is None and is_article(page, page.link.title if page.link else ""):
        source = main_text(page)
    if source is None:
        raise LayoutChanged(
            "body is missing: neither an element of a known template nor an `enpcontent` comment", field="body"
        )
    inside = set(source.iter())
    above: list[HtmlElement] = []
    heading = None if is_known else heading_of(page, title)[1]
    beside = () if is_known else picture_blocks(page, source, heading)
    for block in (*all_of(page, _PICTURE_BLOCKS), *beside):
        if block in inside:
            continue
        parts = set(block.iter())
        if source not in parts and (block.tag == "img" or all_of(block, "img")):
            inside |= parts  # blocks nested in this one are read with it
            above.append(block)
    body = copy.deepcopy(source)
    body.tail = None
    if not is_known:
        drop_frame(body, title)
    blocks = outermost([block for block in all_of(body, _PICTURE_BLOCKS) if all_of(block, "img")])
    has_text = len(text(body)) > sum(len(text(block)) for block in blocks)
    for block in blocks:
        for paragraph in _picture_paragraphs(block, has_text):
            block.addprevious(paragraph)
    drop_nodes(blocks)
    if paragraphs := [paragraph for block in above for paragraph in _picture_paragraphs(block, has_text)]:
        paragraphs[-1].tail, body.text = body.text, None
        body[:0] = paragraphs
    if not text(body):
        raise Skipped("no text: the body is empty, or contains only pictures")
    return body


def is_read_by_structure(page: Page) -> bool:
    """Return whether `body_of` finds the body of *page* by its structure: no element of a known template has it."""
    return _body_element(page) is None


def has_epaper_body(page: Page) -> bool:
    """Return whether the body of *page* has the markup of an e-paper system, and not only a common name."""
    own = (css for css in _BODY_SELECTORS if css not in _COMMON_NAMES)
    return any(all_of(page, css) for css in own) or _BODY_COMMENTS[0].search(page.text) is not None


def _body_element(page: Page) -> HtmlElement | None:
    for css in _BODY_SELECTORS:
        if nodes := all_of(page, css):  # some sites repeat the body: take the first one
            return next((node for node in nodes if text(node)), nodes[0])
    for _, html in enclosed(page.text, *_BODY_COMMENTS):
        return parse_fragment(html)
    return None


def _picture_paragraphs(block: HtmlElement, has_text: bool) -> list[HtmlElement]:
    """Return the pictures of *block* as paragraphs.

    The text after a picture is its caption: the `alt` text of the picture, or, unless the article *has_text* besides
    captions, a paragraph of its own.
    """
    block = copy.deepcopy(block)
    block.tail = None
    resolve_pictures(block)
    pictures: list[tuple[HtmlElement, list[str]]] = []
    before: list[str] = []
    walk = iterwalk(block, events=("start", "end", "comment", "pi"))
    for event, node in walk:
        text = node.text if event == "start" else node.tail if node is not block else None
        if event == "start" and node.tag in ("script", "style"):
            walk.skip_subtree()
            continue
        if event == "start" and node.tag == "img" and _TEMPLATE_PICTURES not in node.get("src", ""):
            pictures.append((node, []))
        if text:
            (pictures[-1][1] if pictures else before).append(text)
    paragraphs = []
    for picture, texts in pictures:
        caption, before = one_line(" ".join([*before, *texts])), []
        paragraphs.append(fragment_fromstring("<p><img></p>"))
        paragraphs[-1][0].set("src", picture.get("src", ""))
        paragraphs[-1][0].set("alt", caption if has_text else "")
        if caption and not has_text:
            paragraphs.append(fragment_fromstring("<p></p>"))
            paragraphs[-1].text = caption
    return paragraphs


def _heading_text(node: HtmlElement) -> str:
    """Return the text of a heading on one line, with a space for each `<br>`."""
    node = copy.deepcopy(node)
    node.tail = None
    for end in all_of(node, "br"):
        end.tail = f" {end.tail or ''}"
    return text(node)
