"""Draft the source of a new site from one listing page and one article page.

Selectors and URL patterns are derived from single nodes and URLs, and chosen by what they match in the two pages. If a
selector cannot be derived, the draft has one that matches nothing ("fill-in-body"): the error of a page names it.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable
from string import Template
from urllib.parse import quote, urlsplit

from crawler.reading.page import Page
from crawler.reading.query import text
from crawler.scaffold.articles import article_selectors, title_node, title_suffixes
from crawler.scaffold.listings import entries_of, listing_selectors
from crawler.scaffold.urls import form_of, id_of, pattern_of


def check_name(name: str) -> None:
    """Raise ValueError for an invalid source *name*. It becomes the name of a module, a class and a folder."""
    if not re.fullmatch("[a-z][a-z0-9_]{0,39}", name) or keyword.iskeyword(name):
        raise ValueError(
            f"{name!r} is not a valid source name: allowed are up to 40 lower-case letters, digits and underscores, "
            "starting with a letter, except Python keywords"
        )


def article_links(page: Page) -> list[str]:
    """Return the URLs of a listing page that probably lead to articles, in document order.

    They are the largest group of links within the site with one URL form, the same ancestor tags, and texts as long as
    titles. [] if there are fewer than three, and for RSS, Atom and JSON.
    """
    return list(entries_of(page))


def draft(name: str, listing: Page, article: Page | None) -> str:
    """Return the text of `crawler/spiders/<name>.py`, a source that reads the two pages.

    Parts that could not be derived are marked FILL IN; without *article*, all parts of the article reader are. Raises
    ValueError for an invalid *name*.
    """
    check_name(name)
    listed_url = (article.requested_url or article.url) if article else next(iter(entries_of(listing)), "")
    form = form_of(listed_url)
    entries = entries_of(listing, form) if form else {}
    # The URL after a redirect to https, www. or m.; the first one if the redirect led to another form.
    article_url = article.url if article and form_of(article.url) == form else listed_url
    pattern = pattern_of([listed_url, article_url], list(entries)) if form else ""
    title = title_node(article, text(entries.get(listed_url))) if article else None
    suffixes = title_suffixes(article, title) if article else []
    pages = [page for page in (listing, article) if page]
    urls = [url for page in pages for url in (page.url, page.requested_url)]
    hosts = [urlsplit(url).hostname for url in (*urls, listed_url)]
    home = "{0.scheme}://{0.netloc}".format(urlsplit(article_url or listing.url))
    found = listing_selectors(listing, entries) | (article_selectors(article, title) if article else {})
    return TEMPLATE.substitute(
        name=name,
        Name="".join(part.capitalize() for part in name.split("_")),
        site=re.sub(r"^[\W_]+|[\W_]+$", "", suffixes[-1]) if suffixes else "FILL IN",
        host=urlsplit(home).hostname,
        pages="\n".join(f"    {_encoded(page.url)}" for page in pages),
        home=_encoded(home),
        listing=_encoded(listing.url),
        article=_compiled(pattern),
        id='match["id"].replace("/", "-")' if "/" in id_of(pattern) else 'match["id"]',
        hosts=_tuple(dict.fromkeys(filter(None, hosts))),
        suffixes=f"{_tuple(suffixes)}{'' if suffixes else '  # FILL IN: the suffix that the site adds to each title'}",
        **{constant: _assignment(constant, found.get(constant, "")) for constant in CONSTANTS},
    )


def _encoded(url: str) -> str:
    """Return *url* with all characters percent-encoded that could end a string literal or a comment."""
    return quote(url, safe="/:?&=%@!$()*+,;~[]")


def _tuple(words: Iterable[str]) -> str:
    """Return the tuple literal of *words*."""
    quoted = [f'"{word}"' for word in words]
    return f"({quoted[0]},)" if len(quoted) == 1 else f"({', '.join(quoted)})"


def _compiled(pattern: str) -> str:
    """Return the expression that compiles *pattern*, within the line length."""
    if not pattern:
        return 're.compile("fill-in-article")  # FILL IN: the URLs of articles: (?P<path>/…/(?P<id>…))'
    line = f're.compile(r"{pattern}")'
    return line if len(f"ARTICLE = {line}") <= 120 else f're.compile(\n    r"{pattern}"\n)'


def _assignment(constant: str, css: str) -> str:
    """Return the line that assigns the selector *css* to *constant*, with its comment."""
    name, comment = constant.lower().replace("_", "-"), CONSTANTS[constant]
    return f'{constant} = "{css}"  # {comment}' if css else f'{constant} = "fill-in-{name}"  # FILL IN: {comment}'


# Name of a selector in the draft -> its comment.
CONSTANTS = {
    "ROWS": "each entry of the listing (for JSON or text: page.json, page.text)",
    "ROW_TITLE": "in an entry: the title of the article",
    "ROW_TIME": "in an entry: the date of the article, if the listing shows it",
    "NEXT": "the link to the next listing page",
    "TITLE": "the title; fallbacks: JSON-LD, og:title, <title>",
    "TIME": "the date; fallbacks: the listing, JSON-LD, metas, <time>",
    "AUTHOR": "the author; if the site shows none, remove it here and in read_article",
    "BODY": "the only node that contains the complete text, and nothing else",
}
TEMPLATE = Template('''\
"""$name: $site, $host.

Drafted by `scrapy newsource`. Complete the lines marked FILL IN, and check the others on more pages.

CERTAIN: FILL IN the facts that were checked on many pages.

INFERRED: everything, from
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
# The URL of an article. Check that it matches other hosts (m.), sections and forms, and does not match other pages.
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
        match = ARTICLE.fullmatch(url)
        return Link($id, HOME + match["path"]) if match else None

    @classmethod
    def open_channel(cls, channel: str) -> Request:
        return Request(LISTING)

    @classmethod
    def open_listing(cls, url: str) -> Request | None:
        return Request(url) if url.startswith(LISTING) and not cls.article_link(url) else None

    # If the site has its own block, login or deletion pages, override `refuse`: see crawler/reading/source.py.

    @classmethod
    def read_listing(cls, page: Page) -> Listing:
        first(page, ROWS)  # raises LayoutChanged for a listing without entries
        links: dict[str, Link] = {}
        for row in all_of(page, ROWS):
            for node in all_of(row, "a[href]"):
                if link := cls.article_link(href(node, page)):
                    date = beijing(text_at(row, ROW_TIME), page.fetched_at)
                    link = replace(link, title=text_at(row, ROW_TITLE), date=date)
                    links.setdefault(link.id, link)
        next_urls = [href(node, page) for node in all_of(page, NEXT)]
        return Listing(tuple(links.values()), tuple(Request(url) for url in next_urls if url.startswith("http")))

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
