"""The exit codes of all commands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from crawler.corpus.errors import LedgerError, LockedError
from crawler.crawl.exit_codes import Exit

README = Path(__file__).parents[2] / "crawler" / "README.md"


def test_the_readme_has_the_table() -> None:
    rows = dict(re.findall(r"(?m)^\| (\d) +\| (.*?) *\|$", README.read_text(encoding="utf-8")))
    assert list(rows) == [str(int(code)) for code in Exit]
    for code in Exit:
        assert rows[str(int(code))].startswith(code.text)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (LockedError("qq"), Exit.LOCKED),
        (LedgerError("sqlite://", Exception("locked")), Exit.LEDGER),
        (PermissionError("read-only"), Exit.DISK),
    ],
)
def test_the_error_of_a_corpus_gives_the_code_and_the_end_of_the_run(error: Exception, code: Exit) -> None:
    assert isinstance(error, LockedError | LedgerError | OSError)
    assert Exit.of_error(error) is code
    assert Exit.of_end(code.end) is code


@pytest.mark.parametrize("end", ["finished", "shutdown", "changed", "time limit", ""])
def test_other_ends_need_attention(end: str) -> None:
    assert Exit.of_end(end) is Exit.ATTENTION
