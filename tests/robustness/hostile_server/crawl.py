"""Crawl a site and measure connections, name lookups, memory and time of the crawl."""

from __future__ import annotations

import resource
import socket
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from multiprocessing.util import Finalize
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.robustness.hostile_server.sites import SiteKind
from tests.support.mirror import Run, scrapy
from tests.support.server import Answer, Played, play

MAX_MEMORY = 300 * 1024  # kB, of the crawl's process


@dataclass(frozen=True)
class CrawlResult:
    """A finished crawl and measurements of its process."""

    run: Run
    played: Played
    seconds: float
    connected: list[str]  # "address:port" of every TCP connection, without those to the server
    looked_up: list[str]  # host names, without loopback
    max_memory: int  # maximum resident set size in kB

    @property
    def hosts(self) -> set[str]:
        """Return the hosts of all requests."""
        urls = [url for url in self.played.urls if not url.startswith("CONNECT ")]
        tunnels = {url.removeprefix("CONNECT ").removesuffix(":443") for url in self.played.urls} - set(urls)
        return {urlsplit(url).netloc for url in urls} | {name for name in tunnels if "/" not in name}

    @property
    def slowest(self) -> float:
        """Return the longest time in seconds between two requests. Requests are sequential, so it is that of a page."""
        times = [sent for sent, _ in self.played.asked]
        return max((after - before for before, after in pairwise(times)), default=0)

    @property
    def summary(self) -> str:
        """Return the log line with the counts of the run."""
        return next((line for line in reversed(self.run.log.splitlines()) if " run source=" in line), "")


def record_events(path: Path, names: Mapping[str, str]) -> None:
    """Write connections, name lookups and the memory of this process to *path*. Call it before the crawl.

    *names* maps host names to IP addresses: these names are not looked up.
    """
    file = path.open("a", encoding="utf-8", buffering=1)

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event == "socket.connect" and isinstance(arguments[1], tuple):
            file.write(f"connect {arguments[1][0]}:{arguments[1][1]}\n")
        elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
            file.write(f"name {arguments[0]!s}\n")

    sys.addaudithook(hook)
    if names:
        original = socket.gethostbyname
        socket.gethostbyname = lambda name: names.get(name) or original(name)
    Finalize(None, _record_memory, args=(path,), exitpriority=0)


def _record_memory(path: Path) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(f"size {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}\n")


def certificate(hosts: Sequence[str], path: Path, last_day: int = 1) -> Path:
    """Write a self-signed certificate for *hosts* and its key to *path*, in PEM format. Return *path*.

    It ends *last_day* days from now, and begins nine days before its end.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")]), datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now + timedelta(days=last_day - 9))
        .not_valid_after(now + timedelta(days=last_day))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return path


# Source -> hosts to which it may send requests.
HOSTS = {
    "toy": ("toy.example",),
    "qq": ("new.qq.com", "i.news.qq.com"),
    "hibor": ("www.hibor.com.cn",),
    "iyiou": ("www.iyiou.com",),
    "woshipm": ("www.woshipm.com",),
    "epaper-epaper.shanqiao.example": ("epaper.shanqiao.example",),
}


def crawl_and_measure(
    kind: SiteKind,
    site: Callable[[str, int], Answer],
    folder: Path,
    *options: str,
    output: Path | None = None,
    names: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
    timeout: float = 170,
) -> CrawlResult:
    """Crawl *site* with the spider of *kind*, and return the result with measurements.

    *folder* is for temporary files, and for the corpus unless *output* is given. *names* maps host names to IP
    addresses. *timeout* is in seconds.
    """
    folder.mkdir(parents=True, exist_ok=True)
    events_path = folder / f"events-{time.monotonic_ns()}"
    events_path.touch()
    authority = certificate(HOSTS[kind.source], folder / "certificate.pem")
    output = output or folder / "output"
    arguments = ("-s", "DOWNLOAD_DELAY=0", "-s", "BLOCK_BACKOFF=0", "-s", "STATS_DUMP=True", *kind.options, *options)
    source = kind.source.partition("-")[0]
    with play(site, authority) as played:
        variables = played.environment | {"SSL_CERT_FILE": str(authority)} | dict(environment or {})
        start = time.monotonic()
        process = scrapy(
            "crawl", source, "-s", f"OUTPUT_DIR={output}", *arguments,
            environment=variables, first=partial(record_events, events_path, names or {}), timeout=timeout,
        )  # fmt: skip
        seconds = time.monotonic() - start
    lines = [line.split(" ", 1) for line in events_path.read_text(encoding="utf-8").splitlines()]
    events = {event: [value for name, value in lines if name == event] for event in ("connect", "name", "size")}
    server = urlsplit(played.address).netloc
    return CrawlResult(
        Run(output, process.stderr, process.returncode),
        played,
        seconds,
        sorted({address for address in events["connect"] if address != server}),
        sorted({name for name in events["name"] if name not in ("127.0.0.1", "localhost")}),
        max(map(int, events["size"]), default=0),
    )
