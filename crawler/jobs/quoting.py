"""Write words into lines of systemd units and of crontabs.

Sources: systemd.syntax(7), systemd.service(5) "Command lines", systemd.exec(5), and crontab(5) of cronie and Debian.
Control characters have no use in a command line and end the line in both files; they are refused.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from unicodedata import category

from crawler.jobs.cron import ScheduleError

# Control characters, surrogates (bytes that are not UTF-8), and the line separators of Unicode.
_REFUSED = {"Cc", "Cs", "Zl", "Zp"}
_UNIT_NAME = re.compile(r"[A-Za-z0-9:_.-]+")


def check_text(text: str, what: str) -> str:
    """Return *text*. Raises `ScheduleError`, which names *what*, if no unit and no crontab can contain it."""
    found = next((character for character in text if category(character) in _REFUSED), None)
    if found is not None:
        kind = {"\n": "a line break", "\t": "a tab"}.get(found, "a control character or an invalid byte")
        raise ScheduleError(f"{what} contains {kind} (U+{ord(found):04X}), which units and crontabs cannot contain")
    return text


def unit_name(source: str) -> str:
    """Return the name of the units of *source*, without suffix. Raises `ScheduleError`."""
    if not _UNIT_NAME.fullmatch(source):
        raise ScheduleError(f"the name of the source {source!r} cannot be part of the name of a unit")
    return f"press-corpus-{source}"


def unit_path(path: str, what: str) -> str:
    """Escape a path that is the whole value of an entry, such as WorkingDirectory=. Raises `ScheduleError`."""
    if path != path.strip() or path.endswith("\\"):
        raise ScheduleError(f"{what} begins or ends with a blank, or ends with a backslash: units cannot contain it")
    return _percent(check_text(path, what))


def unit_pattern(path: str, what: str) -> str:
    """Escape a path for EnvironmentFile=, which reads it as a pattern of glob(7). Raises `ScheduleError`."""
    return re.sub(r"([\\*?\[\]])", r"\\\1", unit_path(path, what))


def unit_word(word: str, what: str) -> str:
    """Quote a word of Environment=. Raises `ScheduleError`."""
    escaped = _percent(check_text(word, what)).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"' if set(word) & set(" \t\"'\\;") or word != word.strip() or not word else escaped


def unit_program(path: str, what: str) -> str:
    """Quote the first word of ExecStart=. Raises `ScheduleError`: systemd expands "$" in its argv[0]."""
    if "$" in path:
        raise ScheduleError(f"{what} contains $, which units cannot contain")
    return unit_word(path, what)


def unit_argument(word: str, what: str) -> str:
    """Quote another word of ExecStart=. Raises `ScheduleError`."""
    return unit_word(word, what).replace("$", "$$")


def cron_words(words: Iterable[str], what: str) -> str:
    r"""Quote and join the words of a shell command in a crontab. Raises `ScheduleError`.

    "%" ends the command. It becomes `\%` outside of the quotes of the shell: cronie removes the backslash, others leave
    it to the shell. The quote before it separates it from a backslash of the word: a pair of backslashes would not
    escape it.
    """
    return " ".join(_cron_word(check_text(word, what)) for word in words)


def cron_value(value: str, name: str) -> str:
    """Return the value of a line NAME=value of a crontab, in which crons treat quotes and blanks differently."""
    check_text(value, name)
    if value != value.strip() or set(value) & set("\"'\\"):
        raise ScheduleError(f"{name} contains quotes, a backslash, or a blank at one end: crontabs cannot contain it")
    return value


def _cron_word(word: str) -> str:
    first, *rest = word.split("%")
    return "".join([shlex.quote(first) if first or not rest else "", *(f"\\%{shlex.quote(part)}" for part in rest)])


def _percent(text: str) -> str:
    return text.replace("%", "%%")
