"""A corpus of three articles of the toy site, and commands for it."""

from __future__ import annotations

import time
from pathlib import Path

from tests.download.test_throttle import NOT_FOUND, article, listing
from tests.support.mirror import Run, scrapy
from tests.support.server import Answer
from tests.support.toy_site import TOY, Site

NAMES = ("a1", "a2", "a3")


def crawl_three_articles(site: Site) -> Run:
    """Record a listing and three articles, and crawl them."""
    site.listing("news", *NAMES)
    for name in NAMES:
        site.article(name, body=f"<p>text of {name}.</p>")
    return site.crawl()


def run_command(site: Site, *arguments: str) -> tuple[int, str]:
    """Run another Scrapy command for the corpus of *site*; return exit code and standard output."""
    options = ("-s", f"OUTPUT_DIR={site.output}", "-s", f"REPLAY={site.folder}", *TOY)
    process = scrapy(*arguments, *options, timeout=60)
    assert "Traceback" not in process.stderr
    return process.returncode, process.stdout


def ledger_path(site: Site) -> Path:
    return site.output / ".state" / "ledger.db"


def assert_logged_once(run: Run, message: str) -> None:
    """Check that the log contains *message* once, and no traceback."""
    assert run.log.count(message) == 1, run.log
    assert "Traceback" not in run.log


def slow_site(path: str, number: int) -> Answer:
    """Return a response of a site with two listing pages and slow articles."""
    if path == "/news":
        next_link = '</ul><a class="next" href="/news/2"></a></html>'
        page = listing("a1", "a2", "a3")
        return Answer(page.body.replace("</ul></html>", next_link))
    if path == "/news/2":
        return listing("a4", "a5")
    time.sleep(0.1)
    return article(path[3:5]) if path.startswith("/a/") else NOT_FOUND


# Options of a crawl by HTTP instead of recorded pages.
NETWORK = ("-s", "DOWNLOAD_DELAY=0.01", "-s", "SPIDER_MODULES=tests.support.toy")
