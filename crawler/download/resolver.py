"""DNS resolver that rejects IP addresses of private networks."""

from __future__ import annotations

import ipaddress
import logging
import socket
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from scrapy.resolver import CachingThreadedResolver
from scrapy.utils.url import add_http_if_no_scheme
from twisted.internet.defer import Deferred
from twisted.internet.error import DNSLookupError
from twisted.python.failure import Failure

logger = logging.getLogger(__name__)

# Host -> why its last lookup failed, in words. Twisted passes on only that it failed.
failed_lookups: dict[str, str] = {}

_NO_SUCH_NAME = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}


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
        if name not in self.proxies:
            address.addCallback(check_public, name)
        return address.addErrback(_keep_reason, name)


def _keep_reason(failure: Failure, name: str) -> Failure:
    """Keep the reason for `failed_lookups`, and pass on the failure."""
    text = failure.getErrorMessage().removeprefix("DNS lookup failed: ").rstrip(".")
    if "not a public IP address" in text:
        failed_lookups[name] = text
    elif any(f"[Errno {code}]" in text for code in _NO_SUCH_NAME):
        failed_lookups[name] = f"no such name: {name}"
    else:  # a temporary failure, or a timeout
        failed_lookups[name] = f"the name server gives no answer for {name}: check the network"
    return failure


def check_public(address: str, name: str) -> str:
    """Return *address* if it is a public IP address. Raises `DNSLookupError`; *name* is the host in its message."""
    if not ipaddress.ip_address(address).is_global:
        logger.warning("%s resolves to %s, not a public IP address: no connection is made", name, address)
        raise DNSLookupError(f"{name} resolves to {address}, not a public IP address")
    return address
