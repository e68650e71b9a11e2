"""Two pages of an unknown site -> the draft of its source: guesses, each of them tried on the pages themselves.

A guess is a selector or a regular expression made from one node or address, and counts by what it finds. For what
cannot be guessed stands a selector that finds nothing ("fill-in-body"), so that pages are refused by its name.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable
from string import Template
from urllib.parse import quote, urlsplit

from crawler.reading.page import Page
from crawler.reading.query import text
from crawler.scaffold.articles import article_places, title_node, title_suffixes
from crawler.scaffold.listings import entries_of, listing_places
from crawler.scaffold.urls import form_of, id_of, pattern_of


def check_name(name: str) -> None:
    """Raises ValueError, saying what is allowed, for a *name* that can be no source's: it names module and folder."""
    if not re.fullmatch("[a-z][a-z0-9_]{0,39}", name) or keyword.iskeyword(name):
        raise ValueError(
            f"{name!r} can be no source's name: up to 40 lower-case letters, digits and underscores, a letter first, "
            "no keyword of Python"
        )


def article_links(page: Page) -> list[str]:
    """The addresses of a listing that are probably articles', in the page's order.

    They are the largest group of links within the site whose addresses have one form, whose nodes stand alike in the
    tree, and whose texts are as long as titles. [] where there is none, and for RSS, Atom and JSON, which are no HTML.
    """
    return list(entries_of(page))


def draft(name: str, listing: Page, article: Page | None) -> str:
    """The text of `crawler/spiders/<name>.py`, a source that reads the two pages as far as their parts could be seen.

    What could not is marked FILL IN; without *article* that is all that is read of one. Raises ValueError for a name
    that `check_name` refuses.
    """
    check_name(name)
    asked = (article.requested_url or article.url) if article else next(iter(entries_of(listing)), "")
    form = form_of(asked)
    entries = entries_of(listing, form) if form else {}
    address = article.url if article and form_of(article.url) == form else asked  # redirected: https, www, m
    pattern = pattern_of([asked, address], list(entries)) if form else ""
    title = title_node(article, text(entries.get(asked))) if article else None
    suffixes = title_suffixes(article, title) if article else []
    pages = [page for page in (listing, article) if page]
    hosts = [
        urlsplit(url).hostname for url in (*(url for page in pages for url in (page.url, page.requested_url)), asked)
    ]
    home = "{0.scheme}://{0.netloc}".format(urlsplit(address or listing.url))
    places = listing_places(listing, entries) | (article_places(article, title) if article else {})
    return TEMPLATE.substitute(
        name=name,
        Name="".join(part.capitalize() for part in name.split("_")),
        site=re.sub(r"^[\W_]+|[\W_]+$", "", suffixes[-1]) if suffixes else "FILL IN",
        host=urlsplit(home).hostname,
        pages="\n".join(f"    {_encoded(page.url)}" for page in pages),
        home=_encoded(home),
        listing=_encoded(listing.url),
        article=_compiled(pattern),
        id='found["id"].replace("/", "-")' if "/" in id_of(pattern) else 'found["id"]',
        hosts=_tuple(dict.fromkeys(filter(None, hosts))),
        suffixes=f"{_tuple(suffixes)}{'' if suffixes else '  # FILL IN: what the site puts behind every title'}",
        **{place: _place(place, places.get(place, "")) for place in PLACES},
    )


def _encoded(url: str) -> str:
    """*url* without anything that could end a string or a comment."""
    return quote(url, safe="/:?&=%@!$()*+,;~[]")


def _tuple(words: Iterable[str]) -> str:
    quoted = [f'"{word}"' for word in words]
    return f"({quoted[0]},)" if len(quoted) == 1 else f"({', '.join(quoted)})"


def _compiled(pattern: str) -> str:
    if not pattern:
        return 're.compile("fill-in-article")  # FILL IN: the addresses of articles: (?P<path>/…/(?P<id>…))'
    line = f're.compile(r"{pattern}")'
    return line if len(f"ARTICLE = {line}") <= 120 else f're.compile(\n    r"{pattern}"\n)'


def _place(place: str, css: str) -> str:
    name = place.lower().replace("_", "-")
    return f'{place} = "{css}"  # {PLACES[place]}' if css else f'{place} = "fill-in-{name}"  # FILL IN: {PLACES[place]}'


PLACES = {
    "ROWS": "each entry of the listing (what is no HTML: page.json, page.text)",
    "ROW_TITLE": "in an entry: the article's title",
    "ROW_TIME": "in an entry: the article's day or time, where the list shows one",
    "NEXT": "the link to the next page of the listing",
    "TITLE": "the article's title; metas and <title> stand in for it",
    "TIME": "the article's time; JSON-LD, metas and the listing stand in for it",
    "AUTHOR": "the article's author, or take the line below out",
    "BODY": "the article's body: its one node, nothing in it that is not the article's",
}
TEMPLATE = Template('''\
"""$name: $site, $host.

A draft by `scrapy newsource`: what FILL IN marks is missing, the rest is guessed.

CERTAIN: FILL IN what was seen on many pages. So far nothing.

INFERRED: all, from
$pages
"""

from __future__ import annotations

import re
from dataclasses import replace

from scrapy import Request

from crawler.crawl.spider import ArticleSpider
from crawler.items import Article, Link, Listing
from crawler.reading.candidates import Candidates
from crawler.reading.page import Page
from crawler.reading.query import all_of, exactly_one, first, href, text_at
from crawler.text.dates import beijing

HOME = "$home"
LISTING = "$listing"
# Of one article, see whether others fit too: other hosts (m.), sections, forms; and that nothing else does.
ARTICLE = $article

$ROWS
$ROW_TITLE
$ROW_TIME
$NEXT

$TITLE
$TIME
$AUTHOR
$BODY


class ${Name}Spider(ArticleSpider):
    name = "$name"
    hosts = $hosts
    channels = ("news",)
    default_channels = ("news",)
    title_suffixes = $suffixes

    @classmethod
    def article_link(cls, url: str) -> Link | None:
        found = ARTICLE.fullmatch(url)
        return Link($id, HOME + found["path"]) if found else None

    @classmethod
    def open_channel(cls, channel: str) -> Request:
        return Request(LISTING)

    @classmethod
    def open_listing(cls, url: str) -> Request | None:
        return Request(url) if url.startswith(LISTING) and not cls.article_link(url) else None

    # If the site has its own block, login or deletion pages, override `refuse`: see crawler/reading/source.py.

    @classmethod
    def read_listing(cls, page: Page) -> Listing:
        first(page, ROWS)  # a listing without entries is a page that we do not know
        links: dict[str, Link] = {}
        for row in all_of(page, ROWS):
            for node in all_of(row, "a[href]"):
                if link := cls.article_link(href(node, page)):
                    link = replace(link, title=text_at(row, ROW_TITLE), date=beijing(text_at(row, ROW_TIME)))
                    links.setdefault(link.id, link)
        following = [href(node, page) for node in all_of(page, NEXT)]
        return Listing(tuple(links.values()), tuple(Request(url) for url in following if url.startswith("http")))

    @classmethod
    def read_article(cls, page: Page) -> Article:
        assert page.link
        candidates = Candidates(page)
        return Article(
            source=cls.name,
            id=page.link.id,
            url=page.link.url,
            title=candidates.title({"page": text_at(page, TITLE)}),
            date=candidates.date({"page": text_at(page, TIME), "listing": page.link.date}),
            author=re.sub("^作者 ?[:：]", "", text_at(page, AUTHOR)),
            body=exactly_one(page, BODY),
            chosen=candidates.chosen,
        )
''')
