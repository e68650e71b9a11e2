"""Faults: functions that turn a good page into the response of a hostile server."""

from __future__ import annotations

import gzip
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import repeat
from urllib.parse import urlsplit

from tests.support.flaky_server import wire
from tests.support.server import Answer

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

Fault = Callable[[bytes, str], Answer]  # (page, URL) -> response
LENGTHLESS = {"Content_Length": ""}
CHUNKED = {"Content_Length": "", "Transfer_Encoding": "chunked"}


def chunk(data: bytes) -> bytes:
    """Encode *data* as one chunk of a chunked body."""
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def slowly(data: Sequence[bytes], pause: float = 0.1) -> Iterator[bytes]:
    """Yield each part of *data* after *pause* seconds."""
    for part in data:
        time.sleep(pause)
        yield part


def bomb(compress: Callable[[bytes], bytes], size: int = 1 << 30) -> bytes:
    """Return *size* compressed null bytes, in members of 1 MiB."""
    return compress(bytes(1 << 20)) * (size >> 20)


def page_with(status: str = "200 OK", **headers: str) -> Fault:
    """Return a fault that sends the page with *status* and with *headers*."""
    return lambda page, url: Answer(raw=wire(page, status, **headers))


def redirect_to(target: str) -> Fault:
    """Return a fault that redirects to *target*. HOST in it is replaced by the host of the site."""

    def redirect(page: bytes, url: str) -> Answer:
        location = target.replace("HOST", urlsplit(url).netloc).encode("utf-8", "replace")
        response = wire(b"", "302 Found")
        return Answer(raw=response.replace(b"\r\n\r\n", b"\r\nLocation: " + location + b"\r\n\r\n", 1))

    return redirect


def with_header_lines(page: bytes, lines: bytes) -> Answer:
    return Answer(raw=wire(page).replace(b"\r\n\r\n", b"\r\n" + lines + b"\r\n\r\n", 1))


def redirect_chain(page: bytes, url: str, hops: int) -> Answer:
    """Redirect to a path /hop/, from which `Site` redirects *hops* + 1 times, at last to the page."""
    article_id = re.split(r"[/_]", url.removesuffix(".html").removesuffix(".htm"))[-1]
    return Answer(raw=wire(b"", "302 Found", Location=f"/hop/{article_id}/{hops}"))


def redirect_loop(page: bytes, url: str) -> Answer:
    """Redirect to the http URL of the page, which redirects to itself."""
    return Answer(raw=wire(b"", "301 Moved Permanently", Location=re.sub("^https?", "http", url)))


ENTITY_BOMB = (
    '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a0 "ha"><!ENTITY x SYSTEM "file:///etc/passwd">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    + "]><rss><channel><item><title>&a9;&x;</title></item></channel></rss>"
).encode()

# Targets of redirects that a crawl must not follow: private addresses, other hosts, other schemes, invalid URLs.
REDIRECT_TARGETS = (
    "http://127.0.0.1/", "http://127.0.0.1:9/", "http://169.254.169.254/latest/meta-data/", "http://[::1]/",
    "http://[::ffff:127.0.0.1]/", "http://0x7f.1/", "http://2130706433/", "http://localhost/", "http://0/",
    "http://10.0.0.1/", "https://192.168.0.1/", "http://other.example/", "//other.example/x", "///other.example/x",
    "////other.example/x", "\\\\other.example\\x", "/\\other.example/x", "http:other.example",
    "http://HOST@127.0.0.1/", "http://127.0.0.1@HOST/", "http://127.0.0.1\\@HOST/", "http://127.0.0.1%2f@HOST/",
    "http://127.0.0.1#@HOST/", "http://127.0.0.1?@HOST/", "http://HOST.other.example/", "http://HOST:8080/",
    "http://HOST:22/", "http://HOST./", "http://127.0.0.1\t.HOST/", "http://HOST\x00.other.example/",
    "http://user:secret@HOST/", "http://\u3002HOST/", "http://HOST\uff0fother.example/",
    "file:///etc/passwd", "ftp://HOST/x", "data:text/html,x", "javascript:alert(1)", "s3://bucket/x", "gopher://HOST/",
    "view-source:http://HOST/", "http://", "http://[", "http:///", "", "//", "?" + "x" * 60_000,
)  # fmt: skip

# Statuses with which an article must be refused.
STATUSES = (
    "202 Accepted", "206 Partial Content", "300 Multiple Choices", "302 Found", "307 Temporary Redirect",
    "400 Bad Request", "401 Unauthorized", "402 Payment Required", "403 Forbidden", "404 Not Found", "410 Gone",
    "451 Unavailable", "500 Internal Server Error", "502 Bad Gateway", "521 Down", "600 Odd", "999 Denied",
)  # fmt: skip

