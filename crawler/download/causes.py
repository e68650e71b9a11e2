"""The causes of failed downloads in words: which peer, and what it did."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from OpenSSL import SSL
from scrapy import Request
from scrapy.core.downloader.handlers.http11 import TunnelError
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
)
from service_identity import VerificationError
from twisted.internet.error import ConnectError, ConnectionDone, ConnectionLost, NoRouteError, TCPTimedOutError

# A private module of Twisted: no public name exists for the error of a response that is not HTTP.
from twisted.web._newclient import ParseError

from crawler.download.certificates import CertificateError
from crawler.download.resolver import failed_lookups

# The classes that RETRY_EXCEPTIONS names. A failure of another class becomes a `DownloadFailedError`.
_CLASSES = (CannotResolveHostError, DownloadConnectionRefusedError, DownloadTimeoutError, DownloadCancelledError)

# Class of an error -> the cause; the first match counts. {peer} is the proxy, without one the host and port of the URL.
_TEXTS: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...] = (
    (CannotResolveHostError, "DNS: {lookup}"),
    (DownloadConnectionRefusedError, "{peer} refused the connection"),
    ((DownloadTimeoutError, TCPTimedOutError), "timed out after {timeout:g} s"),
    (TunnelError, "{peer} does not connect to {host}: {error}"),
    (CertificateError, "certificate of {host}: {error}"),
    (VerificationError, "certificate of {host}: issued for another host name"),
    (SSL.Error, "TLS: {error}"),
    (NoRouteError, "{peer} cannot be reached: no route; check the network"),
    (ParseError, "{peer} sent a response that is not HTTP, or has too large headers"),
    (ConnectError, "{peer} cannot be reached: {error}"),
    (ConnectionDone, "{peer} closed the connection without a complete response"),
    (ConnectionLost, "{peer} broke the connection"),
    (DownloadCancelledError, "{error}"),
)


def with_cause(error: Exception, request: Request) -> Exception:
    """Return an error with the cause of *error*, the failure of *request*, in one line. Other errors are returned.

    The result has the class of *error*, or `DownloadFailedError`.
    """
    chain = list(_chain(error))
    for classes, template in _TEXTS:
        if found := next((each for each in chain if isinstance(each, classes)), None):
            kind = next((each for each in _CLASSES if isinstance(error, each)), DownloadFailedError)
            return kind(_text(template, found, request))
    return error


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield *error* and the errors that caused it."""
    yield error
    for failure in getattr(error, "reasons", ()):  # of Twisted's ResponseFailed
        yield from _chain(failure.value)
    if error.__cause__:
        yield from _chain(error.__cause__)


def _text(template: str, error: BaseException, request: Request) -> str:
    parts = urlsplit(request.url)
    host = parts.hostname or ""
    proxy = urlsplit(request.meta.get("proxy") or "")
    peer = f"{host}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
    if proxy.hostname:
        peer = f"the proxy {proxy.hostname}:{proxy.port or 80}"
    looked_up = proxy.hostname or host
    return template.format(
        host=host,
        peer=peer,
        lookup=failed_lookups.get(looked_up, f"no such name: {looked_up}") + " (the proxy)" * bool(proxy.hostname),
        timeout=request.meta.get("download_timeout", 0),
        error=_message(error),
    )


def _message(error: BaseException) -> str:
    """Return the text of *error* itself, without the class descriptions that Twisted and OpenSSL add."""
    if isinstance(error, CertificateError) or not isinstance(error, SSL.Error | ConnectError | TunnelError):
        return str(error)
    if isinstance(error, TunnelError):
        status = re.search(r"'status': ([0-9]{3})", str(error))
        return f"HTTP {status[1]}{' (it requires a login)' * (status[1] == '407')}" if status else "no HTTP response"
    if isinstance(error, ConnectError):
        return str(error.args[0] if error.args else "") or str(error)
    reasons = error.args[0] if error.args else ()
    return "; ".join(str(reason[-1]) for reason in reasons) or "the handshake failed"
