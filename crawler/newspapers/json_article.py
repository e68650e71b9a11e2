"""Read the JSON of an article: headline group, byline, text and pictures.

The keys differ between sites: a field is recognized by names that are usual for it. INFERRED, except for the keys of
解放日报 (introtitle, title, subtitle, author, source, content, pincurls), which several public crawlers have.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress

from lxml.html import HtmlElement, fragment_fromstring

from crawler.items import Article
from crawler.newspapers.article import byline
from crawler.newspapers.credits import is_editor_credit
from crawler.newspapers.editions import text_url
from crawler.newspapers.issue import article_link, listed_position, position_in_issue
from crawler.newspapers.json_issue import AUTHOR, ID, TITLE, Entry, field
from crawler.newspapers.links import resolved
from crawler.newspapers.markup import plain_text
from crawler.newspapers.urls import EpaperUrl
from crawler.reading.candidates import Candidates
from crawler.reading.errors import LayoutChanged, Skipped
from crawler.reading.html import parse_fragment
from crawler.reading.json_values import json_of, objects_in
from crawler.reading.page import Page
from crawler.reading.query import all_of, required, text
from crawler.text.clean import clean, one_line

# Names of keys in lower case, without "_" and "-", the most reliable first.
_TEXT = ("content", "articlecontent", "contenthtml", "maincontent", "contenttext", "html", "body", "text", "zhengwen")
PRETITLE = ("introtitle", "pretitle", "leadtitle", "shouldertitle", "yinti")
SUBTITLE = ("subtitle", "subheading", "vicetitle", "futi")
SOURCE = ("source", "articlesource", "origin", "copyfrom")
_PICTURES = re.compile("pic|img|image|photo|pinc", re.I)  # keys of lists of pictures
_PICTURE_URL = ("url", "src", "path", "imgurl", "picurl", "imageurl", "href")
_CAPTION = ("ttile", "title", "caption", "alt", "desc", "description", "note", "memo")  # "ttile": 解放日报
_FILE = re.compile(r"\A[^\s\"'<>]{1,500}\.(?:jpe?g|png|gif|webp|bmp)(?:[?#][^\s\"'<>]*)?", re.I)
_TAG = re.compile(r"<(?:p|br|div|img|table|span)\b[^>]{0,500}>", re.I)


def read_json_article(page: Page, found: EpaperUrl, source: str, publisher: str) -> Article:
    """Return the article *found* from its JSON *page*. *publisher*: name of the newspaper, "" = as in the JSON.

    Raises `LayoutChanged` for another article, `Skipped` for one without text, and the errors of `article_of`.
    """
    link, entry = required(page.link, "link"), article_of(page)
    if (name := field(entry, ID)) and name != found.id and text_url(found):
        raise LayoutChanged(f"requested article {found.id}, received {name}")
    candidates = Candidates(page)
    title = candidates.title({"json": plain_text(field(entry, TITLE)), "listing": link.title})
    if is_editor_credit(title):
        raise Skipped(f"a credit of the page's editors, not an article: {title}")
    body = body_of(entry, page)
    number, section = listed_position(page, found) or position_in_issue(page, found)
    author = re.sub(r"^(?:作者|记者)\s*[:：]\s*", "", value_of(entry, AUTHOR))
    return Article(
        source=source,
        id=link.id,
        url=article_link(found).url,
        title=title,
        date=found.day,
        body=body,
        author=candidates.author({"json": author, "body": byline(body)}),
        publisher=publisher or value_of(entry, SOURCE),
        page=number,
        section=section,
        pretitle=value_of(entry, PRETITLE),
        subtitle=value_of(entry, SUBTITLE),
        reader=found.family,
        chosen=candidates.chosen,
    )


def article_of(page: Page) -> Entry:
    """Return the object of the article in *page*: the outermost one with a title and a text.

    Raises `LayoutChanged` without such an object, `Skipped` for an article without text, and the errors of `json_of`.
    An answer without data is not `Gone`: the envelope of a refusal or of a failure looks the same.
    """
    data = json_of(page)
    objects = list(objects_in(data, in_lists=True))
    if found := next((each for each in objects if field(each, TITLE) and field(each, _TEXT)), None):
        return found
    if any(field(each, TITLE) and field(each, ID) for each in objects):
        raise Skipped("no text: the article in the JSON has a title only")
    if not any(len(each) > 3 for each in objects):
        raise LayoutChanged(f"the JSON has no article: {one_line(page.text)[:60]!r}", field="body")
    raise LayoutChanged("the JSON has no object with a title and a text", field="body")


def value_of(entry: Entry, names: tuple[str, ...]) -> str:
    """Return a field of an article as text on one line; "" without it."""
    return plain_text(field(entry, names))


def body_of(entry: Entry, page: Page) -> HtmlElement:
    """Return the text of an article with its pictures, those outside the text first.

    Text without markup has one paragraph in each line. Raises `Skipped` for pictures without text.
    """
    source = clean(field(entry, _TEXT))
    body = parse_fragment(source) if _TAG.search(source) else _paragraphs(source)
    if not text(body):
        raise Skipped("no text: the body is empty, or contains only pictures")
    for picture in all_of(body, "img[src]"):
        picture.set("src", resolved(picture.get("src", ""), page))
    known = {picture.get("src") for picture in all_of(body, "img[src]")}
    pictures = []
    for address, caption in _pictures(entry):
        url = resolved(address, page)
        if url and url not in known:
            known.add(url)
            paragraph = fragment_fromstring("<p><img></p>")
            paragraph[0].set("src", url)
            paragraph[0].set("alt", clean(caption))
            pictures.append(paragraph)
    if pictures:
        pictures[-1].tail, body.text = body.text, None
        body[:0] = pictures
    return body


def _paragraphs(source: str) -> HtmlElement:
    body = fragment_fromstring("<div></div>")
    for line in filter(None, map(str.strip, source.splitlines())):
        paragraph = fragment_fromstring("<p></p>")
        paragraph.text = plain_text(line) if "&" in line else line
        body.append(paragraph)
    return body


def _pictures(entry: Entry) -> Iterator[tuple[str, str]]:
    """Yield address and caption of the pictures in *entry*: lists of addresses or objects, or JSON of these."""
    for key, value in entry.items():
        if not _PICTURES.search(key):
            continue
        if isinstance(value, str) and value.lstrip().startswith("["):
            with suppress(ValueError, RecursionError):
                value = json.loads(value)
        for each in value if isinstance(value, list) else []:
            address = field(each, _PICTURE_URL) if isinstance(each, dict) else each if isinstance(each, str) else ""
            if _FILE.fullmatch(address):
                yield address, value_of(each, _CAPTION) if isinstance(each, dict) else ""
