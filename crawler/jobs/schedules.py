"""Schedules of the sources: cron expressions in Beijing time, and the times at which they are due.

Only expressions that cron and systemd interpret in the same way are valid. The functions do not read the clock.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Protocol, TypeVar
from zlib import crc32

from crawler.jobs.cron import Cron, ScheduleError
from crawler.project import ProjectError, sections
from crawler.reading.source import Source

SPREAD = timedelta(minutes=5)  # maximum delay of a run after the time of its expression


@dataclass(frozen=True)
class Schedule:
    """The schedule of a source."""

    source: str
    hosts: frozenset[str]
    cron: Cron

    @cached_property
    def offset(self) -> timedelta:
        """Delay of each run after the time of the expression, so sources with the same expression start separately.

        Constant for a source; less than `SPREAD` and less than the interval between two runs.
        """
        most = min(SPREAD, self.cron.interval)
        return timedelta(seconds=crc32(self.source.encode()) % int(most.total_seconds()))

    def times(self, moment: datetime) -> Iterator[datetime]:
        """Yield the due times after *moment* (with a time zone) in ascending order, without end."""
        return (due + self.offset for due in self.cron.times(moment - self.offset))


def schedules(sources: Iterable[type[Source]], file: Path | None) -> list[Schedule]:
    """Return the schedules of those *sources* that have one, sorted by name.

    *file* is the project's scrapy.cfg; its section `[schedule]` overrides the attribute `schedule` of a source. An
    empty expression disables it. Raises `ScheduleError`.
    """
    by_name = {source.name: source for source in sources}
    try:
        words = sections(file).get("schedule", {}) if file else {}
    except ProjectError as error:
        raise ScheduleError(str(error)) from None
    for name in words:
        if name not in by_name:
            raise ScheduleError(f"{file}, [schedule]: unknown source {name!r}; `press-corpus list` lists the sources")
    found = []
    for name, source in sorted(by_name.items()):
        text, where = (words[name], f"{file}, [schedule], {name}") if name in words else (source.schedule, f"{name}")
        try:
            if text.strip():
                found.append(Schedule(name, frozenset(source.hosts), Cron.parse(text)))
        except ScheduleError as error:
            raise ScheduleError(f"{where}: {error}") from None
    return found


class HasHosts(Protocol):
    """A schedule, or the class of a source."""

    @property
    def hosts(self) -> Collection[str]: ...


H = TypeVar("H", bound=HasHosts)


def groups(all_schedules: Iterable[H]) -> list[list[H]]:
    """Group schedules or sources by host: two groups have no host in common, and no group can be divided further."""
    found: dict[int, list[H]] = {}  # number of the group -> its members, in order of their last connection
    group_of: dict[str, int] = {}  # host -> number of its group
    for number, schedule in enumerate(all_schedules):
        found[number] = [schedule]
        for other in sorted({group_of[host] for host in schedule.hosts if host in group_of}):
            members = found.pop(other)
            found[number] = members + found[number]
            group_of.update((host, number) for member in members for host in member.hosts)
        group_of.update((host, number) for host in schedule.hosts)
    return list(found.values())
