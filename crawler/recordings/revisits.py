"""Find the originals of revisit records (ISO 28500, section 6.7): they leave out a body that did not change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from crawler.recordings.archive_file import Location
from crawler.recordings.warc import WarcRecord, utc

# Keys are hashes: they need less memory than texts. Python's hashes of texts are random in each process.
Key = int


class Revisits:
    """Revisit records, without their content: about 1 kB of memory for each one."""

    def __init__(self) -> None:
        self._keys: dict[Location, tuple[Key, ...]] = {}
        self._by_own_key: dict[Key, Location] = {}

    def __len__(self) -> int:
        return len(self._keys)

    def add(self, location: Location, revisit: WarcRecord) -> None:
        self._keys[location] = tuple(_wanted_keys(revisit))
        for key in _own_keys(revisit):
            self._by_own_key.setdefault(key, location)

    def originals(
        self, records: Iterable[tuple[Location, WarcRecord] | None]
    ) -> Iterator[tuple[Location, Location | None] | None]:
        """Yield each revisit and its original among *records*, None if it is not there; ordered by the originals.

        The original is the record that WARC-Refers-To names, else the one of WARC-Refers-To-Target-URI and -Date, else
        one with the same payload digest, of the same URL if possible. A record with another payload digest is not the
        original. *records* are the responses and resources of all archives. First yields None for each of them.
        """
        found: dict[Key, Location | None] = dict.fromkeys(key for keys in self._keys.values() for key in keys)
        first_keys = {keys[0] for keys in self._keys.values() if keys}
        for each in records:
            yield None
            if each is None:
                continue
            location, record = each
            for key in _own_keys(record):
                if key in found and found[key] is None:
                    found[key] = location
                    first_keys.discard(key)
            if not first_keys:
                break
        resolved = [(revisit, self._original(revisit, found)) for revisit in self._keys]
        yield from sorted(resolved, key=lambda pair: (pair[1] or pair[0], pair[0]))

    def _original(self, revisit: Location, found: dict[Key, Location | None]) -> Location | None:
        seen = {revisit}
        while True:
            keys = self._keys[revisit]
            for key in keys:
                if original := found[key]:
                    return original
            # A revisit may refer to another revisit.
            following = next((self._by_own_key[key] for key in keys if key in self._by_own_key), None)
            if following is None or following in seen:
                return None
            revisit = following
            seen.add(revisit)


def _wanted_keys(revisit: WarcRecord) -> Iterator[Key]:
    """Yield the keys of the original, the most certain one first."""
    digest = revisit.payload_digest.lower() if "not-modified" not in revisit.profile else ""
    url, time = revisit.refers_to_url or revisit.url, _second(revisit.refers_to_date)
    for reference in (("id", revisit.refers_to), ("at", url, time)):
        if reference[-1]:
            yield from (hash((*reference, digest)), hash((*reference, ""))) if digest else (hash(reference),)
    if digest:
        yield from (hash(("digest", digest, url)), hash(("digest", digest, revisit.url)), hash(("digest", digest)))


def _own_keys(record: WarcRecord) -> Iterator[Key]:
    """Yield the keys under which a revisit may search *record*."""
    digest, time = record.payload_digest.lower(), _second(record.date)
    for reference in (("id", record.id), ("at", record.url, time)):
        if reference[-1]:
            yield from (hash((*reference, digest)), hash(reference))
    if digest:
        yield from (hash(("digest", digest, record.url)), hash(("digest", digest)))


def _second(date: str) -> str:
    """Return a date as 14 digits: WARC 1.1 allows fractions of a second, and some writers of references omit them."""
    time = utc(date)
    return f"{time:%Y%m%d%H%M%S}" if time else ""
