"""Errors that page readers raise."""

from __future__ import annotations

import copyreg
from typing import Any

from crawler.text.clean import one_line


class PageError(Exception):
    """A page that cannot be read as an article or a listing. str() is the reason, in one line.

    Raised as this base class for any unexpected exception in a reader: a bug of the crawler.

    Each subclass states when a reader raises it, whether the page is fetched again, and whether it is kept. "Retried
    within the run" means up to RETRY_TIMES more requests (setting). "Retried after growing pauses" means in later runs:
    in the next one, then after 1 h, 6 h, 1, 3 and 7 days (setting REJECTED_BACKOFF_FACTOR), then not again.
    This base class is retried after growing pauses. The page is kept.
    """

    kind = "bug"  # the name of the class in counts, in the ledger and in log lines
    keep = True  # whether the page is kept under OUTPUT_DIR/.rejected/
    is_retried = False  # whether the page is requested again within the run
    is_expected = False  # whether every site has such pages: they are not retried and do not need attention
    by_site = False  # whether the site causes it: such a page stays open, unless the page itself is the cause
    advice = "an error in press-corpus: see the log, and report it with the page in .rejected/"  # what a user can do

    def __init__(self, reason: str, *, field: str = "", selector: str = "") -> None:
        # One line of at most 500 characters: reasons contain text of the page and go into logs.
        super().__init__(one_line(reason)[:500])
        self.field = field  # the article field that is missing or invalid, if any
        self.selector = selector  # the CSS selector with an unexpected number of nodes, if any

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy and unpickle without a call of `__init__`: a subclass in a source may have other parameters."""
        return copyreg.__newobj__, (type(self), *self.args), self.__dict__  # type: ignore[attr-defined]


class Gone(PageError):
    """The article or the listing page was deleted or never existed: HTTP 404 or 410, or the site's own notice.

    Not retried. The page is not kept.
    """

    kind = "gone"
    keep = False
    is_expected = True
    advice = "pages are deleted or have moved: look for their new URL"


class Skipped(PageError):
    """The page is not an article by its type: a video, question, paid text, event, or images without text.

    Not retried. The page is not kept.
    """

    kind = "skipped"
    keep = False
    is_expected = True
    advice = "the listing leads to pages that are not articles: see the log"


class Blocked(PageError):
    """The site refuses requests for now: a captcha, a firewall, a rate limit, an empty response.

    Retried within the run after a pause for the host, then in each later run; after growing pauses if other pages of
    the host are read. The page is kept.
    """

    kind = "blocked"
    is_retried = True
    by_site = True
    advice = "the site refuses requests: run less often, raise DOWNLOAD_DELAY, contact the site; later runs retry"


class Unreachable(PageError):
    """The response is missing or unusable: no connection, a time-out, or a server error such as HTTP 500.

    The downloader retries a connection error and the statuses of RETRY_HTTP_CODES within the run. Then retried like
    `Blocked`. The page is not kept.
    """

    kind = "unreachable"
    keep = False
    by_site = True
    advice = "the site, or the network path to it, is down: open the site in a browser; later runs retry"


class LoginRequired(PageError):
    """The site shows the page only after a login, or with a cookie. Several in a row: see `Refusals.in_series`.

    Not retried within the run. Retried after growing pauses. The page is kept.
    """

    kind = "login"
    advice = "the pages require a login or a cookie, and the crawler has neither: see the log"


class LayoutChanged(PageError):
    """The page does not match the reader: a selector matches an unexpected number of nodes, a mandatory field is
    missing, or the page is not the one that was requested.

    Not retried within the run. Retried after growing pauses. The page is kept.
    """

    kind = "changed"
    advice = "the site has changed: `press-corpus rejected fixture` a page that failed, and fix the reader"


class NotSitePage(LayoutChanged):
    """A short page without any sign of the site: from a firewall or a login, or a notice of deletion.

    Raised by `reading.read` in place of `LayoutChanged`, and treated like it. Several in a row, and many in one run,
    count as blocked.
    """


class Incomplete(PageError):
    """The page is truncated, or its text is damaged.

    Retried within the run, then after growing pauses. The page is kept.
    """

    kind = "incomplete"
    is_retried = True
    advice = "pages arrive truncated or damaged: look at the pages in .rejected/; later runs retry"


# The errors by kind, in the order in which a verdict looks for them.
ERRORS: dict[str, type[PageError]] = {
    error.kind: error
    for error in (LayoutChanged, Blocked, LoginRequired, Incomplete, PageError, Unreachable, Gone, Skipped)
}
EXPECTED = tuple(kind for kind, error in ERRORS.items() if error.is_expected)
UNEXPECTED = tuple(kind for kind, error in ERRORS.items() if not error.is_expected)
