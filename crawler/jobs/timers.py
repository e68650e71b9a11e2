"""Export schedules as systemd units or as a crontab."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from crawler.jobs.cron import DAYS, Cron
from crawler.jobs.quoting import (
    check_text,
    cron_value,
    cron_words,
    unit_argument,
    unit_name,
    unit_path,
    unit_pattern,
    unit_program,
    unit_word,
)
from crawler.jobs.schedules import SPREAD, Schedule, groups
from crawler.jobs.secret_settings import is_secret_setting
from crawler.project import CONFIG_FILE

ZONE = "Asia/Shanghai"
ENVIRONMENT_FILE = ".env"  # in the project folder; `press-corpus` reads it, too
PROXY_VARIABLES = tuple(
    name for lower in ("http_proxy", "https_proxy", "no_proxy", "all_proxy") for name in (lower, lower.upper())
)
# Variables that change what a run does. The units and crontabs never contain their values, which may be secret.
READ_VARIABLES = ("LEDGER_URL", "NOTICE_URLS", "OUTPUT_DIR", "STATE_DIR", *PROXY_VARIABLES)
# Settings that are also read from the environment (crawler/settings.py)
READ_SETTINGS = ("LEDGER_URL", "OUTPUT_DIR", "STATE_DIR", "CRAWLER_CONTACT")
_FOLDER = "the path of the project folder"


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

    The services run *command* in *folder* with *environment* and the variables in the folder's `.env`; the word
    "SOURCE" in *command* is replaced by the source. Raises `ScheduleError` for text that units cannot contain.
    """
    units = {}
    for schedule in schedules:
        name, spread = unit_name(schedule.source), min(SPREAD, schedule.cron.interval)
        program, *words = _words(command, schedule)
        units[f"{name}.service"] = "\n".join([
            "[Unit]",
            f"Description=press-corpus: a run of {schedule.source}",
            "Wants=network-online.target",
            "After=network-online.target",
            "",
            "[Service]",
            "Type=oneshot",
            f"WorkingDirectory={unit_path(str(folder), _FOLDER)}",
            *(f"Environment={unit_word(f'{key}={value}', key)}" for key, value in environment.items()),
            # From the environment of the service manager, which is not that of a shell; .env wins
            f"PassEnvironment={' '.join(PROXY_VARIABLES)}",
            f"EnvironmentFile=-{unit_pattern(str(folder / ENVIRONMENT_FILE), _FOLDER)}",
            "ExecStart="
            + " ".join(
                [unit_program(program, "the path of Python"), *(unit_argument(word, _label(word)) for word in words)]
            ),
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
    """Return the lines of a crontab; the parameters are those of `systemd_units`. Raises `ScheduleError`.

    A run reads the `.env` of the folder itself.
    """
    lines = [
        f"CRON_TZ={ZONE}",
        "# cronie (Fedora, RHEL, Arch) supports CRON_TZ. The cron of Debian and of busybox uses the time zone of the",
        "# machine instead: set it to Asia/Shanghai, or use --systemd.",
        "# Cron passes no variables of a shell to the runs: put proxies (http_proxy, https_proxy, …) and",
        f"# secrets into {check_text(str(folder / ENVIRONMENT_FILE), _FOLDER)}, one NAME=value per line.",
        *(f"{key}={cron_value(value, key)}" for key, value in environment.items()),
    ]
    for schedule in schedules:
        words = _words(command, schedule)
        for word in words:
            check_text(word, _label(word))
        run = f"{cron_words(['cd', str(folder)], _FOLDER)} && {cron_words(words, 'the command')}"
        lines.append(f"{crontab(schedule.cron)}  {run}")
    return lines


def shared_hosts(schedules: Sequence[Schedule]) -> list[str]:
    """Return a remark for each group of sources that share a host."""
    return [
        f"{' and '.join(one.source for one in group)} share a host and may send requests to it at the same time; "
        "`press-corpus schedule` runs them one after the other"
        for group in groups(schedules)
        if len(group) > 1
    ]


def without_secrets(settings: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Divide *settings* (NAME=value words) into those that may be printed, and the values of secret ones by name."""
    printed, secret = [], {}
    for setting in settings:
        name, _, value = setting.partition("=")
        if is_secret_setting(name, value):
            secret[name] = value
        else:
            printed.append(setting)
    return printed, secret


def missing_values(
    secret: Mapping[str, str], environment: Mapping[str, str], stored: Mapping[str, str | None], folder: Path
) -> list[str]:
    """Return a remark for each value that the runs need, but that is neither printed nor *stored* in `.env`.

    *secret* are the settings that are not printed, *environment* the variables of this process. The remarks contain no
    values.
    """
    file = folder / ENVIRONMENT_FILE
    lines = []
    for name, value in secret.items():
        if name in READ_SETTINGS or name in READ_VARIABLES:
            if stored.get(name) != value:
                lines.append(f"{name} is not printed, because it may contain a password: put {name}=… into {file}")
        else:
            lines.append(
                f"{_label(f'{name}=')} is not printed, because it may contain a password, and {file.name} does not set "
                f"it: put it into section [press-corpus] of {folder / CONFIG_FILE}, readable only by you"
            )
    for name in (*READ_VARIABLES, *READ_SETTINGS):
        value = environment.get(name, "")
        is_printed = name not in READ_VARIABLES and not is_secret_setting(name, value)
        if value and not is_printed and stored.get(name) != value and name not in secret:
            lines.append(
                f"{name} is set, but not printed, because it may contain a password: put {name}=… into {file}; the "
                "runs do not have the variables of this shell"
            )
    return list(dict.fromkeys(lines))


def _words(command: Sequence[str], schedule: Schedule) -> list[str]:
    return [schedule.source if word == "SOURCE" else word for word in command]


def _label(word: str) -> str:
    """Return a name for a word of the command line, without its value."""
    name, is_setting, _ = word.partition("=")
    return f"-s {name}" if is_setting and name.isidentifier() else "a word of the command line"


def _seconds(span: timedelta) -> str:
    return f"{int(span.total_seconds())}s"
