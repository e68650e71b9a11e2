"""Read the JSON values that the scripts of a page assign to variables."""

from __future__ import annotations

import json
import re
from typing import Any

MAX_INVALID = 100  # assignments on a page; the values after them are not read
_ASSIGNED = re.compile(r"(?<!\s)\s*+=\s*+(?=[\[{])")
# A string without an end reaches to the end of the page: it is not searched again from each quote in it.
_STRING_OR_UNDEFINED = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|\bundefined\b', re.DOTALL)


def values_of(text: str, marker: str) -> list[Any]:
    """Return the JSON values after each "MARKER =" in *text*, in order. Invalid values are omitted.

    *marker* is literal text, the name of a variable such as "window.DATA". The JSON decoder finds the end of a value:
    a pattern would stop at a "};" inside a string. The value `undefined` of scripts, which is not valid JSON, counts as
    null.
    """
    values, invalid = _values_after(text, marker)
    if invalid and "undefined" in text:
        script = text[text.find(marker) :]
        script = _STRING_OR_UNDEFINED.sub(lambda match: match[0] if match[0][0] == '"' else "null", script)
        values, _ = _values_after(script, marker)
    return values


def _values_after(text: str, marker: str) -> tuple[list[Any], int]:
    """Return the JSON values after each "MARKER =", and the number of invalid ones."""
    values = []
    invalid, position = 0, text.find(marker)
    while position >= 0 and invalid < MAX_INVALID:
        if assigned := _ASSIGNED.match(text, position + len(marker)):
            try:
                values.append(json.JSONDecoder().raw_decode(text, assigned.end())[0])
            except (ValueError, RecursionError):
                invalid += 1  # the decoder counts the lines of *text* for each error
        position = text.find(marker, position + len(marker))
    return values, invalid
