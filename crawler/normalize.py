"""Article -> Article: metadata as the corpus has it. Pure and total: any text goes in, nothing raises."""

from __future__ import annotations

import re
from dataclasses import replace

from crawler.addresses import is_plain
from crawler.items import Article

# Control characters but tab and line feed, and the code points that are no characters. They have no place in a text
# file. What HTML counts as white space among them stays white space.
_CONTROLS = {code: None for code in (*range(0x20), *range(0x7F, 0xA0), 0xFFFE, 0xFFFF) if code not in (0x09, 0x0A)}
_CONTROLS |= {0x0B: " ", 0x0C: " ", 0x0D: "\n"}  # type: ignore[dict-item]
_SURROGATES = re.compile("[\ud800-\udfff]")
UNCLEAN = r"\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff"  # what `clean` changes, as a set of a pattern
_unclean = re.compile(f"[{UNCLEAN}]").search
LONGEST_NAME = 100  # characters of a count's; as a key, YAML takes up to 1,024
WHOLE = 80  # characters: a shorter text is its own summary
_is_web = re.compile("https?://[^/]", re.IGNORECASE).match
# They turn the direction of the text around them, so that a title reads as another one.
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


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


def summarize(text: str) -> str:
    """The summary of a body whose text is `text`, or begins so (with `WHOLE` characters or more), by the rule in
    section 1 of the corpus format.

    White space counts when the text is cut and goes afterwards: of a body that begins with a line break and two
    ideographic spaces 47 characters are left.
    """
    text = clean(text)
    short = text if len(text) < WHOLE else text[:50] + "..."
    return re.sub("[\n\t\u2028\u2029]", " ", short).strip()


def clean(text: str) -> str:
    """`text` without control characters, with LF as its line end, and U+FFFD for each lone surrogate."""
    if not _unclean(text):  # most texts: to translate one takes ten times as long
        return text
    return _SURROGATES.sub("\ufffd", text.replace("\r\n", "\n").translate(_CONTROLS))


def fold(text: str) -> str:
    """*text* on one line: white space folded, without control characters and marks of direction."""
    return " ".join(_BIDI.sub("", clean(text)).split())


def _web_address(url: str) -> str:
    if is_plain(url):
        return url
    url = "".join(fold(url).split())
    url = f"https:{url}" if url.startswith("//") else url
    return url if _is_web(url) else ""
