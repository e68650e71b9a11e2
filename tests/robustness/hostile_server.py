"""Sites that mean ill: every source played, with answers that no site gives, and what a crawl does meanwhile.

Usage: python -m tests.robustness.hostile_server [--patience 25] [--output FOLDER]

Run every fault on every source with the limits of production.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import resource
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import cycle, pairwise, repeat
from multiprocessing.util import Finalize
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.flaky_server import wire
from tests.support.mirror import Run, scrapy
from tests.support.server import Answer, Played, play

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

FIXTURES = Path(__file__).parents[1] / "fixtures"
MEMORY = 300 * 1024  # kB, of the crawl's process
LENGTHLESS = {"Content_Length": ""}
CHUNKED = {"Content_Length": "", "Transfer_Encoding": "chunked"}


# The sources, played ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sort:
    """How a source's site looks: a listing, and an article made of a recorded one."""

    source: str
    listing: str  # its path
    address: str  # of an article, with {id}
    id: str  # of the recorded one,
    title: str  # and its title
    page: str  # the recorded page, or one written here
    form: Callable[[Mapping[str, str]], str]  # the listing of {address: title}
    options: tuple[str, ...] = ()
    type: str = "text/html; charset=utf-8"  # of the listing
    plain: str = ""  # what the body's first words are replaced by: {text}

    def name(self, number: int) -> str:
        """The id of the number-th article."""
        return self.id[: len(self.id) - 5] + f"{number:05d}"

    def stored(self, name: str) -> str:
        """The name of its file."""
        return f"20260718-{name}" if self.source.startswith("epaper") else name

    def url(self, name: str) -> str:
        return self.address.format(id=name)

    def path(self, name: str) -> str:
        return urlsplit(self.url(name)).path

    def article(self, name: str, text: str = "") -> str:
        """The page of an article, which has its name in title and text."""
        page = self.page.replace(self.id, name)
        return page.replace(self.title, f"{self.title} {name}").replace(self.plain, f"{self.plain} {name} {text}", 1)

    def listed(self, names: Sequence[str]) -> str:
        return self.form({self.url(name): f"{self.title} {name}" for name in names})


def _items(pattern: str, around: str) -> Callable[[Mapping[str, str]], str]:
    def form(titles: Mapping[str, str]) -> str:
        return around % "".join(pattern.format(url=url, title=title) for url, title in titles.items())

    return form


def _feed(titles: Mapping[str, str]) -> str:
    rows = [
        {"id": url.rpartition("/")[2], "title": title, "articletype": "0", "publish_time": "2026-03-16 07:52:18",
         "link_info": {"url": url}}
        for url, title in titles.items()
    ]  # fmt: skip
    return json.dumps({"code": 0, "data": rows})


def _recorded(source: str, case: str) -> str:
    return (FIXTURES / source / case / "page.html").read_text(encoding="utf-8")


