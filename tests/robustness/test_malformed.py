"""Crawl 200 malformed records and fuzz for some seconds. `python -m tests.robustness.malformed` crawls 10,000."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from crawler.items import Article
from crawler.layouts import gitbook, hugo
from tests.robustness.malformed import checks
from tests.robustness.malformed.end_to_end import crawl_and_check
from tests.robustness.malformed.fuzz import TARGETS, fuzz
from tests.robustness.malformed.records import Generator


def test_generator_is_deterministic() -> None:
    assert Generator(1, 7).record() == Generator(1, 7).record() != Generator(2, 7).record()


def test_malformed_records_become_valid_files_or_refusals(tmp_path: Path) -> None:
    report = crawl_and_check(tmp_path, range(200), 1, unsafe=(True,))
    assert report.faults == []
    assert report.counts["articles.written"] > 120
    assert report.counts["pages.changed"] > 10
    assert report.counts["refused for an unclosed comment or script"] < 15
    assert report.counts["hugo.pages.unsafe=true"] == report.counts["articles.written"]


# Tests of the checks: each must find its errors.

ARTICLE = Article(
    source="s", id="1", url="https://a.example/1", title="题", date="2025-02-11", markdown="文", summary="文"
)
FILE = hugo.render(ARTICLE, tuple(checks.EXTRA))


def test_checks_accept_a_valid_file(tmp_path: Path) -> None:
    assert list(checks.file_faults(FILE.encode())) == []
    assert list(checks.book_faults(gitbook.render(ARTICLE).encode())) == []
    assert build_site(tmp_path, FILE) == ("", [])


@pytest.mark.parametrize(
    ("good", "bad", "fault"),
    [
        ("文", "\x1b[31m", "a control character"),
        ("文", "\ufffe", "a control character"),
        ("题", r"\e[31m", "a control character in title"),
        ("题", "\u202e题", "a line break or a bidirectional control in title"),
        ("题", r"a\nb", "a line break or a bidirectional control in title"),
        ("\n文", "\r\n文", "a control character"),
        ("\n---\n", "\n", "invalid front-matter delimiters"),
        ("---\n", "\n---\n", "invalid front-matter delimiters"),
        (".example/1)\n", ".example/1)", "invalid front-matter delimiters"),
        ('title: "题"', 'title: "题', "does not load"),
        ('"题"', "a: b", "does not load"),
        ('"题"', "!!python/object:os.system x", "does not load"),
        ("menu:", "url: /x\nmenu:", "keys"),
        ("lead:", "led:", "keys"),
        ('date: "2025-02-11"', 'date: "yesterday"', "date"),
        ('thumbnail: ""', 'thumbnail: "javascript:x"', "thumbnail"),
        ("\n文", "\n{{< x >}}", "an active template"),
        ("\n文", "\n`{% x %}`", "an active template"),
        ('title: "题"', 'title: "题" # \n---\n\n# x', "keys"),
    ],
)
def test_checks_find_an_invalid_file(good: str, bad: str, fault: str) -> None:
    assert good in FILE
    faults = list(checks.file_faults(FILE.replace(good, bad, 1).encode()))
    assert any(each.startswith(fault) for each in faults), faults


def build_site(folder: Path, *files: str) -> tuple[str, list[str]]:
    """Build a site with Hugo; return its error messages and the errors in its pages."""
    for number, text in enumerate(files):
        (folder / "content").mkdir(exist_ok=True)
        (folder / f"content/{number}.md").write_text(text)
    messages = checks.build(folder / "content", folder / "site", unsafe=True)
    pages = [] if messages else list(checks.rendered(folder / "site"))
    assert messages or len(pages) == len(files)
    return messages, [fault for _, _, faults in pages for fault in faults]


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("\n文", "\n{{< no-such-code >}}"),
        ("\n文", "\n``` {a=<}\n```"),
        ("menu:", "title: x\nmenu:"),
        ('"2025-02-11"', "2024-02-30"),
        ('"题"', "a: b"),
    ],
)
def test_hugo_fails_on_an_invalid_file(tmp_path: Path, good: str, bad: str) -> None:
    messages, _ = build_site(tmp_path, FILE, FILE.replace(good, bad, 1))
    assert messages.startswith("exit code 1")


def test_checks_find_active_content_in_pages_of_hugo(tmp_path: Path) -> None:
    active = {
        "content: element: b'<script>": "<script>bad()</script>",
        "content: element: b'<xq": "a <xq>b</xq>",
        "content: attribute: p onclick=": "<p onclick='bad()'>x</p>",
        "content: link: javascript": "[x](javascript:bad())",
        "content: link: data": "![x](<data:text/html,x>)",
        "content: link: vbscript": "<vbscript:bad()>",
        "content: comment": "<!-- x -->",
    }
    files = [FILE.replace("\n文", f"\n{text}") for text in active.values()]
    files.append(FILE.replace('summary: "文"', 'summary: "<script>bad()</script>"'))
    messages, faults = build_site(tmp_path, *files)
    assert not messages
    found = Counter(name for name in [*active, "summary: element: b'<script>"] for each in faults if name in each)
    assert len(found) == len(files), faults


@pytest.mark.parametrize("target", list(TARGETS))
def test_fuzz_finds_no_errors(target: str) -> None:
    assert fuzz(0.005, 1, target, examples=40) == {}
