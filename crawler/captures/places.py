"""Where the index of an archive has the articles of a source: hosts, prefixes of URLs, and a coarse filter of URLs.

They are derived from `article_urls`, if the source uses these patterns unchanged. Otherwise the hosts of the patterns
and those of the source are queried as a whole. Each row of an index is checked with `article_link`, so a place may be
too wide, but never too narrow.
"""

from __future__ import annotations

import re
import re._parser as parser  # type: ignore[import-not-found]  # the parsed form of a pattern has no public name
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from re import _constants as codes  # type: ignore[attr-defined]
from typing import Any

from crawler.reading.site import Site
from crawler.reading.source import AnySource

MAX_STARTS = 200  # starts of URLs of one pattern; more are cut where they begin to differ
MAX_CHARACTERS = 8  # of a character class that is tried one by one
MAX_PREFIXES = 6  # of a host; more are one query of the host
MIN_LITERAL = 3  # characters of a literal that is worth a filter
_has_plain_text = re.compile(r"[\w./-]+", re.ASCII).fullmatch
_WWW = re.compile(r"\Awww[0-9]*\.")  # the keys of the indexes do not have it (SURT)
_NOT_CONSUMING = (codes.AT, codes.ASSERT, codes.ASSERT_NOT)
_REPEATS = (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT)

Starts = list[tuple[str, bool]]  # a start of the texts that a pattern matches, and whether the pattern ends there


@dataclass(frozen=True, slots=True)
class Place:
    """A part of an index."""

    # Without a scheme: a host ("www.x.cn/"), a prefix of its URLs ("www.x.cn/news/"), a whole domain ("*.x.cn/").
    url: str
    pattern: str = ""  # matches the whole URL of every article, as an expression of Python and of Java; "" = any URL

    @property
    def match_type(self) -> str:
        """The value of `matchType` in a query."""
        if self.url.startswith("*."):
            return "domain"
        return "host" if self.url.partition("/")[2] == "" else "prefix"

    @property
    def query(self) -> str:
        """The value of `url` in a query."""
        return self.url.removeprefix("*.")


def places_of(source: AnySource) -> tuple[Place, ...]:
    """Return the places with the articles of *source*. Raises ValueError if it has no hosts."""
    if source.archive_places:
        return tuple(Place(url) for url in _merged(source.archive_places))
    patterns: Iterable[re.Pattern[str]] = getattr(source, "article_urls", ())
    starts = [
        _place(start, is_whole) or _any_host(each) for each in patterns for start, is_whole in _starts(_parsed(each))
    ]
    is_unchanged = getattr(source.article_link, "__func__", None) is getattr(Site.article_link, "__func__", 0)
    known = [start for start in starts if start]
    if is_unchanged and known and len(known) == len(starts):
        filters = [_filter(each) for each in patterns]
        pattern = "|".join(dict.fromkeys(filters)) if all(filters) else ""
        return tuple(Place(url, f"(?:{pattern})" if "|" in pattern else pattern) for url in _merged(known))
    hosts = [f"{start.partition('/')[0]}/" for start in known] + [f"{host}/" for host in source.hosts]
    if not hosts:
        raise ValueError(f"{source.name} has no hosts")
    return tuple(Place(url) for url in _merged(hosts))


def _merged(urls: Iterable[str]) -> list[str]:
    """Return *urls* without those that others of them contain. URLs with and without `www.` are the same."""
    forms: dict[str, str] = {}
    for url in urls:
        key = _WWW.sub("", url)
        if key not in forms or len(url) > len(forms[key]):
            forms[key] = url
    by_host: dict[str, list[str]] = {}
    domains = tuple(key[1:] for key in forms if key.startswith("*."))
    for key in sorted(forms, key=len):
        if not key.startswith("*.") and f".{key.partition('/')[0]}/".endswith(domains):
            continue
        prefixes = by_host.setdefault(key.partition("/")[0], [])
        if not any(key.startswith(shorter) for shorter in prefixes):
            prefixes.append(key)
    found = []
    for host, prefixes in by_host.items():
        if len(prefixes) > MAX_PREFIXES:
            whole = forms[prefixes[0]].partition("/")[0]
            found.append(f"{whole if _WWW.sub('', whole) == host else host}/")
        else:
            found += [forms[prefix] for prefix in prefixes]
    return found


