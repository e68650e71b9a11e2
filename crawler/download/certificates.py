"""Report why a certificate is not valid. The error of OpenSSL is only "certificate verify failed"."""

from __future__ import annotations

from typing import Any, cast

from OpenSSL import SSL

# A private class and attribute of Twisted: its check of certificates has no public hook.
from twisted.internet._sslverify import ClientTLSOptions
from twisted.protocols.tls import TLSMemoryBIOProtocol
from twisted.python.failure import Failure
from twisted.web.iweb import IPolicyForHTTPS
from zope.interface import implementer  # type: ignore[import-untyped]

# The error codes of X509_STORE_CTX_get_error (openssl/x509_vfy.h).
_REASONS = {
    2: "its issuer is not in the list of trusted ones",
    9: "not valid yet: check the clock of this computer",
    10: "expired",
    18: "self-signed",
    19: "issued by a self-signed certificate, as proxies and virus scanners do",
    20: "its issuer is not in the list of trusted ones",
    21: "its issuer is not in the list of trusted ones",
    23: "revoked",
    62: "issued for another host name",
    66: "its key is too short",
    68: "signed with a weak algorithm",
}


class CertificateError(Exception):
    """A certificate that is not valid. str() is the reason, as in "expired"."""


@implementer(IPolicyForHTTPS)
class ReportingPolicy:
    """A TLS policy with the checks of *policy*; invalid certificates fail with `CertificateError`."""

    def __init__(self, policy: IPolicyForHTTPS) -> None:
        self._policy = policy

    def creatorForNetloc(self, hostname: bytes, port: int) -> ClientTLSOptions:  # noqa: N802
        creator = self._policy.creatorForNetloc(hostname, port)  # type: ignore[call-arg, arg-type, misc]
        make = creator._createConnection
        creator._createConnection = lambda protocol: _with_reasons(make(protocol), protocol)
        return cast(ClientTLSOptions, creator)


def _with_reasons(connection: SSL.Connection, protocol: TLSMemoryBIOProtocol) -> SSL.Connection:
    """Pass the reason of an invalid certificate to *protocol*. Twisted sets its check of the host name afterwards."""
    set_verify = connection.set_verify

    def set_verify_with_reasons(mode: int, callback: Any) -> None:
        def verify(connection: SSL.Connection, certificate: Any, error: int, depth: int, is_valid: int) -> bool:
            if not is_valid:
                reason = CertificateError(_REASONS.get(error, f"OpenSSL error {error}"))
                protocol.failVerification(Failure(reason))  # type: ignore[no-untyped-call]
                return False
            return bool(callback(connection, certificate, error, depth, is_valid))

        set_verify(mode, verify)

    connection.set_verify = set_verify_with_reasons  # type: ignore[method-assign, assignment]
    return connection