# Endless, very slow or very large responses: the crawl must stop reading, and store no article.
ENDLESS: dict[str, Fault] = {
    "a body without end": lambda page, url: Answer(
        raw=wire(page[:-20], **LENGTHLESS), parts=repeat(b"<p>" + b"x" * 65536)
    ),
    "chunks without end": lambda page, url: Answer(
        raw=wire(chunk(page[:-20]), **CHUNKED), parts=repeat(chunk(b"<p>" + b"x" * 65536))
    ),
    "chunks of a byte without end": lambda page, url: Answer(
        raw=wire(b"", **CHUNKED), parts=repeat(b"1\r\nx\r\n" * 9999)
    ),
    "a chunk's extension without end": lambda page, url: Answer(
        raw=wire(b"5;x=", **CHUNKED), parts=repeat(b"x" * 65536)
    ),
    "trailers without end": lambda page, url: Answer(
        raw=wire(chunk(page) + b"0\r\n", **CHUNKED), parts=repeat(b"X-More: x\r\n" * 9999)
    ),
    "1 GiB": lambda page, url: Answer(raw=wire(page, Content_Length=str(1 << 30)), parts=repeat(b"x" * 65536, 1 << 14)),
    "headers without end": lambda page, url: Answer(
        raw=b"HTTP/1.1 200 OK\r\n", parts=(f"X-{n}: {'x' * 100}\r\n".encode() for n in iter(int, 1))
    ),
    "many headers without end": lambda page, url: Answer(
        raw=b"HTTP/1.1 200 OK\r\n", parts=repeat(b"".join(b"X-%d: %s\r\n" % (n, b"x" * 100) for n in range(999)))
    ),
    "a header line without end": lambda page, url: Answer(raw=b"HTTP/1.1 200 OK\r\nX: ", parts=repeat(b"x" * 65536)),
    "a header folded without end": lambda page, url: Answer(
        raw=b"HTTP/1.1 200 OK\r\nX: x\r\n", parts=repeat(b" folded\r\n" * 9999)
    ),
    "a status line without end": lambda page, url: Answer(raw=b"HTTP/1.1 200 ", parts=repeat(b"x" * 65536)),
    "1xx without end": lambda page, url: Answer(raw=b"", parts=repeat(b"HTTP/1.1 102 Processing\r\n\r\n" * 999)),
    "a drip of the body": lambda page, url: Answer(raw=wire(b"", Content_Length="9999"), parts=slowly([b"x"] * 9999)),
    "a drip of headers": lambda page, url: Answer(raw=b"HTTP/1.1 200 OK\r\n", parts=slowly([b"X: x\r\n"] * 9999)),
    "a drip of chunks": lambda page, url: Answer(raw=wire(b"", **CHUNKED), parts=slowly([chunk(b"x")] * 9999)),
    "gzip bomb": lambda page, url: Answer(raw=wire(bomb(gzip.compress), Content_Encoding="gzip")),
    "gzip bomb in gzip": lambda page, url: Answer(
        raw=wire(gzip.compress(bomb(gzip.compress)), Content_Encoding="gzip, gzip")
    ),
    "zstd bomb": lambda page, url: Answer(raw=wire(bomb(zstd.compress), Content_Encoding="zstd")),
    "a hundred content codings": lambda page, url: Answer(
        raw=wire(bomb(gzip.compress, 1 << 20), Content_Encoding=", ".join(["gzip"] * 100))
    ),
    "a page of 15 MB": lambda page, url: Answer(raw=wire(b"<html><body>" + b"x" * 15_000_000)),
    "15 MB of tags": lambda page, url: Answer(raw=wire(b"<html><body>" + b"<b>x</b>\n" * 1_700_000)),
    "8 MB of tags": lambda page, url: Answer(raw=wire(page[:-20] + b"<p>x" * 2_000_000 + page[-20:])),
    "as many tags as the limit allows": lambda page, url: Answer(
        raw=wire(b"<html><body>" + b"<p>x" * 149_000 + b"\xf0\x9f\x98\x80" * 1_600_000 + b"</html>")
    ),
    "a tag of a million attributes": lambda page, url: Answer(
        raw=wire(b"<html><body><p " + b" ".join(b"a%x" % n for n in range(1_000_000)) + b">")
    ),
    "as many attributes as the limit allows": lambda page, url: Answer(
        raw=wire(b"<html><body><p " + b" ".join(b"a%x" % n for n in range(39_000)) + b"></html>")
    ),
    "8 MB of brackets": lambda page, url: Answer(raw=wire(b"[" + b"{}," * 2_700_000)),
}