def _place(start: str, is_whole: bool) -> str:
    """Return host and folder of the start of a URL; "" if the host is not complete."""
    found = re.match(r"(?:https?:)?//([^/?#]++)([^?#]*+)", start)
    if not found or not ("/" in found[2] or is_whole or start[found.end(1) :]):
        return ""
    return f"{found[1].lower()}{found[2].rpartition('/')[0]}/"


def _any_host(pattern: re.Pattern[str]) -> str:
    """Return the domain of a pattern that allows any host of it, as "*.x.cn/"; "" if the pattern does not end it."""
    _, slashes, rest = "".join(_literals(_parsed(pattern))).partition("//")
    host, slash, _ = rest.partition("/")
    name = host.rpartition("\0")[2].partition(".")[2].lower()
    return f"*.{name}/" if slashes and slash and "." in name else ""


def _parsed(pattern: re.Pattern[str]) -> Any:
    return parser.parse(pattern.pattern, pattern.flags)


# Starts -----------------------------------------------------------------------------------------------------------


def _starts(items: Any) -> Starts:
    """Return the starts of all texts that a sequence matches."""
    found: Starts = [("", True)]
    for code, argument in items:
        following = _alternatives(code, argument)
        longer: Starts = []
        for text, is_whole in found:
            longer += [(text + end, is_end) for end, is_end in following] if is_whole else [(text, False)]
        longer = list(dict.fromkeys(longer))
        if len(longer) > MAX_STARTS:
            return [(text, False) for text, _ in found]
        found = longer
    return found


def _alternatives(code: Any, argument: Any) -> Starts:
    if code is codes.LITERAL:
        return [(chr(argument), True)]
    if code in _NOT_CONSUMING:
        return [("", True)]
    if code is codes.SUBPATTERN:
        return _starts(argument[-1])
    if code is codes.ATOMIC_GROUP:
        return _starts(argument)
    if code is codes.BRANCH:
        return [start for branch in argument[1] for start in _starts(branch)]
    if code is codes.IN and len(argument) <= MAX_CHARACTERS and all(each is codes.LITERAL for each, _ in argument):
        return [(chr(character), True) for _, character in argument]
    if code in _REPEATS:
        least, most, repeated = argument
        if most == 1:
            return ([] if least else [("", True)]) + _starts(repeated)
        if least:
            return [(text, False) for text, _ in _starts(repeated)]
    return [("", False)]


# Filters ----------------------------------------------------------------------------------------------------------


def _filter(pattern: re.Pattern[str]) -> str:
    """Return an expression for the literals that each URL has after its host; "" without such literals."""
    if pattern.flags & re.IGNORECASE:
        return ""
    joined = "".join(_literals(_parsed(pattern)))
    _, slashes, rest = joined.partition("//")
    _, slash, rest = rest.partition("/")
    if not slashes or not slash:
        return ""
    literals = [each for each in rest.split("\0") if len(each) >= MIN_LITERAL and _has_plain_text(each)]
    return f".*{'.*'.join(each.replace('.', '[.]') for each in literals)}.*" if literals else ""


def _literals(items: Any) -> Iterator[str]:
    """Yield the characters that each text of a sequence has, in their order; NUL between those that are apart."""
    for code, argument in items:
        if code is codes.LITERAL:
            yield chr(argument)
        elif code is codes.SUBPATTERN:
            yield from _literals(argument[-1])
        elif code not in _NOT_CONSUMING:
            yield "\0"
