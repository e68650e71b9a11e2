"""The locks of the jobs: two jobs with the same lock never run at the same time, on any machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256

from crawler.jobs.schedules import groups
from crawler.reading.source import Source


def source_locks(sources: Iterable[type[Source]]) -> Mapping[str, str]:
    """Return the lock of each source: the hash of the sorted hosts of its host group.

    A source without hosts, as one that reads local files, has a lock of its own. The lock of a group changes if a
    source is added to it.
    """
    locks = {}
    for group in groups(sources):
        hosts = sorted({host for source in group for host in source.hosts})
        for source in group:
            locks[source.name] = _hash(hosts) if hosts else source.name
    return locks


def _hash(hosts: list[str]) -> str:
    return "hosts-" + sha256("\n".join(hosts).encode()).hexdigest()[:24]
