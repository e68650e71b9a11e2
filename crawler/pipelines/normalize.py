"""Article -> Article: metadata as the corpus has it. Pure and total: any text goes in, nothing raises."""

from __future__ import annotations

import re
from dataclasses import replace

from crawler.items import Article
from crawler.pipelines.base import _Pipeline
from crawler.text.clean import _CONTROLS, fold
from crawler.text.urls import is_plain

_CONTROLS |= {0x0B: " ", 0x0C: " ", 0x0D: "\n"}  # type: ignore[dict-item]
LONGEST_NAME = 100  # characters of a count's; as a key, YAML takes up to 1,024
_is_web = re.compile("https?://[^/]", re.IGNORECASE).match


def normalize(article: Article, title_suffixes: tuple[str, ...] = ()) -> Article:
    """`article` with clean metadata; its body, Markdown, summary and date stay as they are.

    Names are one line with single spaces and without control characters; the site's suffix is off the title. Addresses
    are http or https, else "". Keywords are there once each, in the page's order.
    """
    title = fold(article.title)
    for suffix in title_suffixes:
        title = title.removesuffix(suffix).strip() or title
    return replace(
        article,
        url=article.url.strip(),
        title=title,
        thumbnail=_web_address(article.thumbnail),
        author=fold(article.author),
        author_url=_web_address(article.author_url),
        publisher=fold(article.publisher),
        category=fold(article.category),
        page=fold(article.page),
        section=fold(article.section),
        pretitle=fold(article.pretitle),
        subtitle=fold(article.subtitle),
        keywords=tuple(dict.fromkeys(filter(None, map(fold, article.keywords)))),
        brief=fold(article.brief),
        counts={fold(name)[:LONGEST_NAME]: number for name, number in article.counts.items()},
    )


def _web_address(url: str) -> str:
    if is_plain(url):
        return url
    url = "".join(fold(url).split())
    url = f"https:{url}" if url.startswith("//") else url
    return url if _is_web(url) else ""


class NormalizePipeline(_Pipeline):
    """Metadata as the corpus has it."""

    def process_item(self, item: Article) -> Article:
        return normalize(item, self.spider.title_suffixes)
