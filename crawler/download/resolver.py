"""DNS resolver that rejects IP addresses of private networks."""

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
    """Resolve host names to public IP addresses only, except for proxies, which may be in a private network.

    The connection uses the address that was checked, without a second lookup, which could return another address (DNS
    rebinding). Through a proxy, the proxy resolves the site's name, and this check does not apply.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.proxies = {urlsplit(add_http_if_no_scheme(proxy)).hostname for proxy in getproxies().values()}

    def getHostByName(self, name: str, timeout: Sequence[int] = ()) -> Deferred[str]:  # noqa: N802
        """Resolve *name* to an IP address. Fails with `DNSLookupError` if the address is not public."""
        address = super().getHostByName(name, timeout)
        return address if name in self.proxies else address.addCallback(check_public, name)


def check_public(address: str, name: str) -> str:
    """Return *address* if it is a public IP address. Raises `DNSLookupError`; *name* is the host in its message."""
    if not ipaddress.ip_address(address).is_global:
        logger.warning("%s resolves to %s, not a public IP address: no connection is made", name, address)
        raise DNSLookupError(f"{name} resolves to {address}, not a public IP address")
    return address
