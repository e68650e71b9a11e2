"""The addresses of a site's articles, from a few of them: what they have in common, and where the id stands."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

SECTION = r"[\w-]+"  # a word in a path


def form_of(url: str) -> tuple[str, ...]:
    """The parts of the path of *url* as regular expressions for all addresses of its kind: the id a group, words and
    numbers left open. () when no id can be seen."""
    address = urlsplit(url)
    parts = address.path.split("/")
    at = max((at for at, part in enumerate(parts) if part), default=0)
    if not re.search("[0-9%-]", parts[at]):
        if re.search("[0-9]", address.query) and "/" not in address.query:  # detail?id=12345
            parts[at] += f"?{address.query}"
        else:  # 12345/index.html
            at = next((other for other in range(at, 0, -1) if re.search("[0-9]{5}", parts[other])), at)
    identifier = _id_form(parts[at])
    if not identifier or not re.fullmatch(r"[\w%.?&=~:,;@!$+/-]*", address.netloc + "/".join(parts)):
        return ()
    before = (SECTION if re.fullmatch("[A-Za-z][A-Za-z_-]*", part) else _opened(part) for part in parts[:at])
    return (*before, identifier, *map(_opened, parts[at + 1 :]))


def _id_form(part: str) -> str:
    """The id is the last run of digits (12345.html, content_12345.htm, 20250211A08TG500) or the slug (how-to-read)."""
    stem, extension = re.findall(r"^(.*?)((?:\.[a-z]+)?)$", part)[0]
    if re.fullmatch(r"[\w%-]+", stem) and (stem.count("-") > 1 or "%" in stem or not re.search("[0-9]", stem)):
        slug = r"[\w%]+-[\w%-]+" if "-" in stem else r"[\w%-]+"
        return f"(?P<id>{slug}){_opened(extension)}"
    tokens = list(re.finditer("[A-Za-z]*[0-9][0-9A-Za-z]*", stem))
    if not tokens:
        return ""
    number = "[0-9]+" if tokens[-1][0].isdigit() else r"\w*[0-9]\w*"
    before, after = part[: tokens[-1].start()], part[tokens[-1].end() :]
    return f"{_opened(before)}(?P<id>{number}){_opened(after)}"


def _opened(part: str) -> str:
    """A regular expression for *part* with whatever numbers and hashes."""
    return re.sub("[0-9A-Za-z]+|.", lambda match: _opened_token(match[0]), part)


def _opened_token(token: str) -> str:
    if found := re.fullmatch("([A-Za-z]{0,3})[0-9]+", token):
        return f"{found[1]}[0-9]+"
    return r"\w+" if re.search("[0-9]", token) else _escaped(token)


def _escaped(part: str) -> str:
    return re.sub("[.?$+]", r"\\\g<0>", part)  # `_form` takes no other characters that a regular expression knows


def pattern_of(addresses: list[str], others: list[str]) -> str:
    """The regular expression for *addresses*, open only for those sections that differ in *others*; "" if none fits."""
    form = form_of(addresses[0])
    columns = zip(*(urlsplit(url).path.split("/") for url in (addresses[0], *others)), strict=True)
    path = "/".join(
        names[0] if part == SECTION and len(set(names)) == 1 else part
        for part, names in zip(form, columns, strict=True)
    )
    hosts = "|".join(dict.fromkeys(_escaped(urlsplit(url).netloc) for url in addresses))
    start = f"https?://{f'(?:{hosts})' if '|' in hosts else hosts}"
    found = re.fullmatch(start + path + r"(?:[?#].*)?", addresses[0])
    if not found:
        return ""
    before = path.partition("(?P<id>")[0]
    if re.fullmatch("[0-9]{1,4}", found["id"]) and "[0-9]+" in before and "?" not in before:
        # So short a number may begin anew each day: the numbers before it belong to the id.
        path = path.replace("(?P<id>", "").replace("[0-9]+", "(?P<id>[0-9]+", 1)
    return rf"{start}(?P<path>{path})(?:[?#].*)?"


def id_of(pattern: str) -> str:
    """What *pattern* takes for the id."""
    return pattern.partition("(?P<id>")[2].partition(")")[0]


def site_of(url: str) -> str:
    """The site of a host: www.a.com.cn and news.a.com.cn are both a.com.cn."""
    labels = (urlsplit(url).hostname or "").split(".")
    return ".".join(labels[-3:] if labels[-2:-1] in (["com"], ["net"], ["org"], ["gov"], ["edu"]) else labels[-2:])
