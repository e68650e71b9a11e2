"""The page forms of e-paper systems: addresses, entries, pages of an issue, articles. Pure: pages in, values out."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from html import unescape

from lxml.html import HtmlElement, fragment_fromstring

from crawler.addresses import whole
from crawler.items import Link
from crawler.normalize import fold
from crawler.page import Page, parse_fragment
from crawler.reading import Changed, Skipped, all_of, link_of, text, text_at

# Addresses ----------------------------------------------------------------------------------------------------------

_DASHED = r"(?P<year>\d{4})-(?P<month>\d\d)/(?P<day>\d\d)/"  # 2025-02/11/
_HALVED = r"(?P<year>\d{4})(?P<month>\d\d)/(?P<day>\d\d)/"  # 202502/11/
_WHOLE = r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)/"  # 20250211/

# Family -> the path behind the paper's own folder: of a page of an issue, and of an article.
FAMILIES = {
    "A": (rf"html/{_DASHED}node_\w+\.html?", rf"html/{_DASHED}content_(?P<id>\d+)(?:_\d+)?\.html?"),
    "nbs": (rf"html/{_DASHED}nbs\.\w+\.html?", rf"html/{_DASHED}nw\.[A-Za-z0-9]+_\d{{8}}_(?P<id>\d+-\d+)\.html?"),
    "B": (
        rf"layout/{_HALVED}(?:node_|col)\w+\.html?",
        rf"(?:content|con)/{_HALVED}content_(?P<id>\d+)(?:_\d+)?\.html?",
    ),
    "C": (
        rf"{_WHOLE}html/(?:index|page_\d+)\.html?",
        rf"{_WHOLE}html/(?:content_)?(?P<id>page_\d+_content_\w+|(?<=content_)\w+)\.html?",
    ),
    "E": (rf"{_WHOLE}v\w+\.shtml", rf"{_WHOLE}(?P<id>\d+)\.shtml"),
}


def _patterns(of_articles: bool) -> dict[str, re.Pattern[str]]:
    return {
        family: re.compile(rf"(?P<url>(?P<paper>https?://[^/?#]+/(?:[^?#]*/)?){forms[of_articles]})(?:[?#].*)?", re.I)
        for family, forms in FAMILIES.items()
    }


_PAGES, _ARTICLES = _patterns(False), _patterns(True)


@dataclass(frozen=True)
class Address:
    """The address of a page of an issue, or of an article."""

    family: str
    paper: str  # what lies before: the same for all pages of a paper
    day: str  # YYYY-MM-DD
    id: str  # of an article
    found: re.Match[str]

    @property
    def url(self) -> str:
        return self.found["url"]

    def on(self, day: str) -> str:
        """The same page of another day's issue."""
        url = self.url
        for name, part in zip(("year", "month", "day"), day.split("-"), strict=True):  # as long as what it replaces
            start, end = self.found.span(name)
            url = url[:start] + part + url[end:]
        return url


def _address(url: str, patterns: dict[str, re.Pattern[str]]) -> Address | None:
    for family, pattern in patterns.items():
        if found := pattern.fullmatch(url):
            day = "-".join(found.group("year", "month", "day"))
            try:
                date.fromisoformat(day)
            except ValueError:  # 30 February
                continue
            return Address(family, found["paper"], day, found.groupdict().get("id") or "", found)
    return None


def page_address(url: str) -> Address | None:
    """The address of a page of an issue; None for any other."""
    return _address(url, _PAGES)


def article_address(url: str) -> Address | None:
    """The address of an article; None for any other."""
    return _address(url, _ARTICLES)


def days_back(last: str, first: str) -> Iterator[str]:
    """The days from *last* back to *first*."""
    day = date.fromisoformat(last)
    while day.isoformat() >= first:
        yield day.isoformat()
        day -= timedelta(1)


# Entries ------------------------------------------------------------------------------------------------------------

_REFRESH = re.compile(r"""url\s*=\s*['"]?\s*([^'"\s>]+)""", re.I)
_SCRIPT = re.compile(r"""\blocation(?:\.href)?(?:\s*=\s*|\.replace\(\s*)['"]([^'"]+)['"]""")


