"""Accept the old names of renamed settings for one release."""

from __future__ import annotations

import logging

from scrapy.settings import BaseSettings

from crawler import settings as defaults

logger = logging.getLogger(__name__)

# Old name -> new name, since 0.2. Remove in 0.3.
RENAMED_SETTINGS = {
    "REJECTED_PAUSE": "REJECTED_BACKOFF_FACTOR",
    "BLOCK_PAUSE": "BLOCK_BACKOFF",
    "BLOCK_PAUSE_MAX": "BLOCK_BACKOFF_MAX",
    "HIBOR_WATERMARKS": "HIBOR_KEEP_WATERMARKS",
    "PAPER_HALF_WIDTH": "PAPER_KEEP_HALF_WIDTH",
}


def apply_renamed_settings(settings: BaseSettings) -> None:
    """Copy the value of each old name to its new name, and log the new name.

    A new name of equal priority wins if its value differs from the default: a settings module that imports all of
    `crawler.settings` sets both names with equal priority.
    """
    for old, new in RENAMED_SETTINGS.items():
        priority = settings.getpriority(old)
        if priority is None:
            continue
        logger.warning("setting %s is renamed to %s; the old name is accepted until release 0.3", old, new)
        new_priority = settings.getpriority(new) or 0
        is_default = settings[new] == getattr(defaults, new)
        if priority > new_priority or (priority == new_priority and is_default):
            settings.set(new, settings[old], priority)
