"""Compare Markdown with a page or with other Markdown: the pictures, and the text without markup."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape
from typing import cast
from urllib.parse import quote, urljoin

from lxml.html import fragment_fromstring


def deviates(row: Mapping[str, object]) -> bool:
    """Return whether the format departs from markdownify in this row of the mirror's manifest.

    markdownify made the reference file. It drops pictures in headings and cells: the page has the expected pictures.
    """
    return any(note.startswith("deviates") for note in cast("list[str]", row["notes"]))


def images(markdown: str) -> list[str]:
    return re.findall(r"!\[(?:[^\]\\]|\\.)*\]\(([^)\s]+)", markdown)


def images_of_page(page: str) -> list[str]:
    body = fragment_fromstring(page, create_parent="div")
    urls = [urljoin("https:", node.get("src", "")) for node in body.iter("img") if node.get("src")]
    return [quote(url, safe="%:/?#&=;,@+!$'*~[]") for url in urls]


def plain_text(markdown: str) -> str:
    """Return the text without markup, pipes, fences, escapes and white space.

    They are not specified for these page forms, or the format departs from markdownify in them.
    """
    text, found = markdown, 1
    while found:  # a link may contain a picture, or another link
        text, found = re.subn(r"!?\[((?:[^\]\\]|\\.)*)\]\([^)]*\)", r"\1", text)
    return re.sub(r"[\s\\*#_=>|`-]+", "", unescape(text))
