"""Crawl two hundred malformed records; fuzz for some seconds. `python -m tests.robustness.malformed` runs longer."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from crawler.items import Article
from crawler.layouts import gitbook, hugo
from tests.robustness.malformed import checks
from tests.robustness.malformed.drive import drive
from tests.robustness.malformed.fuzz import TARGETS, fuzz
from tests.robustness.malformed.records import Generator


def test_a_record_is_always_the_same() -> None:
    assert Generator(1, 7).record() == Generator(1, 7).record() != Generator(2, 7).record()


def test_nasty_records_become_harmless_files_or_refusals(tmp_path: Path) -> None:
    report = drive(tmp_path, range(200), 1, unsafe=(True,))
    assert report.faults == []
    assert report.figures["articles.written"] > 120
    assert report.figures["pages.changed"] > 10
    assert report.figures["hugo.pages.unsafe=true"] == report.figures["articles.written"]


# The checks themselves: each must find what it is there for.

ARTICLE = Article(
    source="s", id="1", url="https://a.example/1", title="题", date="2025-02-11", markdown="文", summary="文"
)
FILE = hugo.render(ARTICLE, tuple(checks.EXTRA))


def test_the_checks_find_nothing_in_a_good_file(tmp_path: Path) -> None:
    assert list(checks.file_faults(FILE.encode())) == []
    assert list(checks.book_faults(gitbook.render(ARTICLE).encode())) == []
    assert built(tmp_path, FILE) == ("", [])


@pytest.mark.parametrize(
    ("good", "bad", "fault"),
    [
        ("文", "\x1b[31m", "a control character"),
        ("文", "\ufffe", "a control character"),
        ("题", r"\e[31m", "a control character in title"),
        ("题", "\u202e题", "line breaks or marks of direction in title"),
        ("题", r"a\nb", "line breaks or marks of direction in title"),
        ("\n文", "\r\n文", "a control character"),
        ("\n---\n", "\n", "the frame is wrong"),
        ("---\n", "\n---\n", "the frame is wrong"),
        (".example/1)\n", ".example/1)", "the frame is wrong"),
        ('title: "题"', 'title: "题', "does not load"),
        ('"题"', "a: b", "does not load"),
        ('"题"', "!!python/object:os.system x", "does not load"),
        ("menu:", "url: /x\nmenu:", "keys"),
        ("lead:", "led:", "keys"),
        ('date: "2025-02-11"', 'date: "yesterday"', "date"),
        ('thumbnail: ""', 'thumbnail: "javascript:x"', "thumbnail"),
        ("\n文", "\n{{< x >}}", "a live template"),
        ("\n文", "\n`{% x %}`", "a live template"),
        ('title: "题"', 'title: "题" # \n---\n\n# x', "keys"),
    ],
)
def test_the_checks_find_a_bad_file(good: str, bad: str, fault: str) -> None:
    assert good in FILE
    found = list(checks.file_faults(FILE.replace(good, bad, 1).encode()))
    assert any(each.startswith(fault) for each in found), found


def built(folder: Path, *files: str) -> tuple[str, list[str]]:
    """Hugo's faults over these files, and those of the pages that it makes."""
    for number, text in enumerate(files):
        (folder / "content").mkdir(exist_ok=True)
        (folder / f"content/{number}.md").write_text(text)
    failed = checks.build(folder / "content", folder / "site", unsafe=True)
    pages = [] if failed else list(checks.rendered(folder / "site"))
    assert failed or len(pages) == len(files)
    return failed, [fault for _, _, faults in pages for fault in faults]


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
def test_hugo_fails_on_a_file_that_breaks_a_site(tmp_path: Path, good: str, bad: str) -> None:
    failed, _ = built(tmp_path, FILE, FILE.replace(good, bad, 1))
    assert failed.startswith("exit code 1")


def test_the_checks_find_what_acts_in_hugo_s_pages(tmp_path: Path) -> None:
    acting = {
        "content: element: b'<script>": "<script>bad()</script>",
        "content: element: b'<xq": "a <xq>b</xq>",
        "content: attribute: p onclick=": "<p onclick='bad()'>x</p>",
        "content: link: javascript": "[x](javascript:bad())",
        "content: link: data": "![x](<data:text/html,x>)",
        "content: link: vbscript": "<vbscript:bad()>",
        "content: comment": "<!-- x -->",
    }
    files = [FILE.replace("\n文", f"\n{text}") for text in acting.values()]
    files.append(FILE.replace('summary: "文"', 'summary: "<script>bad()</script>"'))
    failed, faults = built(tmp_path, *files)
    assert not failed
    found = Counter(name for name in [*acting, "summary: element: b'<script>"] for each in faults if name in each)
    assert len(found) == len(files), faults


@pytest.mark.parametrize("target", list(TARGETS))
def test_no_part_fails_on_what_it_reads(target: str) -> None:
    assert fuzz(0.005, 1, target, examples=40) == {}
