"""The forms a corpus file may have: Article -> text."""

from types import ModuleType

from crawler.layouts import gitbook, hugo

LAYOUTS: dict[str, ModuleType] = {"hugo": hugo, "gitbook": gitbook}
