"""Layouts of corpus files (`FORMAT.md`): render an article as text, and read title, date and URL back from a file."""

from types import ModuleType
from typing import Any

from crawler.layouts import gitbook, hugo

LAYOUTS: dict[str, ModuleType] = {"hugo": hugo, "gitbook": gitbook}


def identify(text: str) -> tuple[str, str, str, str]:
    """Return title, date, URL and Markdown of a file in either layout. Raises ValueError for any other text."""
    return identify_with_metadata(text)[0]


def split_body(text: str) -> tuple[str, str]:
    """Return the front matter of a file with its closing line, "" for a GitBook page, and all text after it."""
    head, fence, body = text.partition("\n---\n")
    return (head + fence, body) if fence and text.startswith("---\n") else ("", text)


def title_and_markdown(text: str) -> tuple[str, str]:
    """Return title and Markdown of a file, as `identify` does, in a third of the time. Raises ValueError."""
    if found := hugo.title_and_markdown(text):
        return found
    title, _, _, markdown = identify(text)
    return title, markdown


def identify_with_metadata(text: str) -> tuple[tuple[str, str, str, str], dict[str, Any]]:
    """Return the result of `identify`, and the front matter of the file, which a GitBook page lacks."""
    if text.startswith("---\n"):
        return hugo.identify_with_metadata(text)
    return gitbook.identify(text), {}
