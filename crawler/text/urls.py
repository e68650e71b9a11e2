"""Addresses as pages write them -> whole ones."""

from __future__ import annotations

import re
from urllib.parse import urljoin

# Most are plain enough to be joined without being taken apart, which takes ten times as long.
is_plain = re.compile(r"https?://[\w.-]+/[\w./-]*(?:\?[\w.=&%-]+)?", re.ASCII).fullmatch
_is_rooted = re.compile(r"/\w[\w-]*(?:/\w[\w-]*)*/?(?:\.\w+)?(?:\?[\w=&%-]+)?", re.ASCII).fullmatch
_origin = re.compile(r"https?://[\w.:-]+(?=/)", re.ASCII).match


def absolute_url(address: str, base: str) -> str:
    """*address* as a page at *base* means it; blanks at its ends do not count. Raises ValueError where it can be
    none."""
    address = address.strip()
    if is_plain(address):
        return address
    if _is_rooted(address) and (origin := _origin(base)):
        return origin[0] + address
    return urljoin(base, address)
