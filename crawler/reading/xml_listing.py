"""Read the entries of sitemaps and feeds of any size: small ones as a tree, large ones with flat memory."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from lxml import etree
from scrapy import Request

from crawler.reading.errors import Incomplete, LayoutChanged
from crawler.reading.page import Page
from crawler.reading.xml import parse_feed
from crawler.reading.xml_stream import MAX_SIZE, Entry, TruncatedXmlError, XmlError, stream_entries

# The `meta` of a request for a sitemap or a feed: it replaces DOWNLOAD_MAXSIZE and DOWNLOAD_WARNSIZE.
LARGE_DOWNLOAD = {"download_maxsize": MAX_SIZE, "download_warnsize": MAX_SIZE}


# URLs of feeds and sitemaps: /feed, /feed/?paged=2, /rss/news, /sitemap/index.xml, /news.xml.gz
_is_feed_url = re.compile(
    r"\Ahttps?://[^?#]*(?:/(?:feed|rss|sitemap)(?:[/?#]|\Z)|\.(?:xml|rss)(?:\.gz)?(?:[?#]|\Z))"
).match


def listing_request(url: str) -> Request:
    """Return the request for a listing page. A feed or a sitemap may be larger than other pages."""
    return Request(url, meta=LARGE_DOWNLOAD) if _is_feed_url(url) else Request(url)


def read_entries(page: Page, children: Mapping[str, Sequence[str]]) -> dict[str, list[Entry]]:
    """Return the entries of a sitemap or a feed by their tag, in document order.

    *children* maps the tag of an entry to the tags of the child elements whose texts are wanted, without namespace:
    {"url": ("loc", "lastmod")}. A child counts if it is in the same namespace as the entry (not `image:loc`); the first
    one of several is used. Raises `LayoutChanged` for any other document, and `Incomplete` or `LayoutChanged` for
    a truncated one.
    """
    if page.is_large_feed:
        try:
            return stream_entries(page.body, children)
        except TruncatedXmlError as error:
            raise Incomplete(f"the feed {error}") from None
        except XmlError as error:
            raise LayoutChanged(f"the feed {error}") from None
    entries: dict[str, list[Entry]] = {tag: [] for tag in children}
    for node in parse_feed(page).iter(*(f"{{*}}{tag}" for tag in children)):
        name = etree.QName(node)
        namespace = f"{{{name.namespace}}}" if name.namespace else ""
        found = (node.find(namespace + child) for child in children[name.localname])
        entries[name.localname].append(tuple(_text(child) for child in found))
    return entries


def _text(node: etree._Element | None) -> str:
    return "".join(map(str, node.itertext("*"))).strip() if node is not None else ""
