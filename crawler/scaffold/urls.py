"""Derive the URL pattern of a site's articles, with the id as a group, from a few of their URLs."""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import urlsplit

from crawler.text.urls import registered_domain

SECTION = r"[\w-]+"  # a word in a path


def form_of(url: str) -> tuple[str, ...]:
    """Return one regular expression per part of the path of *url*, for all URLs of the same form.

    The id is the group "id"; words and numbers are generalized. () if the URL has no recognizable id, or characters
    that are not supported.
    """
    split = urlsplit(url)
    parts = split.path.split("/")
    index = max((index for index, part in enumerate(parts) if part), default=0)  # of the part with the id
    if not re.search("[0-9%-]", parts[index]):
        if re.search("[0-9]", split.query) and "/" not in split.query:  # detail?id=12345
            parts[index] += f"?{split.query}"
        else:  # 12345/index.html
            index = next((other for other in range(index, 0, -1) if re.search("[0-9]{5}", parts[other])), index)
    identifier = _id_form(parts[index])
    if not identifier or not re.fullmatch(r"[\w%.?&=~:,;@!$+/-]*", split.netloc + "/".join(parts)):
        return ()
    before = (SECTION if re.fullmatch("[A-Za-z][A-Za-z_-]*", part) else _generalized(part) for part in parts[:index])
    return (*before, identifier, *map(_generalized, parts[index + 1 :]))


def _id_form(part: str) -> str:
    """Return the regular expression of a path part with the id as a group; "" if the part has no id.

    The id is the last token with digits (12345.html, content_12345.htm, 20250211A08TG500) or the slug (how-to-read).
    """
    stem, dot, extension = part.rpartition(".")
    stem, extension = (stem, dot + extension) if re.fullmatch("[a-z]+", extension) and dot else (part, "")
    if re.fullmatch(r"[\w%-]+", stem) and (stem.count("-") > 1 or "%" in stem or not re.search("[0-9]", stem)):
        slug = r"[\w%]+-[\w%-]+" if "-" in stem else r"[\w%-]+"
        return f"(?P<id>{slug}){_generalized(extension)}"
    tokens = list(re.finditer("(?<![0-9A-Za-z])[A-Za-z]*+[0-9][0-9A-Za-z]*+", stem))
    if not tokens:
        return ""
    number = "[0-9]+" if tokens[-1][0].isdigit() else r"[A-Za-z]*[0-9][^\W_]*"
    before, after = part[: tokens[-1].start()], part[tokens[-1].end() :]
    return f"{_generalized(before)}(?P<id>{number}){_generalized(after)}"


def _generalized(part: str) -> str:
    """Return a regular expression for *part* with any other numbers and hashes."""
    return re.sub("[0-9A-Za-z]+|.", lambda match: _generalized_token(match[0]), part)


def _generalized_token(token: str) -> str:
    if found := re.fullmatch("([A-Za-z]{0,3})[0-9]+", token):
        return f"{found[1]}[0-9]+"
    return r"\w+" if re.search("[0-9]", token) else _escaped(token)


def _escaped(part: str) -> str:
    return re.sub("[.?$+]", r"\\\g<0>", part)  # `form_of` rejects other special characters


def pattern_of(urls: list[str], others: list[str]) -> str:
    """Return the regular expression for *urls*, with the groups "path" and "id"; "" if it does not match the first one.

    A section of the path is generalized only if it differs between the first URL and *others* (of the same form).
    """
    form = form_of(urls[0])
    columns = zip(*(urlsplit(url).path.split("/") for url in (urls[0], *others)), strict=True)
    path = "/".join(
        names[0] if part == SECTION and len(set(names)) == 1 else part
        for part, names in zip(form, columns, strict=True)
    )
    hosts = "|".join(dict.fromkeys(_escaped(urlsplit(url).netloc) for url in urls))
    start = f"https?://{f'(?:{hosts})' if '|' in hosts else hosts}"
    match = re.fullmatch(start + path + r"(?:[?#].*)?", urls[0])
    if not match:
        return ""
    before = path.partition("(?P<id>")[0]
    if re.fullmatch("[0-9]{1,4}", match["id"]) and "[0-9]+" in before and "?" not in before:
        # Such a short number may restart each day: include the numbers before it in the id.
        path = path.replace("(?P<id>", "").replace("[0-9]+", "(?P<id>[0-9]+", 1)
    return rf"{start}(?P<path>{path})(?:[?#].*)?"


def id_of(pattern: str) -> str:
    """Return the regular expression of the id in *pattern*."""
    return pattern.partition("(?P<id>")[2].partition(")")[0]


def site_of(url: str) -> str:
    """Return the registered domain of *url*: a.com.cn for www.a.com.cn and news.a.com.cn."""
    return registered_domain(urlsplit(url).hostname or "")


def listing_pattern(url: str, next_urls: Collection[str], number: str = "") -> str:
    """Return the regular expression for the pages of the listing at *url*, with the group "path"; "" if not supported.

    *next_urls* are known next pages, and *number* is the place of their number, as in `Rows.number`. A parameter with
    that number is not part of "path": `open_listing` sets it.
    """
    split = urlsplit(url)
    targets = [_target(each) for each in next_urls if urlsplit(each).netloc == split.netloc]
    is_parameter = number and "{}" not in number
    first = split.path + _query_without(split.query, number) if is_parameter else _target(url)
    if not _is_supported(split.netloc + first):
        return ""
    path, end = _escaped(first), r"(?:[?&#].*)?" if is_parameter else "(?:#.*)?"
    if "{}" in number:
        before, _, after = number.partition("{}")
        stem = re.sub(rf"{re.escape(before)}[0-9]{{1,9}}{re.escape(after)}/?\Z", "", first)
        base, rest = stem.rstrip("/"), stem[len(stem.rstrip("/")) :]
        path = (
            f"{_escaped(base)}(?:{_escaped(before)}[0-9]+{_escaped(after)})?/?"
            if rest or stem == first
            else (f"{_escaped(base)}{_escaped(before)}[0-9]+{_escaped(after)}")
        )
    elif targets and not is_parameter and _is_supported(targets[0]):
        path = _both(first, targets[0])
    return rf"https?://{_escaped(split.netloc)}(?P<path>{path}){end}"


def _both(first: str, second: str) -> str:
    """Return the regular expression for two paths: their common start, and what follows it with any numbers."""
    length = next(
        (at for at, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), min(len(first), len(second))
    )
    while length and any(re.match(r"\w\w", each[length - 1 : length + 1]) for each in (first, second)):
        length -= 1
    rests = [re.sub("[0-9]+", "[0-9]+", _escaped(each[length:])) for each in (first, second)]
    start = _escaped(first[:length])
    if rests[0] == rests[1]:
        return start + rests[0]
    return f"{start}(?:{rests[1]})?" if not rests[0] else f"{start}(?:{rests[0]}|{rests[1]})"


def _target(url: str) -> str:
    split = urlsplit(url)
    return (split.path or "/") + (f"?{split.query}" if split.query else "")


def _query_without(query: str, name: str) -> str:
    kept = "&".join(part for part in query.split("&") if part.partition("=")[0] != name)
    return f"?{kept}" if kept else ""


def _is_supported(part: str) -> bool:
    return re.fullmatch(r"[\w%.?&=~:,;@!$+/-]*", part, re.ASCII) is not None
