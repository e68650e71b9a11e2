"""The item for a page that gave no article."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crawler.reading.errors import PageError
    from crawler.reading.page import Page


@dataclass(frozen=True, slots=True, eq=False)
class Refusal:
    """A fetched page that is no article and no listing, with the reason."""

    page: Page
    error: PageError
