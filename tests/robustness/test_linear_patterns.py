"""Every regular expression of the package takes linear time for hostile texts of up to a megabyte.

A hostile page must not stall the run: Python cannot interrupt a search.
"""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import pytest
from scrapy.settings import Settings

import crawler
from crawler.crawl.loader import SourceLoader
from tests.support.patterns import built_at_run_time, patterns_in, superlinear_text

# Expressions that build a pattern from local variables, and why it need not be tested here.
RUN_TIME = {
    ("crawler.data.bigrams", "''.join(parts)"): "a word that the user of `corpus search` passes, with optional blanks",
    ("crawler.newspapers.credits", "form"): "only for lines of up to MAX_LENGTH (40) characters",
    ("crawler.newspapers.families", "_START + path + _END"):
        "the results are in a dictionary of `crawler.newspapers.urls`, whose values are tested",
    ("crawler.reading.ending", "f'</{name}'"): "the results are in a dictionary of the module, whose values are tested",
    ("crawler.reading.numbered", r"f'{re.escape(before)}([0-9]{{1,9}}){re.escape(after)}/?\\Z'"):
        "the form of a number at the end of a path, which a source declares",
    ("crawler.reading.checks", "begin"): "the patterns of `page_ends`, which are tested below",
    ("crawler.reading.checks", "end"): "the patterns of `page_ends`, which are tested below",
    ("crawler.scaffold.urls", "start + path + '(?:[?#].*)?'"): "matches one URL that the user of `newsource` passes",
    ("crawler.scaffold.urls", r"f'{re.escape(before)}[0-9]{{1,9}}{re.escape(after)}/?\\Z'"):
        "literal text and a number",
    ("crawler.scaffold.declarations", "pattern"): "matches the URLs of one listing",
    ("crawler.scaffold.ends", "mark"): "literal names of classes, for the page that the user of `newsource` passes",
    ("crawler.scaffold.json_keys", r"f'\\A(?:{pattern})'"):
        "the results are in tuples of the module, whose values are tested",
    ("crawler.scaffold.json_links", r"f'(?<![0-9A-Za-z]){re.escape(str(value))}(?![0-9A-Za-z])'"): "literal text",
    ("crawler.scaffold.json_links", "id_of(pattern)"): "matches the ids of one listing",
    ("crawler.scaffold.json_links", "pattern"): "matches one URL that the user of `newsource` passes",
}  # fmt: skip

PATTERNS = patterns_in(crawler)


def test_no_other_pattern_is_built_at_run_time() -> None:
    assert built_at_run_time(crawler) == set(RUN_TIME)


@pytest.mark.parametrize(
    "pattern", PATTERNS, ids=[f"{place}:{number}" for number, place in enumerate(PATTERNS.values())]
)
def test_a_pattern_takes_linear_time(pattern: re.Pattern[Any]) -> None:
    assert not superlinear_text(pattern), pattern.pattern


def test_the_patterns_of_page_ends_take_linear_time() -> None:
    sources = SourceLoader(Settings({"SPIDER_MODULES": ["crawler.spiders"]}))
    declared = [sources.load(name).page_ends for name in sources.list()]  # type: ignore[attr-defined]
    patterns = {part for page_ends in declared for pair in page_ends.items() for part in pair}
    assert len(patterns) >= 6
    for pattern in patterns:
        assert not superlinear_text(re.compile(pattern, re.IGNORECASE)), pattern


# The test itself ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pattern",
    [
        r"[0-9]+x",
        r"<script.*?</script>",
        r"<!--([^x]*?)-->",
        r"a\s*=\s*'?\s*b",
        r"https?://[^/]+/(?:[^?]*/)?html/",
        r'"(?:[^"\\]|\\.)*+"',
        r"(a+)+b",
        rb"WARC/1\.[01]\r\n(?:[^\r\n]+\r\n)+\r\n",
    ],
)
def test_superlinear_patterns_are_found(pattern: str | bytes) -> None:
    assert superlinear_text(re.compile(pattern))


@pytest.mark.parametrize(
    "pattern",
    [r"(?<!\d)\d{1,4}年", r"(?<!\d)\d++年", r"<[^<>]*>", r"\A\s*+a", r"[ \t]+", r"(?<!\\)\\*n", rb"\r\n[^\r\n]*x"],
)
def test_linear_patterns_pass(pattern: str | bytes) -> None:
    assert not superlinear_text(re.compile(pattern))


def test_patterns_are_found_wherever_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "held").mkdir()
    (tmp_path / "held" / "__init__.py").write_text("")
    (tmp_path / "held" / "module.py").write_text(
        "import re as expressions\n"
        "from dataclasses import dataclass, field\n"
        "from functools import cached_property, partial\n"
        "from re import sub\n"
        "LETTERS = 'a-z'\n"
        "found = {'key': [(expressions.compile('container'),)], expressions.compile('key'): 1}\n"
        "method = expressions.compile('method').search\n"
        "partly = partial(expressions.compile('partial').sub, '')\n"
        "class Held:\n"
        "    attribute = expressions.compile('attribute')\n"
        "    def function(self, default=expressions.compile('default').match):\n"
        "        return sub(f'inline [{LETTERS}]', '', default)\n"
        "@dataclass(slots=True)\n"
        "class Data:\n"
        "    value: object = field(default_factory=lambda: expressions.compile('value'))\n"
        "data = Data()\n"
        "def outer():\n"
        "    inside = expressions.compile('closure')\n"
        "    return lambda text: inside.search(text)\n"
        "closure = outer()\n"
        "def flags(text, part):\n"
        "    expressions.search('flags', text, expressions.I)\n"
        "    return expressions.split(part + 'x', text)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    name = "held"
    package = importlib.import_module(name)
    names = {pattern.pattern for pattern in patterns_in(package)}
    expected = "container key method partial attribute default value closure flags"
    assert names == {*expected.split(), "inline [a-z]"}
    assert {part for _, part in built_at_run_time(package)} == {"part + 'x'"}
