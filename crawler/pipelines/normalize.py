"""Normalize the metadata of an article. Accepts any text and raises no errors."""

from __future__ import annotations

import re
from dataclasses import replace

from crawler.items import Article
from crawler.pipelines.base import ArticlePipeline
from crawler.text.clean import one_line
from crawler.text.urls import is_plain

LONGEST_NAME = 100  # characters of the name of a count; YAML limits a key to 1,024
_is_web = re.compile("https?://[^/]", re.IGNORECASE).match


def normalize(article: Article, title_suffixes: tuple[str, ...] = ()) -> Article:
    """Return *article* with normalized metadata. Body, Markdown, summary and date do not change.

    Texts become one line with single spaces and without control characters. Each of *title_suffixes* is removed from
    the end of the title, unless nothing remains. Thumbnail and author URL become "" unless they are http or https.
    Keywords keep their order; duplicates and empty keywords are removed.
    """
    title = one_line(article.title)
    for suffix in title_suffixes:
        title = title.removesuffix(suffix).strip() or title
    return replace(
        article,
        url=article.url.strip(),
        title=title,
        thumbnail=_web_url(article.thumbnail),
        author=one_line(article.author),
        author_url=_web_url(article.author_url),
        publisher=one_line(article.publisher),
        category=one_line(article.category),
        page=one_line(article.page),
        section=one_line(article.section),
        pretitle=one_line(article.pretitle),
        subtitle=one_line(article.subtitle),
        keywords=tuple(dict.fromkeys(filter(None, map(one_line, article.keywords)))),
        brief=one_line(article.brief),
        counts={one_line(name)[:LONGEST_NAME]: number for name, number in article.counts.items()},
    )


def _web_url(url: str) -> str:
    """Return *url* without white space if it is an http or https URL, else ""."""
    if is_plain(url):
        return url
    url = "".join(one_line(url).split())
    url = f"https:{url}" if url.startswith("//") else url
    return url if _is_web(url) else ""


class NormalizePipeline(ArticlePipeline):
    """Normalize each article with the title suffixes of its source."""

    def process_item(self, item: Article) -> Article:
        return normalize(item, self.spider.title_suffixes)
