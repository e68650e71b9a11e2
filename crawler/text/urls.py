"""Resolve the URLs that pages contain."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

from crawler.text.clean import clean

# Most URLs match one of these patterns and need no parsing. `urljoin` takes ten times as long.
is_plain = re.compile(r"https?://[\w.-]+/[\w./-]*(?:\?[\w.=&%-]+)?", re.ASCII).fullmatch
_is_rooted = re.compile(r"/\w[\w-]*(?:/\w[\w-]*)*/?(?:\.\w+)?(?:\?[\w=&%-]+)?", re.ASCII).fullmatch
_origin = re.compile(r"https?://[\w.:-]+(?=/)", re.ASCII).match

# Names below a country's domain that registries reserve, for kinds of owners, and in .cn also for the provinces
# (https://publicsuffix.org/list/). A missing name makes the domain of a site too wide.
_is_reserved = re.compile(r"(?:ac|co|com|edu|go|gov|mil|ne|net|or|org)\.[a-z]{2}").fullmatch
_is_province = re.compile(
    r"(?:ah|bj|cq|fj|gd|gs|gx|gz|h[abeikln]|j[lsx]|ln|mo|nm|nx|qh|s[cdhnx]|t[jw]|x[jz]|yn|zj)\.cn"
).fullmatch


def registered_domain(host: str) -> str:
    """Return the domain that the owner of *host* has registered, in lower case: "a.com.cn" for "news.a.com.cn".

    An IP address has none: it is returned as a whole.
    """
    host = host.rstrip(".").lower()
    labels = host.split(".")
    if labels[-1].isdigit():
        return host
    last = ".".join(labels[-2:])
    return ".".join(labels[-3:]) if _is_reserved(last) or _is_province(last) else last


def absolute_url(url: str, base: str) -> str:
    """Return *url* as an absolute URL, resolved against the page's URL *base*; white space at its ends and control
    characters are ignored.

    Raises ValueError if the result cannot be a URL (for example `http://[x`).
    """
    url = url.strip()
    if is_plain(url):
        return url
    if _is_rooted(url) and (origin := _origin(base)):
        return origin[0] + url
    return urljoin(base, clean(url).strip())


def requestable_url(url: str, base: str) -> str:
    """Return the result of `absolute_url`; "" if a request to it is not possible: an invalid host, port or URL.

    For every URL that a page contains and that may be requested: an unusual one must not cost the rest of the page.
    """
    try:
        found = absolute_url(url, base)
        if is_plain(found):
            return found
        parts = urlsplit(found)
        if parts.scheme in ("http", "https"):
            is_valid = bool(parts.hostname) and parts.port != 0
        else:  # a file beside a local page, but not "javascript:;", which Scrapy rejects
            is_valid = "://" in found or not parts.scheme
    except ValueError:
        return ""
    return found if is_valid else ""
