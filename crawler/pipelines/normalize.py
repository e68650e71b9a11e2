"""Article -> Article: metadata as the corpus has it. Pure and total: any text goes in, nothing raises."""

from __future__ import annotations

import re
from dataclasses import replace

from crawler.items import Article
from crawler.pipelines.base import ArticlePipeline
from crawler.text.clean import _CONTROLS, one_line
from crawler.text.urls import is_plain

_CONTROLS |= {0x0B: " ", 0x0C: " ", 0x0D: "\n"}  # type: ignore[dict-item]
LONGEST_NAME = 100  # characters of a count's; as a key, YAML takes up to 1,024
_is_web = re.compile("https?://[^/]", re.IGNORECASE).match


def normalize(article: Article, title_suffixes: tuple[str, ...] = ()) -> Article:
    """`article` with clean metadata; its body, Markdown, summary and date stay as they are.

    Names are one line with single spaces and without control characters; the site's suffix is off the title. Addresses
    are http or https, else "". Keywords are there once each, in the page's order.
    """
    title = one_line(article.title)
    for suffix in title_suffixes:
        title = title.removesuffix(suffix).strip() or title
    return replace(
        article,
        url=article.url.strip(),
        title=title,
        thumbnail=_web_address(article.thumbnail),
        author=one_line(article.author),
        author_url=_web_address(article.author_url),
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


def _web_address(url: str) -> str:
    if is_plain(url):
        return url
    url = "".join(one_line(url).split())
    url = f"https:{url}" if url.startswith("//") else url
    return url if _is_web(url) else ""


class NormalizePipeline(ArticlePipeline):
    """Metadata as the corpus has it."""

    def process_item(self, item: Article) -> Article:
        return normalize(item, self.spider.title_suffixes)