def newest_issue(page: Page) -> str:
    """Where an entry leads: to the first page of the newest issue, or to another entry. Raises `Changed`."""
    for node in all_of(page, "meta[http-equiv][content]"):
        refresh = _REFRESH.search(node.get("content", ""))
        if node.get("http-equiv", "").lower() == "refresh" and refresh:
            return _leads_to(refresh[1], page)
    pages = [address for node in all_of(page, "a[href]") if (address := page_address(link_of(node, page)))]
    if pages:
        return max(pages, key=lambda address: address.day).url  # of a day's pages the first
    if script := _SCRIPT.search(page.text):
        return _leads_to(script[1], page)
    raise Changed("the entry leads to no issue: neither a refresh nor a link to a page of one")


def _leads_to(address: str, page: Page) -> str:
    try:
        return whole(address, page.url)
    except ValueError as error:
        raise Changed(f"the entry leads to no address: {address}") from error


# Pages of an issue --------------------------------------------------------------------------------------------------

# 第A02版：要闻 · A01： 头版 · 第 1 版：头版 · 05版
_LABEL = re.compile(
    r"(?:第?\s*(?P<number>[A-Za-z]?\d+)\s*版|(?P<bare>[A-Za-z]?\d+)\s*(?=[:：]))\s*[:：]?\s*(?P<name>.*)"
)
_WRITTEN = re.compile(r"""view\(\s*(["'])(.*?)\1\s*\)""", re.S)  # 人民日报 writes titles by script
_ROLE = "(?:责任编辑|责编|编辑|主编|美编|校对|制图|组版|版式|统筹|值班)"
# 本版责编 … · 责编：X Y 版式：Z, with names alone behind the colon: "编辑：一个职业的黄昏" is a headline
_CREDIT = re.compile(
    rf"\W*(?:本?版面?\s*{_ROLE}|(?:本期|今日)?{_ROLE}\w{{0,4}}\s*[:：]\s*(?:\w{{1,4}}\W+)*\w{{1,4}}\W*$)"
)


def is_credit(title: str) -> bool:
    """Whether *title* is a page's credit ("本版责编：…"), which sites list like an article."""
    return bool(_CREDIT.match(title))


def label(words: str) -> tuple[str, str]:
    """Number and name of a page as sites write them; "" for what is not there."""
    found = _LABEL.search(fold(words))
    return ((found["number"] or found["bare"]).upper(), found["name"].strip()) if found else ("", "")


def pages_of(page: Page, issue: Address) -> dict[str, str]:
    """The pages of *issue* that *page* links to, address -> number and name, in its order."""
    pages: dict[str, str] = {}
    for node in all_of(page, "a[href]"):
        other = page_address(link_of(node, page))
        if other and (other.paper, other.day) == (issue.paper, issue.day):
            words = text(node)
            if not label(pages.get(other.url, ""))[0]:  # some links to a page are pictures, or say "下一版"
                pages[other.url] = words if label(words)[0] else pages.get(other.url, "")
    return pages


def place_of(page: Page, issue: Address) -> str:
    """Number and name of the page that *page* shows, as it is written there."""
    listed = pages_of(page, issue)
    first = [] if issue.url in listed else list(listed.values())[:1]  # which an index shows
    for words in (listed.get(issue.url, ""), *map(text, all_of(page, ".ban, td.px12, title")), *first):
        if label(words)[0]:
            return words
    return _properties(page.text).get("pagenum", "")


def articles_of(page: Page, issue: Address) -> dict[str, Link]:
    """The articles that a page of *issue* links to, by id, in its order: the map of the picture, then the titles."""
    links: dict[str, Link] = {}
    place = place_of(page, issue)
    for node in all_of(page, "a[href], area[href]"):
        found = article_address(link_of(node, page))
        if found and (found.paper, found.day) == (issue.paper, issue.day):
            link = article_link(found)
            title = links[link.id].title if link.id in links else ""
            links[link.id] = Link(link.id, link.url, title or _title_in_list(node), issue.day, place)
    return links


def article_link(address: Address) -> Link:
    return Link(f"{address.day.replace('-', '')}-{address.id}", address.url)


def _title_in_list(node: HtmlElement) -> str:
    words = text(node)
    written = _WRITTEN.search(words)
    return _plain(written[2]) if written else words


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
            "sec": fold("".join(node.text or "" for node in all_of(page, "p.sec")[:1])),
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
    """The text with its pictures. Raises `Changed`, `Skipped`.

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
    raise Changed("the body is missing: none of the places where it may stand is there", field="body")


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
        caption, before = fold(" ".join([*before, *words])), []
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
    return fold(unescape(re.sub(r"<[^>]*>", "", re.sub(r"<br\s*/?>", " ", html, flags=re.I))))
