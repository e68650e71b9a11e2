"""Values in the JSON of a page, by JMESPath (https://jmespath.org), as in Scrapy's `response.jmespath`."""

from __future__ import annotations

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


def json_of(page: Page) -> Any:
    """Return the JSON of a response. Raises `Incomplete` if it is truncated, and `Blocked` if it is another format."""
    try:
        return page.json
    except ValueError as error:
        if page.text.lstrip()[:1] in ("{", "["):
            raise Incomplete(f"the JSON is truncated or invalid: {error}") from error
        raise Blocked(f"the response is not JSON: {page.text.strip()[:60]!r}") from error
