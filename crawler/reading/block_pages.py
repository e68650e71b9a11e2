"""Recognize pages of firewalls, captchas and logins that a site sends in the place of the requested page.

A word proves nothing: articles and menus contain 验证码 and 登录, too. A page that a reader can read is what was
requested, unless its title is that of a captcha. Any other page is a block page if it has little text, neither the
title from the listing nor the metadata of an article, and a mark: a title, a request to the reader, a script or a form.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from lxml.etree import iterwalk
from lxml.html import HtmlElement

from crawler.items import Article
from crawler.reading import block_marks as marks
from crawler.reading import xml
from crawler.reading.errors import Blocked, LoginRequired
from crawler.reading.html import PageTooDeep, PageTooLarge
from crawler.reading.json_values import strings_in
from crawler.reading.page import Page
from crawler.reading.query import text_at
from crawler.text.clean import one_line

# Columns of text outside links, two for a Chinese character.
LONG = 1000  # block pages have less
SHORT = 240  # pages that only run a script or show a form have less
MENU, FEW = 10, 3  # links: at least those of the menu of a site; at most those of a page without menu
MIN_TITLE = 8  # a shorter title from the listing may be a word of any page
MAX_SOURCE = 300_000  # characters; block pages are smaller
_SEPARATOR = re.compile("[-_|｜–—·]")  # between the sections of a title
_QUOTED = re.compile("“[^”]{0,60}”|‘[^’]{0,60}’|「[^」]{0,60}」|《[^》]{0,60}》")
_ROOTS = ("app", "root", "__next", "__nuxt", "__layout")  # ids of the elements that an application fills
_HIDDEN = re.compile(r"display\s?:\s?none", re.IGNORECASE)
_CONTENT = ("a", "script", "img", "iframe", "frame", "object", "embed", "video", "input", "svg", "canvas")
_ATTRIBUTES = ("class", "id", "name", "src", "action")


def block_page(page: Page) -> Blocked | LoginRequired | None:
    """Return the error for *page*, which no reader could read; None if it is not a block page or a login page."""
    if page.requested_url and (kind := refusal_of_url(page.url)):  # a redirect within the source was followed
        return kind(f"redirected to {page.url}")
    if page.redirect:  # its body is not displayed
        return None
    try:
        look = _look(page)
    except (PageTooDeep, PageTooLarge):
        return None
    if look is None or _width(look.words) > LONG:
        return None
    if not (look.shows_article or (look.links >= MENU and not look.named(marks.BLOCK_TITLE, marks.LOGIN_TITLE))):
        return _error(look)
    if found := marks.LOGIN_WALL.search(look.own_words):
        return LoginRequired(f"the page asks for a login: {found[0]}")
    is_wall = _width(look.words) <= SHORT and not look.has_password  # a form for the login has a captcha, too
    wall = next(filter(marks.BLOCK_TITLE.fullmatch, look.lines), "") if is_wall else ""
    return Blocked(f"a captcha instead of the text: {wall}") if wall else None


def block_page_as_article(page: Page, article: Article) -> Blocked | LoginRequired | None:
    """Return the error for a block page or a login page that was read as *article*; None for an article.

    The title must be that of such a page, and the text must ask the reader for something.
    """
    titles = [_trimmed(article.title), *_sections(text_at(page, "title"))]
    if not _named(titles, marks.CAPTCHA_TITLE, marks.LOGIN_TITLE) or _width(article.markdown) > LONG:
        return None
    look = _look(page)
    if look is None or look.shows_article or _width(look.words) > LONG:
        return None
    look.headings = [_trimmed(article.title)]
    text = _QUOTED.sub(" ", article.markdown).replace(article.title, " ")
    is_asking = marks.BLOCK_WORDS.search(text) or marks.LOGIN_WORDS.search(text)
    is_challenge = look.has_captcha or look.has_password or marks.CHALLENGE.search(look.source)
    return _error(look) if is_asking or is_challenge else None


def refusal_of_url(url: str) -> type[Blocked] | type[LoginRequired] | None:
    """Return the class of the error for a redirect to *url*: that of a login, of a captcha, or None."""
    address = url.partition("?")[0]
    if "login" in address.lower() or marks.LOGIN_URL.search(address):
        return LoginRequired
    return Blocked if marks.BLOCK_URL.search(address) else None


@dataclass
class _Look:
    """What a page shows, and what its elements do."""

    source: str
    titles: list[str] = field(default_factory=list)  # sections of `<title>`
    headings: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)  # visible texts outside links
    words: str = ""  # the same as one line
    notices: str = ""  # the text of `<noscript>`
    scripts: str = ""  # inline scripts
    jumps: list[str] = field(default_factory=list)  # targets of scripts and `<meta http-equiv=refresh>`
    links: int = 0
    has_captcha: bool = False
    has_password: bool = False
    has_application: bool = False  # a script fills the page
    is_empty: bool = True  # without text, scripts, pictures and frames
    shows_article: bool = False  # has the title from the listing, or metadata of an article

    @property
    def own_words(self) -> str:
        """The visible text without quotations."""
        return _QUOTED.sub(" ", self.words)

    def named(self, *patterns: re.Pattern[str]) -> str:
        """Return the first title or heading that one of *patterns* matches as a whole, or ""."""
        return _named((*self.titles, *self.headings), *patterns)


def _named(titles: Iterable[str], *patterns: re.Pattern[str]) -> str:
    return next((title for title in titles if any(pattern.fullmatch(title) for pattern in patterns)), "")


def _error(look: _Look) -> Blocked | LoginRequired | None:
    if title := look.named(marks.BLOCK_TITLE):
        return Blocked(f"a block page of the site or of a firewall: {title}")
    if title := look.named(marks.LOGIN_TITLE):
        return LoginRequired(f"the page asks for a login: {title}")
    for target in look.jumps:
        if _width(look.words) <= SHORT and (kind := refusal_of_url(target)):
            return kind(f"the page leads to {target}")
    if found := marks.BLOCK_WORDS.search(look.own_words):
        return Blocked(f"a block page of the site or of a firewall: {found[0]}")
    if found := marks.LOGIN_WORDS.search(look.own_words):
        return LoginRequired(f"the page asks for a login: {found[0]}")
    if _width(look.words) > SHORT:
        return None
    if look.is_empty and not look.has_application:
        return Blocked("an empty page")
    if found := marks.CHALLENGE.search(look.source):
        return Blocked(f"a script of a firewall instead of the page: {found[0]}")
    if look.has_application or look.links > FEW:  # its login dialog may have a captcha and a password
        return None
    if look.has_captcha:
        return Blocked("a captcha instead of the page")
    if look.has_password:
        return LoginRequired("the page asks for a login: a password field")
    if found := marks.WIDGET.search(look.source) or marks.BLOCK_WORDS.search(look.notices):
        return Blocked(f"a script that requires a browser instead of the page: {found[0]}")
    if marks.SETS_COOKIE.search(look.scripts) and marks.RELOADS.search(look.scripts):
        return Blocked(
            "a script that requires a browser instead of the page: it sets a cookie and loads the page again"
        )
    return None


def _look(page: Page) -> _Look | None:
    """Return what *page* shows; None if it is neither HTML nor short JSON."""
    if page.is_large_feed or len(page.text) > MAX_SOURCE or xml.is_feed(page.text):
        return None
    look = _Look(page.text)
    if page.begins_like_json:
        look.words, look.is_empty = " ".join(_strings(page)), False
        return look if _width(look.words) <= SHORT else None
    if not page.is_html and not page.text.lstrip("\ufeff \t\r\n").startswith("<"):
        return None
    _walk(page.tree, look)
    listed = one_line(page.link.title).rstrip(".… ") if page.link else ""
    shown = one_line(" ".join((look.words, *look.titles, *look.headings)))
    look.shows_article = (_width(listed) >= MIN_TITLE and listed in shown) or _has_metadata(page)
    return look


def _walk(tree: HtmlElement, look: _Look) -> None:
    """Fill *look* from the visible elements of *tree*."""
    walk = iterwalk(tree, events=("start", "end", "comment", "pi"))
    for event, node in walk:
        text = node.text if event == "start" else node.tail if node is not tree else None
        if event == "start":
            attributes = [node.get(name) or "" for name in _ATTRIBUTES]
            tag = str(node.tag)
            if tag == "title":
                look.titles += _sections(one_line(node.text_content()))
            elif tag == "script":
                look.scripts += f"{node.text or ''}\n"
            elif tag == "noscript":
                look.notices += f"{node.text_content()}\n"
            elif tag == "meta" and (node.get("http-equiv") or "").lower() == "refresh":
                look.jumps += marks.REFRESH.findall(node.get("content") or "")
            look.links += tag == "a"
            look.is_empty &= tag not in _CONTENT
            look.has_application |= node.get("id") in _ROOTS and len(one_line(node.text_content())) < 20
            if tag in ("title", "script", "noscript", "style", "template", "a") or _is_hidden(node):
                walk.skip_subtree()
                continue
            if tag in ("h1", "h2", "h3", "h4"):
                look.headings.append(_trimmed(one_line(node.text_content())))
            look.has_captcha |= tag not in ("html", "body") and any(map(marks.CAPTCHA_ELEMENT.search, attributes))
            look.has_password |= node.get("type") == "password"
        if text and text.strip():
            look.lines.append(_trimmed(one_line(text)))
    look.words = one_line(" ".join(look.lines))
    look.is_empty &= not look.words
    look.jumps += marks.JUMP.findall(look.scripts[:MAX_SOURCE])


def _is_hidden(node: HtmlElement) -> bool:
    return "hidden" in node.attrib or _HIDDEN.search(node.get("style") or "") is not None


def _sections(title: str) -> list[str]:
    """Return *title* and its sections, without punctuation around them."""
    return list(dict.fromkeys(map(_trimmed, (title, *_SEPARATOR.split(title)))))


def _trimmed(title: str) -> str:
    return title.strip(" 。！!？?：:，,.…")


def _has_metadata(page: Page) -> bool:
    """Return whether the page declares the time of an article."""
    names = {(node.get("property") or node.get("name") or "").lower() for node in page.select("meta[content]")}
    is_article = bool(names & {"article:published_time", "og:release_date", "publishdate", "pubdate"})
    return is_article or bool(page.select("time")) or '"datePublished"' in page.text


def _strings(page: Page) -> Iterator[str]:
    """Yield the strings in a short JSON text."""
    if len(page.text) < 10 * LONG:
        with suppress(ValueError):
            yield from strings_in(page.json)


def _width(words: str) -> int:
    return len(words.encode("gbk", "replace"))
