"""Errors that page readers raise."""

from __future__ import annotations

from crawler.text.clean import one_line


class PageError(Exception):
    """A page that gives no article. `kind` is its class in the run's figures; str() is the reason."""

    kind = "bug"  # our own fault, or one we did not foresee
    keep = True  # whether the page is kept under .rejected/

    def __init__(self, reason: str, *, field: str = "", selector: str = "") -> None:
        # On one line, whatever a page said: reasons go into logs.
        super().__init__(one_line(reason)[:500])
        self.field = field  # the field that could not be read, where it was one
        self.selector = selector  # the selector that failed, where it was one


class Gone(PageError):
    """Deleted, or never there. Not tried again."""

    kind = "gone"
    keep = False


class Skipped(PageError):
    """No article by its kind: video, question, paid, event, image-only."""

    kind = "skipped"
    keep = False


class Blocked(PageError):
    """The site refuses us for now: captcha, WAF, rate limit, an empty answer."""

    kind = "blocked"


class Unreachable(PageError):
    """The site does not answer as a site does: no connection, a time-out, an error of the server. Tried again."""

    kind = "unreachable"
    keep = False


class LoginRequired(PageError):
    """The page is there, behind a login."""

    kind = "login"


class LayoutChanged(PageError):
    """The page is not built as the reader thinks, or is not the page that was asked for."""

    kind = "changed"


class NotSitePage(LayoutChanged):
    """A short page with nothing of the site on it: a firewall's, a login's, or that of a text that is gone. One may be
    anything; many are a block."""


class Incomplete(PageError):
    """The page breaks off, or its text is damaged."""

    kind = "incomplete"
