"""The arguments that every source takes (`-a name=value`), checked before the first request."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from urllib.parse import urlsplit

DEFAULT_PAGES = 20  # listing pages of one entrance: a daily run needs a few, a back-fill asks for more


class ArgumentError(ValueError):
    """An argument that is unknown, or a value that cannot be; the message says what is allowed."""


@dataclass(frozen=True)
class Arguments:
    """What a run was asked for. Days are Beijing days and both ends count."""

    url: tuple[str, ...] = ()  # article or listing addresses, separated by white space or commas
    keyword: str = ""  # by the site's own search where it has one, else in the listing's titles
    channel: tuple[str, ...] = ()  # the site's entrances by name, separated by commas
    since: str = ""  # YYYY-MM-DD
    until: str = ""  # YYYY-MM-DD
    limit: int = 0  # articles; 0 = all
    pages: int = DEFAULT_PAGES  # listing pages of each entrance; 0 = all
    refresh: int = 0  # look again at stored articles of the last so many days
    origin: str = "listings"  # typed as `from`: where the links come from

    def covers(self, moment: str) -> bool:
        """Whether *moment* ("YYYY-MM-DD…", or "" when nobody knows yet) lies between `since` and `until`."""
        day = moment[:10]
        return not day or ((not self.since or day >= self.since) and (not self.until or day <= self.until))

    def precedes(self, moment: str) -> bool:
        """Whether *moment* is known and lies before `since`."""
        return bool(moment and self.since and moment[:10] < self.since)


TYPED = {"origin": "from"}  # `from` is a word of Python
NAMES = tuple(TYPED.get(field.name, field.name) for field in fields(Arguments))
ORIGINS = ("listings", "rejected", "archive")


def parse_arguments(
    values: Mapping[str, str], *, source: str, channels: Sequence[str], own: Sequence[str] = ()
) -> Arguments:
    """The arguments as typed -> `Arguments`.

    *channels* are the entrances *source* knows, *own* the names that it takes beside these. Raises `ArgumentError`.
    """
    for name in values:
        if name not in (*own, *NAMES):
            raise ArgumentError(f"{source} knows no argument {name!r}; allowed are: {', '.join((*own, *NAMES))}")
    for name, value in values.items():
        if not value.strip(" ,"):
            raise ArgumentError(f"{name}= is empty")
    known = {**dict.fromkeys(NAMES, ""), **values}
    arguments = Arguments(
        url=tuple(_url(word) for word in re.split(r"[\s,]+", known["url"].strip()) if word),
        keyword=known["keyword"].strip(),
        channel=tuple(
            _channel(word, source, channels) for word in re.split(r"[\s,]+", known["channel"].strip()) if word
        ),
        since=_day("since", known["since"]),
        until=_day("until", known["until"]),
        limit=_number("limit", known["limit"], 0),
        pages=_number("pages", known["pages"], DEFAULT_PAGES),
        refresh=_number("refresh", known["refresh"], 0),
        origin=known["from"] or "listings",
    )
    if arguments.origin not in ORIGINS:
        raise ArgumentError(f"from={arguments.origin!r} is unknown; allowed are: {', '.join(ORIGINS)}")
    if arguments.origin != "listings" and (arguments.url or arguments.keyword or arguments.channel):
        raise ArgumentError(
            f"from={arguments.origin} names the pages itself: url=, keyword= and channel= do not go with it"
        )
    if arguments.url and (arguments.keyword or arguments.channel):
        raise ArgumentError("url= names the pages itself: keyword= and channel= do not go with it")
    if arguments.since and arguments.until and arguments.since > arguments.until:
        raise ArgumentError(f"since={arguments.since} lies behind until={arguments.until}")
    return arguments


def _url(word: str) -> str:
    try:
        parts = urlsplit(word)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ArgumentError(f"url={word!r} is no address; allowed are addresses that begin with http:// or https://")
    if "@" in parts.netloc:  # it would stand in logs and in the ledger
        raise ArgumentError("url= holds a name or a password; allowed are addresses that anybody may open")
    return word


def _channel(word: str, source: str, channels: Sequence[str]) -> str:
    if word not in channels:
        raise ArgumentError(f"{source} has no channel {word!r}; allowed are: {', '.join(channels)}")
    return word


def _day(name: str, value: str) -> str:
    try:
        if value and date.fromisoformat(value).isoformat() != value:  # it takes 2025-W07 and 20250211, too
            raise ValueError
    except ValueError:
        raise ArgumentError(f"{name}={value!r} is no day; allowed is YYYY-MM-DD") from None
    return value


def _number(name: str, value: str, default: int) -> int:
    if value and not re.fullmatch(r"[0-9]{1,9}", value):
        raise ArgumentError(f"{name}={value!r} is no number; allowed are whole numbers from 0 (0 = all)")
    return int(value) if value else default
