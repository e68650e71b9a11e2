"""Scrapy's cookies, for the sources of users that need them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings


class CookiesAddon:
    """Scrapy add-on: COOKIES_ENABLED adds the middleware, whose import takes a tenth of the start of a crawl."""

    def update_settings(self, settings: BaseSettings) -> None:
        if settings.getbool("COOKIES_ENABLED"):
            from scrapy.downloadermiddlewares.cookies import CookiesMiddleware

            settings.setdefault_in_component_priority_dict("DOWNLOADER_MIDDLEWARES", CookiesMiddleware, 700)
