"""Find the list of articles in JSON: in a response, or in the scripts of an HTML page."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from crawler.reading.json_values import state_of, value_at
from crawler.reading.page import Page
from crawler.reading.query import all_of
from crawler.scaffold.json_keys import Keys, is_key, keys_of, quoted_key

MIN_ENTRIES = 2
MAX_NODES = 20_000  # objects and lists of one JSON that are examined
MAX_STATES = 60  # script variables of one page that are examined
_MARGIN = re.compile(r"hot|rank|recommend|relat|banner|advert|\bads?\b|nav|menu|slide|focus|side|friend", re.IGNORECASE)
_ASSIGNED = re.compile(
    r"(?:(?<=[;{},\s])|\A)((?:(?:var|let|const)\s)?[A-Za-z_$][\w$]{0,60}(?:\.[A-Za-z_$][\w$]{0,60}){0,3}"
    r"|window\[(?:\"[\w$]{1,60}\"|'[\w$]{1,60}')\])\s*+=\s*+(?=[\[{])",
    re.ASCII,
)

_JSONP = re.compile(r"\A\s*+(?>/\*.*?\*/\s*+)?+[\w$.]{1,80}\s*+\((\s*+[\[{].*[\]}]\s*+)\)\s*+;?\s*+", re.DOTALL)


@dataclass(frozen=True)
class JsonList:
    """A list of articles in JSON."""

    state: str  # see `Site.state`; "" for a JSON response
    entries: str  # JMESPath of the list
    rows: tuple[dict[str, Any], ...]
    keys: Keys


def json_list(page: Page) -> JsonList | None:
    """Return the list of articles in the JSON of *page*, or None: the longest one, those of sidebars last."""
    found = [
        JsonList(state, path, tuple(rows), keys)
        for state, data in states_of(page)
        for path, rows in _lists(data)
        if (keys := keys_of(rows, page.fetched_at)).title and (keys.url or keys.ids)
    ]
    return max(found, key=_weight, default=None)


def states_of(page: Page) -> Iterator[tuple[str, Any]]:
    """Yield each JSON value of *page* with its name as in `Site.state`; ("", value) for a JSON response."""
    if page.begins_like_json:
        try:
            yield "", page.json
        except ValueError:
            return
    if not page.is_html:
        return
    for node in all_of(page, "script[id]"):
        name = node.get("id", "")
        if "json" in node.get("type", "") and "ld+json" not in node.get("type", "") and is_key(name):
            state = f"script#{name}"
            if data := state_of(page, state):
                yield state, data
    scripts = (str(node.text or "") for node in all_of(page, "script"))
    names = dict.fromkeys(found[1] for script in scripts for found in _ASSIGNED.finditer(script))
    for name in list(names)[:MAX_STATES]:
        if not re.search(r"\s\s|[\t\r\n]", name) and (data := state_of(page, name)):
            yield name, data


def _lists(data: Any) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield the JMESPath and the objects of each list of objects in *data*, and of the lists in such objects as one."""
    waiting: deque[tuple[str, Any]] = deque([("", data)])
    for _ in range(MAX_NODES):
        if not waiting:
            return
        path, value = waiting.popleft()
        if isinstance(value, dict):
            objects = [each for each in value.values() if isinstance(each, dict)]
            if len(objects) >= 3 and len(objects) == len(value) and _are_alike(objects):  # {id: entry}
                yield _joined(path, "*"), objects
            waiting.extend((_joined(path, quoted_key(key)), each) for key, each in value.items() if is_key(key))
        elif isinstance(value, list):
            rows = [each for each in value if isinstance(each, dict)]
            if len(rows) >= MIN_ENTRIES or (rows and len(value) == 1):
                yield path or "@", rows
            # For example, one list for each day. The expression reads all of them.
            keys = dict.fromkeys(key for row in rows for key, each in row.items() if is_key(key) and each)
            for key in keys:
                inner = f"{path}[].{quoted_key(key)}"
                values = [row[key] for row in rows if key in row]
                if any(isinstance(each, list) for each in values):
                    together = [each for one in values if isinstance(one, list) for each in one]
                    if together and all(isinstance(each, dict) for each in together):
                        yield f"{inner}[]", together
                waiting.extend(
                    (f"{path}[{index}].{quoted_key(key)}", row[key])
                    for index, row in enumerate(rows[:5])
                    if isinstance(row.get(key), dict | list) and value[:5] == rows[:5]
                )


def _are_alike(objects: list[dict[str, Any]]) -> bool:
    common = set(objects[0]).intersection(*objects[1:])
    return len(common) >= 2


def _joined(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _weight(found: JsonList) -> float:
    titled = sum(isinstance(value_at(row, found.keys.title), str) for row in found.rows)
    weight = float(titled)
    weight *= 1.5 if found.keys.url or found.keys.body else 1
    weight *= 1.5 if found.keys.date else 1
    weight *= 0.3 if _MARGIN.search(found.entries) else 1
    return weight if titled >= MIN_ENTRIES else weight / 10


def is_jsonp(page: Page) -> bool:
    """Return whether *page* is a call of a function with JSON: callback({...})."""
    found = _JSONP.fullmatch(page.text)
    if not found:
        return False
    try:
        json.loads(found[1])
    except (ValueError, RecursionError):
        return False
    return True
