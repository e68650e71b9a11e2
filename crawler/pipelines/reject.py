"""Item pipeline that keeps refused pages under `.rejected/`."""

from __future__ import annotations

import hashlib
import logging
from typing import Any

from scrapy.exceptions import DropItem

from crawler.corpus.store import safe_name
from crawler.crawl.refusals import Refusal
from crawler.pipelines.base import ArticlePipeline
from crawler.recordings.cases import save_case

logger = logging.getLogger(__name__)


class RejectPipeline(ArticlePipeline):
    """Keeps a page that could not be read as a ready-made fixture case: .rejected/<source>/<id>/."""

    def process_item(self, item: Any) -> Any:
        if not isinstance(item, Refusal):
            return item
        page, error = item.page, item.error
        address = page.link.url if page.link else page.url  # a redirect may have led elsewhere
        if error.keep:
            folder = self.rejected / (
                safe_name(page.link.id) if page.link else listing_name(page.url, page.request_body)
            )
            try:
                save_case(folder, page, f"{error.kind}\n{error}\n")
            except OSError as failure:
                self.give_up(f"{address} cannot be kept", failure)
            logger.warning("%s: %s: %s (kept: %s)", error.kind, address, error, folder)
        else:
            logger.info("%s: %s: %s", error.kind, address, error)
        raise DropItem(f"{error.kind}: {address}", log_level="DEBUG")


def listing_name(url: str, sent: bytes) -> str:
    """A folder's name for a listing page: many share an address and differ in what was sent."""
    readable = safe_name(url.partition("://")[2])
    return f"{readable}-{hashlib.sha256(sent).hexdigest()[:8]}" if sent else readable
