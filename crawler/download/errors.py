"""Errors of requests that are not sent."""

from __future__ import annotations

from scrapy.exceptions import IgnoreRequest


class RequestDropped(IgnoreRequest):
    """A request that is dropped before it is sent, or before its response is complete.

    *reason* is a line for the log. *figure* is the stats key under which the request is counted, as in
    Count.LINKS_NOT_FETCHED.
    """

    def __init__(self, reason: str, figure: str) -> None:
        super().__init__(reason)
        self.figure = figure
