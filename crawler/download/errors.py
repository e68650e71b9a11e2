"""Errors of requests that are not sent."""

from __future__ import annotations

from scrapy.exceptions import IgnoreRequest


class RequestDropped(IgnoreRequest):
    """A request that was not let out. `figure` is where the run's figures count it."""

    def __init__(self, reason: str, figure: str) -> None:
        super().__init__(reason)
        self.figure = figure
