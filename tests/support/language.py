"""Find banned words in docstrings, comments, messages and Markdown files.

Usage: python -m tests.support.language [FILE ...]

Without FILE, all Python and Markdown files of the repository are checked, except fixtures. The words are metaphors,
persons and archaic forms that a reader of technical English has to decode. Code (in backticks, fenced or indented) is
ignored. Messages, such as log lines and help texts, are checked in crawler/ only. Exits with 1 if a banned word is
found. "where" and "behind" are only counted, because SQL and code need them.
"""

from __future__ import annotations

import ast
import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
BANNED = re.compile(
    r"\b(?:"
    r"lest|so that|of which|nobody|anybody|somebody|whoever|whatever|anew|thereof|amiss"
    r"|(?:is|are|was|were|be) (?:none|no|nothing)\b(?! longer)"
    r"|rooms?|seams?|lives|stumbles?|befalls?|means? ill|nasty|mend(?:s|ed|ing)?"
    r"|says?|said|tells?|telling|told|knows|thinks?|speaks?"
    r"|a second pair of eyes|all is well|is at work|comes? out|for good|passed by|at hand"
    r")\b",
    re.IGNORECASE | re.ASCII,  # ASCII: a Chinese character beside a word is a word boundary
)
WARNED = re.compile(r"\b(?:where|behind)\b", re.IGNORECASE | re.ASCII)
_CODE = re.compile(r"`+(?:[^`\n]|\n(?!\s*\n))+`+")  # not across an empty line: a single backtick hides one paragraph
_BLOCK = re.compile(r"^ *```[\s\S]*?^ *```|^(?: {4}|\t).*$", re.MULTILINE)  # code blocks of Markdown
_PROSE = re.compile(r"[A-Za-z]{2,}[,;:]? [a-z]{2,}")  # two words: a message, not data
_LANGUAGE_FILE = Path(__file__).name


class Text(NamedTuple):
    """A piece of prose: *line* is its first line in the file."""

    line: int
    text: str


class Finding(NamedTuple):
    """A match in a file; *line* counts from 1."""

    path: Path
    line: int
    word: str

    def __str__(self) -> str:
        path = self.path.relative_to(ROOT) if self.path.is_relative_to(ROOT) else self.path
        return f"{path}:{self.line}: {self.word!r}"


def prose(source: str, messages: bool) -> Iterator[Text]:
    """Yield the comments and docstrings of Python *source*; if *messages*, also its strings of two or more words."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield Text(token.start[0], token.string)
    tree = ast.parse(source)
    docstrings = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                docstrings.add(first.value)
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and (node in docstrings or (messages and _PROSE.search(node.value)))
        ):
            yield Text(node.lineno, node.value)


def find(path: Path, pattern: re.Pattern[str] = BANNED) -> Iterator[Finding]:
    """Yield each match of *pattern* in the prose of a Python or Markdown file."""
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        without_code = _BLOCK.sub(lambda block: "\n" * block[0].count("\n"), source)
        texts: Iterator[Text] = iter([Text(1, without_code)])
    else:
        texts = prose(source, messages=path.is_relative_to(ROOT / "crawler"))
    for line, text in texts:
        bare = _CODE.sub(lambda code: "\n" * code[0].count("\n"), text)
        for match in pattern.finditer(bare):
            yield Finding(path, line + bare[: match.start()].count("\n"), match[0])


def project_files() -> list[Path]:
    """Return the tracked and new Python and Markdown files, without fixtures and this file."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py", "*.md"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    paths = [ROOT / name for name in names if not name.startswith(("tests/fixtures/", "output/"))]
    return [path for path in paths if path.is_file() and path.name != _LANGUAGE_FILE]


def main(names: list[str]) -> int:
    paths = [Path(name).resolve() for name in names] or project_files()
    findings = [finding for path in paths for finding in find(path)]
    warnings = sum(1 for path in paths for _ in find(path, WARNED))
    for finding in findings:
        print(finding)
    print(f"language: {len(findings)} banned words, {warnings} warnings (where, behind) in {len(paths)} files")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
