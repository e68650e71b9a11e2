"""Resolve the URLs that pages contain."""

from __future__ import annotations

import re
from urllib.parse import urljoin

# Most URLs match one of these patterns and need no parsing. `urljoin` takes ten times as long.
is_plain = re.compile(r"https?://[\w.-]+/[\w./-]*(?:\?[\w.=&%-]+)?", re.ASCII).fullmatch
_is_rooted = re.compile(r"/\w[\w-]*(?:/\w[\w-]*)*/?(?:\.\w+)?(?:\?[\w=&%-]+)?", re.ASCII).fullmatch
_origin = re.compile(r"https?://[\w.:-]+(?=/)", re.ASCII).match


def absolute_url(url: str, base: str) -> str:
    """Return *url* as an absolute URL, resolved against the page's URL *base*; white space at its ends is ignored.

    Raises ValueError if the result cannot be a URL (for example `http://[x`).
    """
    url = url.strip()
    if is_plain(url):
        return url
    if _is_rooted(url) and (origin := _origin(base)):
        return origin[0] + url
    return urljoin(base, url)
