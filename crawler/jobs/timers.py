"""Export schedules as systemd units or as a crontab."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from crawler.jobs.cron import DAYS, Cron
from crawler.jobs.schedules import SPREAD, Schedule, groups

ZONE = "Asia/Shanghai"


def calendar(cron: Cron) -> str:
    """Convert an expression to an OnCalendar value of systemd."""
    week = [day.title() for day in (*DAYS[1:], DAYS[0])]  # the week of systemd starts on Monday
    weekdays = _ranges(sorted((day - 1) % 7 for day in cron.weekdays), 0, 6, "..", week)
    days = _ranges(cron.days, 1, 31, "..")
    clock = f"{_ranges(cron.hours, 0, 23, '..')}:{_ranges(cron.minutes, 0, 59, '..')}:00"
    date = f"*-{_ranges(cron.months, 1, 12, '..')}-{days}"
    return " ".join(word for word in ("" if weekdays == "*" else weekdays, date, clock, ZONE) if word)


def crontab(cron: Cron) -> str:
    """Convert an expression to the form that every cron supports: numbers, ranges and lists."""
    fields = (
        (cron.minutes, 0, 59), (cron.hours, 0, 23), (cron.days, 1, 31), (cron.months, 1, 12), (cron.weekdays, 0, 6),
    )  # fmt: skip
    return " ".join(_ranges(values, low, high, "-") for values, low, high in fields)


def _ranges(values: Sequence[int], low: int, high: int, to: str, names: Sequence[str] = ()) -> str:
    """Join values to a list, with ranges for three and more consecutive ones; "*" for all from *low* to *high*."""
    if len(values) == high - low + 1:
        return "*"
    runs: list[list[int]] = []
    for value in values:
        if runs and runs[-1][-1] == value - 1:
            runs[-1].append(value)
        else:
            runs.append([value])

    def text(value: int) -> str:
        return names[value] if names else str(value)

    words = ([f"{text(run[0])}{to}{text(run[-1])}"] if len(run) > 2 else [text(value) for value in run] for run in runs)
    return ",".join(word for run in words for word in run)


def systemd_units(
    schedules: Iterable[Schedule], folder: Path, command: Sequence[str], environment: Mapping[str, str]
) -> dict[str, str]:
    """Return the text of a service and a timer for each schedule, by file name.

    The services run *command* in *folder* with *environment*; the word "SOURCE" in it is replaced by the source.
    """
    units = {}
    for schedule in schedules:
        name, spread = f"press-corpus-{schedule.source}", min(SPREAD, schedule.cron.interval)
        words = [schedule.source if word == "SOURCE" else word for word in command]
        units[f"{name}.service"] = "\n".join([
            "[Unit]",
            f"Description=press-corpus: a run of {schedule.source}",
            "Wants=network-online.target",
            "After=network-online.target",
            "",
            "[Service]",
            "Type=oneshot",
            f"WorkingDirectory={_percent(str(folder))}",
            *(f"Environment={_quoted(f'{key}={value}')}" for key, value in environment.items()),
            f"EnvironmentFile=-{_percent(str(folder / '.env'))}",
            f"ExecStart={' '.join(_quoted(word).replace('$', '$$') for word in words)}",
            "KillMode=mixed",  # SIGTERM only to the job, which ends the processes that it has started
            "TimeoutStopSec=60",
            "SuccessExitStatus=4",  # another run of the source is in progress
            "",
        ])  # fmt: skip
        units[f"{name}.timer"] = "\n".join([
            "[Unit]",
            f"Description=press-corpus: {schedule.source} is due",
            "",
            "[Timer]",
            f"OnCalendar={calendar(schedule.cron)}",
            "Persistent=true",
            f"RandomizedDelaySec={_seconds(spread)}",
            "FixedRandomDelay=true",
            "",
            "[Install]",
            "WantedBy=timers.target",
            "",
        ])  # fmt: skip
    return units


def cron_lines(
    schedules: Iterable[Schedule], folder: Path, command: Sequence[str], environment: Mapping[str, str]
) -> list[str]:
    """Return the lines of a crontab; the parameters are those of `systemd_units`."""
    lines = [
        f"CRON_TZ={ZONE}",
        "# cronie (Fedora, RHEL, Arch) supports CRON_TZ. The cron of Debian and of busybox uses the time zone of the",
        "# machine instead: set it to Asia/Shanghai, or use --systemd.",
        *(f"{key}={value}" for key, value in environment.items()),
    ]
    for schedule in schedules:
        words = [schedule.source if word == "SOURCE" else word for word in command]
        run = f"cd {shlex.quote(str(folder))} && {shlex.join(words)}"
        lines.append(f"{crontab(schedule.cron)}  {run.replace('%', chr(92) + '%')}")
    return lines


def remarks(schedules: Sequence[Schedule], environment: Mapping[str, str]) -> list[str]:
    """Return warnings for users of systemd units or a crontab."""
    lines = [
        f"{' and '.join(one.source for one in group)} share a host and may send requests to it at the same time; "
        "`press-corpus schedule` runs them one after the other"
        for group in groups(schedules)
        if len(group) > 1
    ]
    if secret := [name for name in ("LEDGER_URL",) if environment.get(name)]:
        lines.append(f"{' '.join(secret)} is set, but not printed, because it may contain a password")
    return lines


def _percent(text: str) -> str:
    return text.replace("%", "%%")


def _quoted(word: str) -> str:
    """Quote a word of a command line or an environment variable for a unit file."""
    escaped = _percent(word).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"' if set(word) & set(" \t\"'\\;") or not word else escaped


def _seconds(span: timedelta) -> str:
    return f"{int(span.total_seconds())}s"