TOY = Sort(
    source="toy",
    listing="/news",
    address="http://toy.example/a/{id}.html",
    id="a00000",
    title="仓库里的叉车",
    page="<html><head><title>仓库里的叉车</title></head><body><h1>仓库里的叉车</h1><time>2025-02-11</time>"
    "<article><p>订单回升。</p></article></body></html>",
    form=_items('<li><a href="{url}">{title}</a></li>', "<html><body><ul>%s</ul></body></html>"),
    options=("-s", "SPIDER_MODULES=tests.support.toy"),
    plain="订单回升。",
)
SORTS = {sort.source: sort for sort in (
    TOY,
    Sort(
        source="qq",
        listing="/web_feed/getPCList",
        address="https://new.qq.com/rain/a/{id}",
        id="20260316A01RTE00",
        title="仓库里的叉车不再按喇叭：临川粮油一季度净利预增",
        page=_recorded("qq", "g4-dom"),
        form=_feed,
        options=("-a", "channel=tech", "-a", "pages=1"),
        type="application/json",
        plain="临川粮油一季度",
    ),
    Sort(
        source="hibor",
        listing="/elitelist.html",
        address="https://www.hibor.com.cn/data/{id}.html",
        id="eaa43e4b28cbfc9419a230efed0cc6a6",
        title="秋季投资策略：在分化中寻找确定性",
        page=_recorded("hibor", "inline"),
        form=_items(
            '<tr class="trContent"><td></td><td><a href="{url}">云杉证券-{title}-260901</a></td>'
            "<td>2026-09-01 20:11:48</td></tr>",
            "<html><body><table>%s</table><span>下一页</span></body></html>",
        ),
        plain="回顾：三季度以来",
    ),
    Sort(
        source="iyiou",
        listing="/news",
        address="https://www.iyiou.com/analysis/{id}",
        id="202503181099088",
        title="储能的第二个十年：从“装上去”到“用起来”",
        page=_recorded("iyiou", "page-analysis"),
        form=_items(
            '<div class="info-item"><a class="webTitleShow" href="{url}">{title}</a></div>',
            '<html><title>资讯_亿欧</title><body>%s<a class="more" href="/news?page=9">x</a></body></html>',
        ),
        plain="",
    ),
    Sort(
        source="woshipm",
        listing="/",
        address="https://www.woshipm.com/ai/{id}.html",
        id="9410273",
        title="把 AI 客服请下神坛：一家记账软件的 90 天",
        page=_recorded("woshipm", "article-content"),
        form=_items(
            '<article class="postlist-item"><h2><a href="{url}">{title}</a></h2></article>',
            "<html><body><template v-if=\"homeTab == 'all'\">%s</template></body></html>",
        ),
        options=("-a", "pages=1"),
        plain="",
    ),
    Sort(
        source="epaper-epaper.shanqiao.example",
        listing="/html/2026-07/18/node_1.htm",
        address="http://epaper.shanqiao.example/html/2026-07/18/content_{id}.htm",
        id="500000",
        title="山路上的邮车",
        page="<html><head><meta charset=utf-8><title>山桥日报</title></head><body>"
        "<founder-title>山路上的邮车</founder-title>"
        "<div><a href=node_1.htm>第A01版：头版</a><founder-content><P>邮车每天七点出发。</P></founder-content></div>"
        "</body></html>",
        form=_items("<li><a href={url}>{title}</a></li>", "<html><a href=node_1.htm>第A01版：头版</a>%s</html>"),
        options=("-a", "url=http://epaper.shanqiao.example/html/2026-07/18/node_1.htm"),
        plain="邮车每天",
    ),
)}  # fmt: skip


@dataclass
class Site:
    """The site of *sort*: its listing names the articles of *befalls* (name -> fault, "" for a good page)."""

    sort: Sort
    befalls: Mapping[str, str]
    faults: Mapping[str, Callable[[bytes, str], Answer]]
    robots: Answer | None = None

    def __call__(self, path: str, number: int) -> Answer:
        if path == "/robots.txt":
            return self.robots or Answer("", 404)
        if path == self.sort.listing:
            names = list(self.befalls) if number == 1 else []
            return Answer(self.sort.listed(names), headers={"Content-Type": self.sort.type})
        if path.startswith("/hop/"):
            name, _, left = path.removeprefix("/hop/").partition("/")
            target = f"/hop/{name}/{int(left) - 1}" if int(left) else self.sort.url(name) + "?end"
            return Answer(raw=wire(b"", "302 Found", Location=target))
        name = next((name for name in self.befalls if self.sort.path(name) == path), "")
        if not name:
            return Answer("not found", 404)
        page, fault = self.sort.article(name).encode(), self.befalls[name]
        return self.faults[fault](page, self.sort.url(name)) if fault else Answer(raw=wire(page))


# What may befall a page ---------------------------------------------------------------------------------------------


def chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def slowly(data: Sequence[bytes], pause: float = 0.1) -> Iterator[bytes]:
    for part in data:
        time.sleep(pause)
        yield part


def bomb(packing: Callable[[bytes], bytes], size: int = 1 << 30) -> bytes:
    """Packed blanks: *size* bytes of them, in members of 1 MiB."""
    return packing(bytes(1 << 20)) * (size >> 20)


