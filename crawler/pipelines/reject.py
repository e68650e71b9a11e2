"""Save refused pages under `.rejected/`."""

from __future__ import annotations

import hashlib
import logging
from typing import Any

from scrapy.exceptions import DropItem

from crawler.corpus.errors import LedgerError
from crawler.corpus.store import safe_name
from crawler.crawl.refusals import Refusal
from crawler.pipelines.base import ArticlePipeline
from crawler.recordings.cases import save_case

logger = logging.getLogger(__name__)


class RejectPipeline(ArticlePipeline):
    """Save each page that a reader refused as a fixture case in `.rejected/<source>/<id>/`, and drop the item.

    A page whose error has `keep` = False is only logged.
    """

    def process_item(self, item: Any) -> Any:
        if not isinstance(item, Refusal):
            return item
        page, error = item.page, item.error
        url = page.link.url if page.link else page.url  # after a redirect, the URL of the page differs
        if error.keep:
            folder = self.rejected / (
                safe_name(page.link.id) if page.link else listing_name(page.url, page.request_body)
            )
            try:
                with self.spider.corpus.storing():
                    save_case(folder, page, f"{error.kind}\n{error}\n")
            except (OSError, LedgerError) as failure:
                self.stop_run(f"{url} cannot be saved under .rejected/", failure)
            logger.warning("%s: %s: %s (kept: %s)", error.kind, url, error, folder)
        else:
            logger.info("%s: %s: %s", error.kind, url, error)
        raise DropItem(f"{error.kind}: {url}", log_level="DEBUG")


def listing_name(url: str, request_body: bytes) -> str:
    """Return the folder name of a listing page. A hash of *request_body* separates POST requests to the same URL."""
    readable = safe_name(url.partition("://")[2])
    return f"{readable}-{hashlib.sha256(request_body).hexdigest()[:8]}" if request_body else readable
