"""Layouts of corpus files (`FORMAT.md`): render an article as text, and read title, date and URL back from a file."""

from types import ModuleType

from crawler.layouts import gitbook, hugo

LAYOUTS: dict[str, ModuleType] = {"hugo": hugo, "gitbook": gitbook}


def identify(text: str) -> tuple[str, str, str, str]:
    """Return title, date, URL and Markdown of a file in either layout. Raises ValueError for any other text."""
    return hugo.identify(text) if text.startswith("---\n") else gitbook.identify(text)
