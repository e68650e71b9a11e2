"""Scrapy's resolver with a check: a site's name that leads into one's own network is not followed there."""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from scrapy.resolver import CachingThreadedResolver
from scrapy.utils.url import add_http_if_no_scheme
from twisted.internet.defer import Deferred
from twisted.internet.error import DNSLookupError

logger = logging.getLogger(__name__)


class PublicResolver(CachingThreadedResolver):
    """Names lead to public addresses, or nowhere. A proxy may stand anywhere; behind one it resolves the sites' names.

    What is checked is what is connected to: nobody asks for the name a second time.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.proxies = {urlsplit(add_http_if_no_scheme(proxy)).hostname for proxy in getproxies().values()}

    def getHostByName(self, name: str, timeout: Sequence[int] = ()) -> Deferred[str]:  # noqa: N802
        found = super().getHostByName(name, timeout)
        return found if name in self.proxies else found.addCallback(check_public, name)


def check_public(address: str, name: str) -> str:
    """*address*, if anybody may reach it. Raises `DNSLookupError`."""
    if not ipaddress.ip_address(address).is_global:
        logger.warning("%s leads to %s, which is no public address: it is not asked", name, address)
        raise DNSLookupError(f"{name} leads to {address}")
    return address
