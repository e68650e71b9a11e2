"""What one listing page and one article page show about a site: the input of a draft."""

from __future__ import annotations

from functools import cached_property
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from crawler.reading.bodies import Body
from crawler.reading.content import MIN_TEXT, find_content, without
from crawler.reading.lines import text_lines
from crawler.reading.page import Page
from crawler.reading.query import first_or_none, text, text_at
from crawler.reading.title import title_element
from crawler.scaffold.articles import ArticleSelectors, article_selectors, title_suffixes
from crawler.scaffold.json_articles import JsonArticle, json_article
from crawler.scaffold.json_keys import Keys
from crawler.scaffold.rows import FoundRows, find_rows
from crawler.scaffold.urls import form_of, pattern_of


class Evidence:
    """What was found in the two pages. *article_url* is the URL of an article that was not fetched."""

    def __init__(self, listing: Page, article: Page | None, article_url: str) -> None:
        self.listing, self.article = listing, article
        given = (article.requested_url or article.url) if article else article_url
        form = form_of(given) if given else ()
        self.rows = find_rows(listing, given, form)
        self.listed_url = given if article or (given and not self.rows.urls) else next(iter(self.rows.urls), given)
        self.form = form_of(self.listed_url)
        # The URL after a redirect to https, www. or m.; the first one if the redirect led to another form.
        is_same = article is not None and form_of(article.url) == self.form
        self.article_url = article.url if article and is_same else self.listed_url
        others = [url for url in self.rows.urls if form_of(url) == self.form]
        self.pattern = pattern_of([self.listed_url, self.article_url], others) if self.form else ""
        self.home = "{0.scheme}://{0.netloc}".format(urlsplit(self.article_url or listing.url))
        self.title: HtmlElement | None = None
        self.found = ArticleSelectors()
        self.json: JsonArticle | None = None
        if article:
            listed = title_in(self.rows, given)
            self.title, self.found = read_sample(article, listed)
            self.json = _json_instead(article, listed, self.found)
        own = self.json.title if self.json else text(self.title)
        self.suffixes = title_suffixes(article, own) if article else []

    @property
    def pages(self) -> list[Page]:
        """The pages that were fetched."""
        return [page for page in (self.listing, self.article) if page]

    @property
    def json_keys(self) -> Keys | None:
        """The keys of an article that is JSON: an entry, or in the page of the article."""
        if self.rows.json and self.rows.is_whole:
            return self.rows.json.keys
        return self.json.keys if self.json else None

    @property
    def lacks_suffix(self) -> bool:
        """Whether `<title>` continues after the title, in a form that is not supported."""
        if self.article is None or not self.article.is_html or self.suffixes or not (self.found.body or self.json):
            return False
        own = self.json.title if self.json else text(self.title)
        return not own or not text_at(self.article, "head > title").endswith(own)

    @cached_property
    def needs_lines(self) -> bool:
        """Whether the declared body does not give the text completely and alone: it has no element of its own."""
        if self.article is None or not self.article.is_html or self.json:
            return False
        node = first_or_none(self.article, self.found.title) if self.found.title else None
        content = find_content(self.article, node)
        if content is None or len(text(content.node)) < MIN_TEXT:
            return False
        body = Body(self.found.body or "fill-in-body", self.found.drop).find(self.article, None)
        return body is None or text_lines(body) != text_lines(without(content.node, content.furniture))


def title_in(rows: FoundRows, url: str) -> str:
    """Return the title that the listing *rows* shows for the article at *url*, or ""."""
    return dict(rows.titles).get(url, "")


def read_sample(article: Page, listed: str) -> tuple[HtmlElement | None, ArticleSelectors]:
    """Return the node of the title in *article*, which has the title *listed* in the listing, and its selectors."""
    if not article.is_html:
        return None, ArticleSelectors()
    title = title_element(article, listed)
    return title, article_selectors(article, title)


def _json_instead(article: Page, listed: str, found: ArticleSelectors) -> JsonArticle | None:
    """Return the article in the JSON of the page *article* if the HTML does not have its text."""
    result = json_article(article, listed)
    if result is None or not found.body:
        return result
    length = len(text(first_or_none(article, found.body)))
    visible = _squeezed("".join(text_lines(article.tree)))
    return None if _squeezed(result.text)[:30] in visible or length > len(result.text) else result


def _squeezed(words: str) -> str:
    return "".join(words.split())
