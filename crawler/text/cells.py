"""Values of CSV files that a spreadsheet would execute as a formula."""

from __future__ import annotations

import re
import unicodedata

_NUMBER = re.compile(r"[+-]?(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?%?")
_BEFORE = " \u00a0\u200b\u2060\u3000\ufeff"  # blanks and invisible characters, which some programs remove


def inert_cell(value: str) -> str:
    """Return *value* with a leading apostrophe if a spreadsheet could read it as a formula, else unchanged.

    The rule of OWASP ("CSV injection"): the first character is `=`, `+`, `-`, `@`, a tab, CR or LF. Also its full-width
    and other forms of the same character in Unicode, which spreadsheets in East Asian languages accept, and such a
    character after blanks. A number stays a number: "-3.5", "+8", "-1,234.50", "-12%".
    """
    shown = value.lstrip(_BEFORE)
    if not shown or _NUMBER.fullmatch(shown):
        return value
    first = unicodedata.normalize("NFKC", shown[0])[:1]
    return f"'{value}" if first in "=+-@\t\r\n" else value
