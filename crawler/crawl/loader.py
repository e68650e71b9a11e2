"""Scrapy's loader of spiders, for which a source that cannot be loaded is that one source."""

from __future__ import annotations

import logging
from importlib import import_module
from pkgutil import iter_modules

from scrapy.spiderloader import SpiderLoader

logger = logging.getLogger(__name__)


class SourceLoader(SpiderLoader):
    """Loads each module of the packages in SPIDER_MODULES. (Scrapy's own leaves out, with one that fails, all behind
    it.)"""

    def _load_all_spiders(self) -> None:
        self.broken: dict[str, str] = {}  # module -> why it cannot be loaded
        for package in self.spider_modules:
            for module in iter_modules(import_module(package).__path__):
                name = f"{package}.{module.name}"
                try:
                    self._load_spiders(import_module(name))
                except Exception as error:  # whatever a module does
                    self.broken[name] = f"{type(error).__name__}: {error}"
                    logger.error("%s cannot be loaded: %s", name, self.broken[name])
        self._check_name_duplicates()
