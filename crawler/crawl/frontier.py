"""Limit the number of articles of a run."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from scrapy import Request


class ArticleLimit:
    """Lets out requests until *number* articles (0: any) are on their way or stored, and holds the others back."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.taken = 0  # articles asked for, less those that turned out to be none
        self.waiting: deque[tuple[Request, bool]] = deque()

    def let(self, request: Request, is_article: bool) -> Iterator[Request]:
        """The request, now or later."""
        if self.number and self.taken >= self.number:
            self.waiting.append((request, is_article))
        else:
            self.taken += is_article
            yield request

    @property
    def held(self) -> int:
        """How many articles are held back."""
        return sum(is_article for _, is_article in self.waiting)

    def release(self, given_back: int = 0) -> Iterator[Request]:
        """What may go out now that so many articles turned out to be none, or a listing has nothing more."""
        self.taken -= given_back
        while self.waiting and self.taken < self.number:
            yield from self.let(*self.waiting.popleft())
