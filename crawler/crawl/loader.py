"""Scrapy's spider loader, which skips a source that cannot be loaded."""

from __future__ import annotations

import logging
from importlib import import_module
from pkgutil import iter_modules

from scrapy.spiderloader import SpiderLoader

logger = logging.getLogger(__name__)


class SourceLoader(SpiderLoader):
    """Load each module of the packages in SPIDER_MODULES.

    Scrapy's own loader skips all modules after one that fails.
    """

    def _load_all_spiders(self) -> None:
        self.broken: dict[str, str] = {}  # module name -> error
        for package in self.spider_modules:
            for module in iter_modules(import_module(package).__path__):
                name = f"{package}.{module.name}"
                try:
                    self._load_spiders(import_module(name))
                except Exception as error:  # a module can raise anything
                    self.broken[name] = f"{type(error).__name__}: {error}"
                    logger.error("%s cannot be loaded: %s", name, self.broken[name])
        self._check_name_duplicates()
