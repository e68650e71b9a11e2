"""The forms a corpus file may have: Article -> text, and back to what the ledger knows of it."""

from types import ModuleType

from crawler.layouts import gitbook, hugo

LAYOUTS: dict[str, ModuleType] = {"hugo": hugo, "gitbook": gitbook}


def identify(text: str) -> tuple[str, str, str, str]:
    """Title, date, address and Markdown of a file in either layout. Raises ValueError where it is in neither."""
    return hugo.identify(text) if text.startswith("---\n") else gitbook.identify(text)
