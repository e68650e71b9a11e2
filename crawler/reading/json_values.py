"""Values in the JSON of a page, by JMESPath (https://jmespath.org), as in Scrapy's `response.jmespath`."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

from crawler.reading.errors import Blocked, Incomplete
from crawler.reading.page import Page


def value_at(data: Any, expression: str) -> Any:
    """Return the value at *expression*; None if *data* has another form."""
    try:
        return jmespath.search(expression, data)
    except JMESPathError:  # a function gets a value of another type than it requires
        return None


def has_value(data: Any, path: str) -> bool:
    """Return whether the last key of *path* ("data.list") is present, also with the value null."""
    parent, _, key = path.rpartition(".")
    container = value_at(data, parent) if parent else data
    return isinstance(container, dict) and key in container


def strings_in(value: Any) -> Iterator[str]:
    """Yield the strings in a JSON value, without keys, in their order."""
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict | list):
            waiting += reversed(list(value.values()) if isinstance(value, dict) else value)


def objects_in(value: Any, *, in_lists: bool) -> Iterator[dict[str, Any]]:
    """Yield the objects in a JSON value, the outermost first; without *in_lists* only those that are not in a list."""
    waiting = deque([value])
    while waiting:
        value = waiting.popleft()
        if isinstance(value, dict):
            yield value
            waiting.extend(value.values())
        elif isinstance(value, list) and in_lists:
            waiting.extend(value)


def json_of(page: Page) -> Any:
    """Return the JSON of a response. Raises `Incomplete` if it is truncated, and `Blocked` if it is another format."""
    try:
        return page.json
    except ValueError as error:
        if page.begins_like_json:
            raise Incomplete(f"the JSON is truncated or invalid: {error}") from error
        raise Blocked(f"the response is not JSON: {page.text.strip()[:60]!r}") from error


def is_json(page: Page) -> bool:
    """Return whether *page* is JSON, also with the content type of HTML, which many servers send for it."""
    if page.is_large_feed or not page.begins_like_json:
        return False
    with suppress(ValueError):
        return page.json is not None
    return False


def state_of(page: Page, state: str) -> Any:
    """Return the first JSON value of *state* that is not empty; None without one.

    *state* is a script variable, or with a "#" the CSS of a script element that contains only JSON.
    """
    if "#" not in state:
        return next(filter(None, page.script_values(state)), None)
    for node in page.select(state):
        with suppress(ValueError, RecursionError):
            if value := json.loads(node.text or ""):
                return value
    return None
