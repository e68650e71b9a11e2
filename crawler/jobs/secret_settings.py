"""Recognize settings and environment variables that must not be written to a file that others can read."""

from __future__ import annotations

import re

# Their whole value gives access: URLs with tokens in the path, and databases with a password in any part of the URL.
_SECRET_NAMES = ("NOTICE_URLS",)
_SECRET_WORDS = re.compile(
    "(?:^|[_-])(?:pass|passwd|password|passphrase|pwd|token|secret|key|apikey|credentials?|cookie|authorization|auth"
    "|webhook)(?:$|[_-])",
    re.IGNORECASE,
)
_HARMLESS_WORDS = re.compile("_(?:ENABLED|DEBUG|ENCODING)$", re.IGNORECASE)
_SECRET_VALUES = re.compile(
    r"""
    (?<=[a-z0-9+.-]):/{1,3}[^\s/?\#@]+@            # scheme://user:password@host
    # a password with one of / ? # that is not percent-encoded; the search begins at most once in a word
    | (?<![^\s@])(?=[^\s@]*+@)[^\s@]*?://[^\s/?\#@:]+:(?!\d+(?:[/?\#]|$))
    | \A(?!mailto:)[^\s/:@]+:(?!/)[^\s@]+@[^\s@]      # user:password@host
    | (?:pass(?:word|wd|phrase)?|pwd|token|secret|credentials?|api[-_]?key|access[-_]?key|authorization|cookie)
      ["']?\s*[=:]                                   # ?password=x of a URL, "Authorization": "x" of a JSON object
    | hooks\.slack\.com/services/.
    """,
    re.IGNORECASE | re.VERBOSE,
)


def is_secret_setting(name: str, value: str) -> bool:
    """Return whether the setting or variable *name* = *value* may hold credentials.

    Secrets are: names with a word such as PASSWORD, TOKEN or KEY, URLs with a user name, and values with a parameter
    or header of such a name. A doubtful value is a secret.
    """
    if not value:
        return False
    if name.upper() in _SECRET_NAMES or (_SECRET_WORDS.search(name) and not _HARMLESS_WORDS.search(name)):
        return True
    if name.upper() == "LEDGER_URL" and "@" in value:
        return True
    return bool(_SECRET_VALUES.search(value))
