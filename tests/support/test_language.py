"""`python -m tests.support.language` finds banned words in prose, and only there."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support import language


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty repository in place of the project."""
    monkeypatch.setattr(language, "ROOT", tmp_path)
    return tmp_path


def words(path: str, text: str) -> list[str]:
    """Write *text* to the file *path*, and return "line: word" for each banned word in it."""
    file = language.ROOT / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return [f"{finding.line}: {finding.word}" for finding in language.find(file)]


@pytest.mark.parametrize("path", ["crawler/a.py", "tests/test_a.py"])
@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('"""What the page says."""\n', "1: says"),
        ('class A:\n    """Summary.\n\n    Nobody reads it.\n    """\n', "4: Nobody"),
        ('def f():\n    """It lives here."""\n', "2: lives"),
        ('async def f():\n    """A seam."""\n', "2: seam"),
        ("x = 1  # so that y is 2\n", "1: so that"),
        ("# There is no hope: it is none.\nx = 1\n", "1: is no"),
    ],
)
def test_docstrings_and_comments_are_checked(path: str, source: str, expected: str) -> None:
    assert words(path, source)[0] == expected


@pytest.mark.parametrize(
    "line",
    [
        'logger.warning("the page says %s", reason)',
        'raise ValueError(f"{name} is told to stop")',
        'parser.add_argument("--limit", help="number of articles, lest it runs on")',
        'HELP = ("first line, "\n        "nobody reads the second")',
    ],
)
def test_messages_are_checked_only_in_the_crawler(line: str) -> None:
    assert len(words("crawler/commands/a.py", f"{line}\n")) == 1
    assert words("tests/test_a.py", f"{line}\n") == []


@pytest.mark.parametrize("value", ["said", "told", "says:", "a[@says]"])
def test_a_string_of_one_word_is_data(value: str) -> None:
    assert words("crawler/a.py", f'KEY = "{value}"\n') == []


@pytest.mark.parametrize(
    "source",
    [
        '"""Return `said` and `what nobody\nknows`: two code spans."""\n',
        '"""Call `tell()`, or ``told``."""\n',
        "said = told = 1\n",
        "x = 1  # see `nobody`\n",
        '"""It is no longer used."""\n',
        '"""Essays, unsaid, foretold: parts of words."""\n',
    ],
)
def test_code_is_ignored(source: str) -> None:
    assert words("tests/a.py", source) == []


@pytest.mark.parametrize("path", ["README.md", ".github/PULL_REQUEST_TEMPLATE.md", "crawler/layouts/FORMAT.md"])
def test_markdown_is_checked_without_code(path: str) -> None:
    text = """# What the page says

Text with `said` and ``nobody``.

```python
told = "says"
```

1. An item

   ```
   nobody
   ```

    indented = told

So that the line number is right.
"""
    assert words(path, text) == ["1: says", "17: So that"]


def test_one_backtick_hides_at_most_its_paragraph() -> None:
    assert words("README.md", "A ` alone.\n\nNobody.\n\nAnother ` here.\n") == ["3: Nobody"]


def test_english_words_between_chinese_characters_are_found() -> None:
    text = "它says什么。\n\n爬虫礼貌地抓取网页,lest网站拒绝。`nobody`\n"
    assert words("README.zh-CN.md", text) == ["1: says", "3: lest"]


def test_main_lists_findings_and_counts_warnings(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words("crawler/a.py", '"""The place where it lives, behind the page."""\n')
    words("b.md", "A sentence.\n")
    assert language.main([str(root / "crawler/a.py"), str(root / "b.md")]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "crawler/a.py:1: 'lives'",
        "language: 1 banned words, 2 warnings (where, behind) in 2 files",
    ]


def test_warnings_alone_pass(root: Path) -> None:
    words("a.md", "The folder where files are.\n")
    assert language.main([str(root / "a.md")]) == 0


def test_project_files_are_the_files_of_git_without_fixtures_and_output(root: Path) -> None:
    subprocess.run(["git", "init", "--quiet"], cwd=root, check=True)
    chosen = ["README.md", "README.zh-CN.md", ".github/ISSUE_TEMPLATE/bug.md", "crawler/a.py", "tests/b.py"]
    ignored = ["tests/fixtures/qq/a/article.md", "output/a.md", "ignored/a.md", "tests/support/language.py", "a.txt"]
    for name in (*chosen, *ignored):
        words(name, "")
    (root / ".gitignore").write_text("/ignored/\n", encoding="utf-8")
    assert sorted(str(path.relative_to(root)) for path in language.project_files()) == sorted(chosen)