def answering(status: str = "200 OK", **headers: str) -> Callable[[bytes, str], Answer]:
    """The page, with another status and with more headers."""
    return lambda page, url: Answer(raw=wire(page, status, **headers))


def leading_to(target: str) -> Callable[[bytes, str], Answer]:
    """A redirect to *target*, in which HOST is the site's own."""

    def answer(page: bytes, url: str) -> Answer:
        place = target.replace("HOST", urlsplit(url).netloc).encode("utf-8", "replace")
        return Answer(raw=wire(b"", "302 Found").replace(b"\r\n\r\n", b"\r\nLocation: " + place + b"\r\n\r\n", 1))

    return answer


def with_head(page: bytes, head: bytes) -> Answer:
    return Answer(raw=wire(page).replace(b"\r\n\r\n", b"\r\n" + head + b"\r\n\r\n", 1))


def through(page: bytes, url: str, hops: int) -> Answer:
    """A chain of redirects, at whose end stands the page."""
    name = re.split(r"[/_]", url.removesuffix(".html").removesuffix(".htm"))[-1]
    return Answer(raw=wire(b"", "302 Found", Location=f"/hop/{name}/{hops}"))


def back_and_forth(page: bytes, url: str) -> Answer:
    """http leads to https, and https to http."""
    turned = cycle([re.sub("^https?", scheme, url) for scheme in ("http", "https")])
    return Answer(raw=wire(b"", "301 Moved Permanently", Location=next(turned)))


LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a0 "ha"><!ENTITY x SYSTEM "file:///etc/passwd">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    + "]><rss><channel><item><title>&a9;&x;</title></item></channel></rss>"
).encode()

