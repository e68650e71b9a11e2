"""The arguments of every source (`-a name=value`), checked before the first request."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from urllib.parse import urlsplit

DEFAULT_PAGES = 20  # pages of a listing: a daily run needs a few; a back-fill sets more


class ArgumentError(ValueError):
    """An unknown argument or an invalid value. The message lists what is allowed."""


@dataclass(frozen=True)
class Arguments:
    """The arguments of a run. Days are Beijing days; `since` and `until` are both included."""

    url: tuple[str, ...] = ()  # article or listing URLs, typed with white space or commas between them
    keyword: str = ""  # for the site's search; without a search, a filter of the listing's titles
    channel: tuple[str, ...] = ()  # names of listings, typed with commas between them
    since: str = ""  # YYYY-MM-DD
    until: str = ""  # YYYY-MM-DD
    limit: int = 0  # number of articles; 0 = all
    pages: int = DEFAULT_PAGES  # pages of each listing; 0 = all
    refresh: int = 0  # request the stored articles of this number of days again
    origin: str = "listings"  # typed as `from`: the origin of the links
    crawl: tuple[str, ...] = ()  # ids of crawls of Common Crawl, typed with commas between them
    captures: str = "newest"  # of each article in a public archive: "newest" or "all"

    def covers(self, moment: str) -> bool:
        """Return True if *moment* ("YYYY-MM-DD…") is between `since` and `until`, or unknown ("")."""
        day = moment[:10]
        return not day or ((not self.since or day >= self.since) and (not self.until or day <= self.until))

    def precedes(self, moment: str) -> bool:
        """Return True if *moment* is known and earlier than `since`."""
        return bool(moment and self.since and moment[:10] < self.since)


TYPED = {"origin": "from"}  # `from` is a Python keyword
NAMES = tuple(TYPED.get(field.name, field.name) for field in fields(Arguments))
PUBLIC_ARCHIVES = ("commoncrawl", "wayback")
ORIGINS = ("listings", "rejected", "archive", "pictures", *PUBLIC_ARCHIVES)
CAPTURES = ("newest", "all")


def parse_arguments(
    values: Mapping[str, str], *, source: str, channels: Collection[str], own: Sequence[str] = ()
) -> Arguments:
    """Parse the arguments *values* as typed.

    *channels*: the channels of *source*. *own*: the names that only this source accepts. Raises `ArgumentError`.
    """
    for name in values:
        if name not in (*own, *NAMES):
            raise ArgumentError(f"{source} has no argument {name!r}; allowed are: {', '.join((*own, *NAMES))}")
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
        crawl=tuple(_crawl(word) for word in re.split(r"[\s,]+", known["crawl"].strip()) if word),
        captures=known["captures"].strip() or "newest",
    )
    if arguments.origin not in ORIGINS:
        raise ArgumentError(f"from={arguments.origin!r} is unknown; allowed are: {', '.join(ORIGINS)}")
    if arguments.origin != "listings" and (arguments.url or arguments.keyword or arguments.channel):
        raise ArgumentError(f"from={arguments.origin} already selects the pages: remove url=, keyword= and channel=")
    _check_captures(arguments, values)
    if arguments.url and (arguments.keyword or arguments.channel):
        raise ArgumentError("url= already selects the pages: remove keyword= and channel=")
    if arguments.since and arguments.until and arguments.since > arguments.until:
        raise ArgumentError(f"since={arguments.since} is later than until={arguments.until}")
    return arguments


def _check_captures(arguments: Arguments, values: Mapping[str, str]) -> None:
    """Raise `ArgumentError` for arguments of public archives in another run, and for others in such a run."""
    origin = arguments.origin
    if arguments.captures not in CAPTURES:
        raise ArgumentError(f"captures={arguments.captures!r} is unknown; allowed are: {', '.join(CAPTURES)}")
    if "captures" in values and origin not in PUBLIC_ARCHIVES:
        raise ArgumentError("captures= needs from=commoncrawl or from=wayback")
    if arguments.crawl and origin != "commoncrawl":
        raise ArgumentError("crawl= needs from=commoncrawl")
    if arguments.refresh and origin in PUBLIC_ARCHIVES:
        raise ArgumentError(f"refresh= requests pages of the site again: remove it, or from={origin}")
    if origin == "commoncrawl" and not (arguments.crawl or arguments.since or arguments.until):
        raise ArgumentError(
            "from=commoncrawl needs crawl=CC-MAIN-YYYY-WW (https://index.commoncrawl.org/ lists the crawls), since= or "
            "until=: each crawl has an index of its own"
        )


def _crawl(word: str) -> str:
    if not re.fullmatch(r"CC-[A-Z]+(?:-[0-9]{2,4}){1,3}", word):
        raise ArgumentError(f"crawl={word!r} is not the id of a crawl; allowed are ids such as CC-MAIN-2026-43")
    return word


def _url(word: str) -> str:
    try:
        parts = urlsplit(word)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ArgumentError(f"url={word!r} is not a URL; allowed are URLs that start with http:// or https://")
    if "@" in parts.netloc:  # it would be in logs and in the ledger
        raise ArgumentError("url= contains a user name or a password; allowed are public URLs")
    return word


def _channel(word: str, source: str, channels: Collection[str]) -> str:
    if word not in channels:
        raise ArgumentError(f"{source} has no channel {word!r}; allowed are: {', '.join(channels)}")
    return word


def _day(name: str, value: str) -> str:
    try:
        if value and date.fromisoformat(value).isoformat() != value:  # fromisoformat also accepts 2025-W07 and 20250211
            raise ValueError
    except ValueError:
        raise ArgumentError(f"{name}={value!r} is not a day; allowed is YYYY-MM-DD") from None
    return value


def _number(name: str, value: str, default: int) -> int:
    if value and not re.fullmatch(r"[0-9]{1,9}", value):
        raise ArgumentError(f"{name}={value!r} is not a number; allowed are whole numbers from 0 (0 = all)")
    return int(value) if value else default