# Invalid responses and responses without a page: the crawl must store no article.
BROKEN: dict[str, Fault] = {
    "a length that is too small": lambda page, url: Answer(raw=wire(page, Content_Length=str(len(page) - 30))),
    "a length that is too large": lambda page, url: Answer(raw=wire(page, Content_Length=str(len(page) + 100))),
    "a negative length": page_with(Content_Length="-1"),
    "a length that is not a number": page_with(Content_Length="0x10"),
    "two lengths": lambda page, url: with_header_lines(page, b"Content-Length: 10"),
    "a chunk size that is not a number": lambda page, url: Answer(raw=wire(b"zz\r\n" + page, **CHUNKED)),
    "a chunk size of 2^64 - 1": lambda page, url: Answer(raw=wire(b"ffffffffffffffff\r\n" + page, **CHUNKED)),
    "a negative chunk size": lambda page, url: Answer(raw=wire(b"-5\r\n" + page, **CHUNKED)),
    "an unknown transfer coding": page_with(Transfer_Encoding="gzip"),
    "HTTP/0.9": lambda page, url: Answer(raw=page),
    "HTTP/9.9": lambda page, url: Answer(raw=wire(page).replace(b"HTTP/1.1 200 OK", b"SPDY 200 OK", 1)),
    "a status that is not a number": page_with("OK"),
    "only 1xx": lambda page, url: Answer(raw=b"HTTP/1.1 102 Processing\r\n\r\n" * 3),
    "an empty body": lambda page, url: Answer(raw=wire(b"")),
    "white space": lambda page, url: Answer(raw=wire(b" \n\t" * 999)),
    "204": lambda page, url: Answer(raw=b"HTTP/1.1 204 No Content\r\n\r\n"),
    "206": lambda page, url: Answer(raw=wire(page[:-99], "206 Partial Content", Content_Range="bytes 0-9/99")),
    "304 without a conditional request": lambda page, url: Answer(raw=b"HTTP/1.1 304 Not Modified\r\n\r\n"),
    **{f"{status} with an article": page_with(status) for status in STATUSES},
    "bytes": lambda page, url: Answer(raw=wire(bytes(range(256)) * 400)),
    "a picture": lambda page, url: Answer(raw=wire(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40)),
    "an archive": lambda page, url: Answer(raw=wire(b"PK\x03\x04" + gzip.compress(page))),
    "an entity bomb": lambda page, url: Answer(raw=wire(ENTITY_BOMB, Content_Type="text/xml")),
    "an entity bomb as HTML": lambda page, url: Answer(raw=wire(ENTITY_BOMB)),
    "a refresh to a private address": lambda page, url: Answer(
        raw=wire(b'<html><head><meta http-equiv="refresh" content="0;url=http://127.0.0.1/"></head></html>')
    ),
    "a script redirect to a private address": lambda page, url: Answer(
        raw=wire(b"<html><script>location='http://169.254.169.254/'</script></html>")
    ),
    "a base URL with a private address": lambda page, url: Answer(
        raw=wire(b'<html><head><base href="http://127.0.0.1/"></head><body><a href="x">x</a></body></html>')
    ),
    "Refresh": lambda page, url: Answer(raw=wire(b"", Refresh="0; url=http://127.0.0.1/")),
    "a long chain of redirects": partial(redirect_chain, hops=5),
    "a redirect loop": redirect_loop,
    **{f"a redirect to {target[:40]!r}": redirect_to(target) for target in REDIRECT_TARGETS},
}

# Unusual responses with the complete page: the crawl must store the article.
ODD: dict[str, Fault] = {
    "100 first": lambda page, url: Answer(raw=b"HTTP/1.1 100 Continue\r\n\r\n" + wire(page)),
    "103 first": lambda page, url: Answer(
        raw=b"HTTP/1.1 103 Early Hints\r\nLink: <http://127.0.0.1/>; rel=preload\r\n\r\n" * 3 + wire(page)
    ),
    "a thousand headers": lambda page, url: with_header_lines(page, b"\r\n".join(b"X-%d: x" % n for n in range(1000))),
    "a thousand cookies": lambda page, url: with_header_lines(
        page, b"\r\n".join(b"Set-Cookie: c%d=%s; Domain=.example" % (n, b"x" * 99) for n in range(1000))
    ),
    "a header without a colon": lambda page, url: with_header_lines(page, b"no colon"),
    "a long header": lambda page, url: with_header_lines(page, b"X: " + b"x" * 10_000),
    "links in headers": page_with(
        Link="<http://127.0.0.1/>; rel=canonical", Refresh="0; url=http://127.0.0.1/", Location="http://127.0.0.1/",
        Content_Location="http://127.0.0.1/", Alt_Svc='h2="127.0.0.1:443"', Report_To='{"url":"http://127.0.0.1/"}',
    ),
    "a refresh in the page": lambda page, url: Answer(
        raw=wire(page.replace(b"<body", b'<meta http-equiv="refresh" content="0;url=http://127.0.0.1/"><body', 1))
    ),
    "a script in the page": lambda page, url: Answer(
        raw=wire(page.replace(b"</body>", b"<script>location.href='http://127.0.0.1/'</script></body>", 1))
    ),
    "chunks": lambda page, url: Answer(
        raw=wire(b"".join(chunk(page[at : at + 99]) for at in range(0, len(page), 99)) + b"0\r\n\r\n", **CHUNKED)
    ),
    "no length": lambda page, url: Answer(raw=wire(page, **LENGTHLESS)),
    "lines without CR": lambda page, url: Answer(raw=wire(page).replace(b"\r\n", b"\n", 9)),
    "gzip": lambda page, url: Answer(raw=wire(gzip.compress(page), Content_Encoding="gzip")),
    "gzip twice": lambda page, url: Answer(raw=wire(gzip.compress(gzip.compress(page)), Content_Encoding="gzip, gzip")),
}  # fmt: skip
