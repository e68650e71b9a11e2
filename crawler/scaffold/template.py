"""The text of a drafted source, with the places that `draft` fills in."""

from __future__ import annotations

from string import Template

# Module -> names that a draft may use.
IMPORTS = {
    "collections.abc": ("Mapping", "Sequence"),
    "dataclasses": ("replace",),
    "typing": ("Any", "ClassVar"),
    "lxml.html": ("HtmlElement",),
    "scrapy": ("Request",),
    "crawler.crawl.spider": ("SiteSpider",),
    "crawler.items": ("Article", "Link"),
    "crawler.reading.bodies": ("Body", "JsonBody"),
    "crawler.reading.content": ("find_content", "without"),
    "crawler.reading.lines": ("text_lines",),
    "crawler.reading.numbered": ("number_of", "with_parameter"),
    "crawler.reading.page": ("Page",),
    "crawler.reading.query": ("first_or_none",),
    "crawler.reading.rows": ("FeedRows", "JsonRows", "Rows"),
    "crawler.text.bylines": ("text_byline",),
}
STANDARD = ("collections.abc", "dataclasses", "typing")
OTHERS = ("lxml.html", "scrapy")
SOURCE = Template('''\
"""$title: $host.

Drafted by `press-corpus newsource`. Complete the lines marked FILL IN, and check the others on more pages.

CERTAIN: FILL IN the facts that were checked on many pages.
INFERRED: everything, from
$pages
"""

from __future__ import annotations

$imports


class ${Name}Spider(SiteSpider):
$declarations
$methods''')

# Overrides for what the declarations cannot describe. Each is preceded by an empty line.
ID_WITH_FOLDERS = """
    @classmethod
    def article_link(cls, url: str) -> Link | None:
        link = super().article_link(url)
        return replace(link, id=link.id.replace("/", "-")) if link else None
"""
NO_ARTICLE_PAGE = """
    @classmethod
    def open_article(cls, link: Link) -> None:
        return None
"""
TEXT_AUTHOR = """
    @classmethod
    def values(cls, page: Page, page_form: str) -> dict[str, Any]:
        values = super().values(page, page_form)
        values["author"]["text"] = text_byline(text_lines(cls.body_of(page)[1]))
        return values
"""
NO_SITE_AS_AUTHOR = """
    @classmethod
    def read_article(cls, page: Page) -> Article:
        article = super().read_article(page)  # the metadata names the site as the author
        is_site = article.chosen.get("author") in ("json-ld", "article:author")
        return replace(article, author="") if is_site else article
"""
TEXT_WITHOUT_ELEMENT = """
    @classmethod
    def body_of(cls, page: Page) -> tuple[str, HtmlElement]:
        content = find_content(page, $title)  # the text has no element of its own
        return ("lines", without(content.node, content.furniture)) if content else super().body_of(page)
"""
