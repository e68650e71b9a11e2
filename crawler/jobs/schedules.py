"""When the sources run: cron expressions in Beijing time -> times.

The expressions are those that every cron, systemd and people read alike; what they would read in different ways is
refused. Nothing here looks at the clock: moments are handed in.
"""

from __future__ import annotations

import configparser
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from zlib import crc32

from crawler.jobs.cron import Cron, ScheduleError
from crawler.reading.source import Source

SPREAD = timedelta(minutes=5)  # by up to so much the runs of an expression are spread


@dataclass(frozen=True)
class Schedule:
    """When a source runs."""

    source: str
    hosts: frozenset[str]
    cron: Cron

    @cached_property
    def offset(self) -> timedelta:
        """How much later than its expression says it runs: always the same for a source, less than `SPREAD` and less
        than the time between two runs, so that sources with one expression do not begin at once."""
        most = min(SPREAD, self.cron.interval)
        return timedelta(seconds=crc32(self.source.encode()) % int(most.total_seconds()))

    def times(self, moment: datetime) -> Iterator[datetime]:
        """When it runs behind *moment*, in order, without end."""
        return (due + self.offset for due in self.cron.times(moment - self.offset))


def schedules(sources: Iterable[type[Source]], file: Path | None) -> list[Schedule]:
    """The schedules of those *sources* that have one, by name.

    *file* is the project's scrapy.cfg; what its section `[schedule]` says of a source holds instead of the source's own
    word. Raises `ScheduleError`.
    """
    by_name = {source.name: source for source in sources}
    words = _overrides(file) if file else {}
    for name in words:
        if name not in by_name:
            raise ScheduleError(f"{file}, [schedule]: there is no source {name!r}; `scrapy list` names them")
    found = []
    for name, source in sorted(by_name.items()):
        text, where = (words[name], f"{file}, [schedule], {name}") if name in words else (source.schedule, f"{name}")
        try:
            if text.strip():
                found.append(Schedule(name, frozenset(source.hosts), Cron.parse(text)))
        except ScheduleError as error:
            raise ScheduleError(f"{where}: {error}") from None
    return found


def _overrides(file: Path) -> dict[str, str]:
    # No default section: what stood there would be taken for sources.
    parser = configparser.ConfigParser(interpolation=None, default_section="", inline_comment_prefixes=("#", ";"))
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # names as they are typed
    try:
        parser.read(file, encoding="utf-8")
    except (configparser.Error, UnicodeError) as error:
        raise ScheduleError(f"{file}: {error}") from None
    return dict(parser["schedule"]) if "schedule" in parser else {}


def groups(all_schedules: Iterable[Schedule]) -> list[list[Schedule]]:
    """The schedules in groups, of which no two share a host, directly or through others."""
    found: list[tuple[set[str], list[Schedule]]] = []
    for schedule in all_schedules:
        hosts, members = set(schedule.hosts), [schedule]
        for other in [group for group in found if group[0] & hosts]:
            found.remove(other)
            hosts, members = hosts | other[0], other[1] + members
        found.append((hosts, members))
    return [members for _, members in found]