INWARD = (
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

STATUSES = (
    "202 Accepted", "206 Partial Content", "300 Multiple Choices", "302 Found", "307 Temporary Redirect",
    "400 Bad Request", "401 Unauthorized", "402 Payment Required", "403 Forbidden", "404 Not Found", "410 Gone",
    "451 Unavailable", "500 Internal Server Error", "502 Bad Gateway", "521 Down", "600 Odd", "999 Denied",
)  # fmt: skip

# Those that go on without end, or until the crawl has enough: what they answer, never an article.
ENDLESS: dict[str, Callable[[bytes, str], Answer]] = {
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
    "a hundred codings": lambda page, url: Answer(
        raw=wire(bomb(gzip.compress, 1 << 20), Content_Encoding=", ".join(["gzip"] * 100))
    ),
    "a page of 15 MB": lambda page, url: Answer(raw=wire(b"<html><body>" + b"x" * 15_000_000)),
    "15 MB of tags": lambda page, url: Answer(raw=wire(b"<html><body>" + b"<b>x</b>\n" * 1_700_000)),
    "8 MB of tags": lambda page, url: Answer(raw=wire(page + b"<p>x" * 2_000_000)),
    "as many tags as are read": lambda page, url: Answer(
        raw=wire(b"<html><body>" + b"<p>x" * 240_000 + b"\xf0\x9f\x98\x80" * 1_600_000 + b"</html>")
    ),
    "a tag of a million attributes": lambda page, url: Answer(
        raw=wire(b"<html><body><p " + b" ".join(b"a%x" % n for n in range(1_000_000)) + b">")
    ),
    "as many attributes as are read": lambda page, url: Answer(
        raw=wire(b"<html><body><p " + b" ".join(b"a%x" % n for n in range(39_000)) + b"></html>")
    ),
    "8 MB of brackets": lambda page, url: Answer(raw=wire(b"[" + b"{}," * 2_700_000)),
}

# Broken, or no page at all: never an article.
BROKEN: dict[str, Callable[[bytes, str], Answer]] = {
    "too small a length": lambda page, url: Answer(raw=wire(page, Content_Length=str(len(page) - 30))),
    "too great a length": lambda page, url: Answer(raw=wire(page, Content_Length=str(len(page) + 100))),
    "a length below nought": answering(Content_Length="-1"),
    "a length that is no number": answering(Content_Length="0x10"),
    "two lengths": lambda page, url: with_head(page, b"Content-Length: 10"),
    "chunks of a size that is no number": lambda page, url: Answer(raw=wire(b"zz\r\n" + page, **CHUNKED)),
    "a chunk of 2^64": lambda page, url: Answer(raw=wire(b"ffffffffffffffff\r\n" + page, **CHUNKED)),
    "a chunk below nought": lambda page, url: Answer(raw=wire(b"-5\r\n" + page, **CHUNKED)),
    "an unknown transfer coding": answering(Transfer_Encoding="gzip"),
    "an unknown content coding": answering(Content_Encoding="rot13"),
    "HTTP/0.9": lambda page, url: Answer(raw=page),
    "HTTP/9.9": lambda page, url: Answer(raw=wire(page).replace(b"HTTP/1.1 200 OK", b"SPDY 200 OK", 1)),
    "a status that is no number": answering("OK"),
    "only 1xx": lambda page, url: Answer(raw=b"HTTP/1.1 102 Processing\r\n\r\n" * 3),
    "nothing": lambda page, url: Answer(raw=wire(b"")),
    "blanks": lambda page, url: Answer(raw=wire(b" \n\t" * 999)),
    "204": lambda page, url: Answer(raw=b"HTTP/1.1 204 No Content\r\n\r\n"),
    "206": lambda page, url: Answer(raw=wire(page[:-99], "206 Partial Content", Content_Range="bytes 0-9/99")),
    "304 unasked": lambda page, url: Answer(raw=b"HTTP/1.1 304 Not Modified\r\n\r\n"),
    **{f"{status} with an article": answering(status) for status in STATUSES},
    "bytes": lambda page, url: Answer(raw=wire(bytes(range(256)) * 400)),
    "a picture": lambda page, url: Answer(raw=wire(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40)),
    "an archive": lambda page, url: Answer(raw=wire(b"PK\x03\x04" + gzip.compress(page))),
    "an entity bomb": lambda page, url: Answer(raw=wire(LAUGHS, Content_Type="text/xml")),
    "an entity bomb as HTML": lambda page, url: Answer(raw=wire(LAUGHS)),
    "a refresh inward": lambda page, url: Answer(
        raw=wire(b'<html><head><meta http-equiv="refresh" content="0;url=http://127.0.0.1/"></head></html>')
    ),
    "a script that leads inward": lambda page, url: Answer(
        raw=wire(b"<html><script>location='http://169.254.169.254/'</script></html>")
    ),
    "a base that lies inward": lambda page, url: Answer(
        raw=wire(b'<html><head><base href="http://127.0.0.1/"></head><body><a href="x">x</a></body></html>')
    ),
    "Refresh": lambda page, url: Answer(raw=wire(b"", Refresh="0; url=http://127.0.0.1/")),
    "a chain of six": partial(through, hops=5),
    "back and forth": back_and_forth,
    **{f"to {target[:40]!r}": leading_to(target) for target in INWARD},
}

# Odd, but the whole page is there: always an article.
ODD: dict[str, Callable[[bytes, str], Answer]] = {
    "100 first": lambda page, url: Answer(raw=b"HTTP/1.1 100 Continue\r\n\r\n" + wire(page)),
    "103 first": lambda page, url: Answer(
        raw=b"HTTP/1.1 103 Early Hints\r\nLink: <http://127.0.0.1/>; rel=preload\r\n\r\n" * 3 + wire(page)
    ),
    "a thousand headers": lambda page, url: with_head(page, b"\r\n".join(b"X-%d: x" % n for n in range(1000))),
    "a thousand cookies": lambda page, url: with_head(
        page, b"\r\n".join(b"Set-Cookie: c%d=%s; Domain=.example" % (n, b"x" * 99) for n in range(1000))
    ),
    "a header without a colon": lambda page, url: with_head(page, b"no colon"),
    "a long header": lambda page, url: with_head(page, b"X: " + b"x" * 10_000),
    "links in headers": answering(
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


# A crawl that is watched --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Watched:
    """What a crawl's process did: whom it connected to, which names it looked up, how large it grew."""

    run: Run
    played: Played
    seconds: float
    connected: list[str]
    looked_up: list[str]
    largest: int  # kB

    @property
    def hosts(self) -> set[str]:
        """The hosts that were asked for."""
        urls = [url for url in self.played.urls if not url.startswith("CONNECT ")]
        tunnels = {url.removeprefix("CONNECT ").removesuffix(":443") for url in self.played.urls} - set(urls)
        return {urlsplit(url).netloc for url in urls} | {name for name in tunnels if "/" not in name}

    @property
    def slowest(self) -> float:
        """Seconds of the page that took longest: until the next was asked for, as there is one after the other."""
        times = [when for when, _ in self.played.asked]
        return max((after - before for before, after in pairwise(times)), default=0)

    @property
    def summary(self) -> str:
        """The run's line of figures."""
        return next((line for line in reversed(self.run.log.splitlines()) if " run source=" in line), "")


def note_all(path: Path, names: Mapping[str, str]) -> None:
    """What the crawl's process does first: note to *path* what it does. *names* are resolved as given."""
    notes = path.open("a", encoding="utf-8", buffering=1)

    def note(event: str, arguments: tuple[object, ...]) -> None:
        if event == "socket.connect" and isinstance(arguments[1], tuple):
            notes.write(f"connect {arguments[1][0]}:{arguments[1][1]}\n")
        elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
            notes.write(f"name {arguments[0]!s}\n")

    sys.addaudithook(note)
    if names:
        real = socket.gethostbyname
        socket.gethostbyname = lambda name: names.get(name) or real(name)
    Finalize(None, _tell_size, args=(path,), exitpriority=0)


def _tell_size(path: Path) -> None:
    with path.open("a", encoding="utf-8") as notes:
        notes.write(f"size {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}\n")


def certificate(hosts: Sequence[str], path: Path) -> Path:
    """A certificate for *hosts*, and its key, at *path*."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")]), datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return path


HOSTS = {
    "toy": ("toy.example",),
    "qq": ("new.qq.com", "i.news.qq.com"),
    "hibor": ("www.hibor.com.cn",),
    "iyiou": ("www.iyiou.com",),
    "woshipm": ("www.woshipm.com",),
    "epaper-epaper.shanqiao.example": ("epaper.shanqiao.example",),
}


def watch(
    sort: Sort,
    site: Callable[[str, int], Answer],
    folder: Path,
    *options: str,
    output: Path | None = None,
    names: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
    timeout: float = 170,
) -> Watched:
    """A crawl of *sort* through *site*, watched."""
    folder.mkdir(parents=True, exist_ok=True)
    notes = folder / f"notes-{time.monotonic_ns()}"
    notes.touch()
    authority = certificate(HOSTS[sort.source], folder / "certificate.pem")
    output = output or folder / "output"
    words = ("-s", "DOWNLOAD_DELAY=0", "-s", "BLOCK_BACKOFF=0", "-s", "STATS_DUMP=True", *sort.options, *options)
    source = sort.source.partition("-")[0]
    with play(site, authority) as played:
        around = played.environment | {"SSL_CERT_FILE": str(authority)} | dict(environment or {})
        began = time.monotonic()
        done = scrapy(
            "crawl", source, "-s", f"OUTPUT_DIR={output}", *words,
            environment=around, first=partial(note_all, notes, names or {}), timeout=timeout,
        )  # fmt: skip
        seconds = time.monotonic() - began
    told = [line.split(" ", 1) for line in notes.read_text(encoding="utf-8").splitlines()]
    said = {kind: [value for name, value in told if name == kind] for kind in ("connect", "name", "size")}
    own = urlsplit(played.address).netloc
    return Watched(
        Run(output, done.stderr, done.returncode),
        played,
        seconds,
        sorted({address for address in said["connect"] if address != own}),
        sorted({name for name in said["name"] if name not in ("127.0.0.1", "localhost")}),
        max(map(int, said["size"]), default=0),
    )


def faulty(
    sort: Sort, faults: Mapping[str, Callable[[bytes, str], Answer]], good: int = 5
) -> tuple[Site, dict[str, str]]:
    """A site with an article for each of *faults*, and *good* ones; with what befalls which."""
    names = [sort.name(number) for number in range(len(faults) + good)]
    fates = [*faults, *[""] * good]
    Random(1).shuffle(fates)  # in a row, those that look like a block would end the run
    befalls = dict(zip(names, fates, strict=True))
    return Site(sort, befalls, faults), befalls


# The sum ------------------------------------------------------------------------------------------------------------

REFUSED = ("gone", "skipped", "blocked", "login", "changed", "incomplete", "unreachable", "bug")
DONE = ("article", "filtered", "unchanged", *REFUSED)  # what a page is at last
NOT_FETCHED = ("forbidden", "not_fetched", "over_limit", "unrecorded", "missing")


@dataclass(frozen=True)
class Accounts:
    """A run's sums, out of Scrapy's own figures (which need STATS_DUMP) and ours: pairs that must be equal."""

    fetched: tuple[int, int]  # answers that came to the spider and requests without one = what became of them
    files: tuple[int, int]  # article pages = what became of their files
    links: tuple[int, int]  # links to be fetched = what became of them


def accounts(log: str) -> Accounts:
    stats = {
        key: int(number)
        for key, number in re.findall(r"'([^']+)': (\d+)[,}]", log.partition("Dumping Scrapy stats")[2])
    }
    count = stats.get
    answers = count("response_received_count", 0) - count("robotstxt/response_count", 0)
    unanswered = log.count(" WARNING unreachable: ")
    pages = sum(number for key, number in stats.items() if key.startswith("pages/"))
    files = sum(number for key, number in stats.items() if key.startswith("articles/"))
    done = sum(count(f"pages/{kind}", 0) - count(f"listings/{kind}", 0) for kind in DONE)
    done += sum(count(f"links/{kind}", 0) - count(f"unlisted/{kind}", 0) for kind in NOT_FETCHED)
    return Accounts(
        (answers + unanswered, pages),
        (count("pages/article", 0), files),
        (count("links/new", 0) + count("links/revisit", 0), done),
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patience", type=float, default=25)
    parser.add_argument("--sources", default=",".join(SORTS))
    parser.add_argument("--output", type=Path, default=None)
    told = parser.parse_args()
    work = told.output or Path(tempfile.mkdtemp(prefix="hostile-"))
    for source in told.sources.split(","):
        sort = SORTS[source]
        for kind, faults in {"broken": BROKEN, "odd": ODD, "endless": ENDLESS}.items():
            site, befalls = faulty(sort, faults)
            # With a delay, however small, one request goes out after the other, as they do at real sites.
            options = ("-s", f"DOWNLOAD_TIMEOUT={told.patience}", "-s", "RETRY_TIMES=0", "-s", "DOWNLOAD_DELAY=0.01")
            seen = watch(sort, site, work / source / kind, *options, timeout=3600)
            files = set(seen.run.files(sort.source))
            (work / source / kind / "log").write_text(seen.run.log, encoding="utf-8")
            written = [fault for name, fault in befalls.items() if fault and sort.stored(name) in files]
            lost = [fault for name, fault in befalls.items() if sort.stored(name) not in files]
            lost = [fault for fault in lost if not fault or kind == "odd"]
            print(
                f"{source} {kind}: exit {seen.run.exit_code}, {len(befalls)} pages in {seen.seconds:.0f} s, "
                f"slowest {seen.slowest:.1f} s, {seen.largest // 1024} MB, hosts {sorted(seen.hosts)}, "
                f"connected {seen.connected}, looked up {seen.looked_up}\n"
                f"  written: {written if kind != 'odd' else len(written)}\n  lost: {lost}\n"
                f"  {seen.summary}\n  {accounts(seen.run.log)}\n"
                f"  tracebacks {seen.run.log.count('Traceback')}",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    sys.exit(main())
