"""Addresses as pages write them -> whole ones."""

from __future__ import annotations

import re
from urllib.parse import urljoin

# Most are plain enough to be joined without being taken apart, which takes ten times as long.
_WHOLE = re.compile(r"https?://[\w.-]+/[\w./-]*(?:\?[\w.=&%-]+)?", re.ASCII)
_ROOTED = re.compile(r"/\w[\w-]*(?:/\w[\w-]*)*/?(?:\.\w+)?(?:\?[\w=&%-]+)?", re.ASCII)
_ORIGIN = re.compile(r"https?://[\w.:-]+(?=/)", re.ASCII)


def whole(address: str, base: str) -> str:
    """*address* as a page at *base* means it; blanks at its ends do not count. Raises ValueError where it can be
    none."""
    address = address.strip()
    if _WHOLE.fullmatch(address):
        return address
    if _ROOTED.fullmatch(address) and (origin := _ORIGIN.match(base)):
        return origin[0] + address
    return urljoin(base, address)
