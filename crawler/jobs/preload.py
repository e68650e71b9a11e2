"""Import what a crawl needs once, in the process that starts the runs: their processes are forks of it.

A fork must run the code that is on disk, as a new interpreter does. Sources are edited and added while a scheduler
runs: a fork imports them again. After an upgrade, no process is forked: see `is_current`.
"""

from __future__ import annotations

import gc
import importlib
import logging
import os
import site
import sys
import sysconfig
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from crawler.crawl.fork import has_one_thread
from crawler.project import SETTINGS_MODULE, find_project

# What a crawl imports late, besides the classes that its settings name.
MODULES = (
    "crawler.__main__", "crawler.commands.crawl", "crawler.commands.job", "crawler.jobs.parent", "encodings.idna",
    "scrapy.core.engine", "scrapy.core.downloader.contextfactory", "sqlalchemy.dialects.sqlite", "uvloop",
)  # fmt: skip
COMPONENTS = (
    "ADDONS", "DOWNLOADER", "DOWNLOADER_MIDDLEWARES", "DOWNLOADER_MIDDLEWARES_BASE", "DOWNLOAD_HANDLERS",
    "DUPEFILTER_CLASS", "EXTENSIONS", "EXTENSIONS_BASE", "ITEM_PIPELINES", "ITEM_PROCESSOR", "LOG_FORMATTER",
    "REQUEST_FINGERPRINTER_CLASS", "ROBOTSTXT_PARSER", "SCHEDULER", "SCHEDULER_MEMORY_QUEUE",
    "SCHEDULER_PRIORITY_QUEUE", "SPIDER_MIDDLEWARES_BASE", "STATS_CLASS", "TWISTED_DNS_RESOLVER",
)  # fmt: skip

Stamp = tuple[int, int, int]  # of a file: time of its last change in ns, size, inode

_preloaded: set[str] = set()  # names of the modules that were imported before any source
_stamps: dict[str, Stamp | None] = {}  # file of a module -> its state when the module was first seen
_own: dict[str, bool] = {}  # name of a module that was imported later -> whether it is of the project


def preload() -> None:
    """Import what a crawl needs, if this process can be forked. Installs no reactor and starts no thread.

    Must be called before sources are loaded.
    """
    if _preloaded or not has_one_thread():  # preloaded: this process is a fork of one that did it
        return
    settings = importlib.import_module(SETTINGS_MODULE)
    from scrapy.settings import default_settings

    for name in COMPONENTS:
        value = getattr(settings, name, None) or getattr(default_settings, name)
        for path in (value,) if isinstance(value, str) else (*value, *value.values()):
            if isinstance(path, str) and path.startswith(("scrapy.", "crawler.")):
                importlib.import_module(path.rpartition(".")[0])
    for name in MODULES:
        if name.partition(".")[0] != "uvloop" or find_spec("uvloop"):
            importlib.import_module(name)
    _preloaded.update(sys.modules)
    gc.collect()
    gc.freeze()  # a fork shares the memory of this process until the collector touches it
    is_current()


def is_current() -> bool:
    """Return whether a fork would run the code that is on disk.

    False without `preload`, if a file of an imported module has changed (an upgrade), and for settings of another
    module: nothing is known about what that module imports. Sources and other modules of the project do not count.
    """
    if not _preloaded or os.environ.get("SCRAPY_SETTINGS_MODULE", SETTINGS_MODULE) != SETTINGS_MODULE:
        return False
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and not _is_own(name, module) and _stamps.setdefault(file, stamp := _stamp(file)) != stamp:
            logging.getLogger(__name__).info("%s has changed: each run is a new interpreter from now on", file)
            _preloaded.clear()
            return False
    return "twisted.internet.reactor" not in sys.modules


def forget() -> None:
    """In a fork: undo what the parent did for itself. The settings and modules of the project are imported again."""
    for name, module in list(sys.modules.items()):
        if name == SETTINGS_MODULE or _is_own(name, module):
            del sys.modules[name]
    importlib.invalidate_caches()  # a source that was added in this second
    logging.getLogger().handlers.clear()  # not closed: a file is flushed after each record
    if log := sys.modules.get("twisted.python.log"):  # Scrapy adds one observer each time it configures the log
        for observer in list(log.theLogPublisher.observers):
            log.removeObserver(observer)


def _is_own(name: str, module: ModuleType) -> bool:
    """Return whether a module is of the project: imported after `preload`, and installed nowhere.

    In a checkout, the sources of the package are the project's own.
    """
    if name in _preloaded:
        return False
    if name not in _own:
        if name.startswith("crawler."):
            _own[name] = name.startswith("crawler.spiders.") and find_project().is_checkout
        else:
            places = [getattr(module, "__file__", None), *getattr(module, "__path__", ())]
            file = next((Path(os.path.realpath(place)) for place in places if place), None)
            _own[name] = file is not None and not any(file.is_relative_to(root) for root in _installed())
    return _own[name]


@cache
def _installed() -> tuple[str, ...]:
    """Return the folders of installed modules."""
    paths = sysconfig.get_paths()
    roots = (paths[key] for key in ("stdlib", "platstdlib", "purelib", "platlib"))
    return tuple(map(os.path.realpath, (*roots, *site.getsitepackages(), site.getusersitepackages())))


def _stamp(file: str) -> Stamp | None:
    try:
        found = os.stat(file)  # noqa: PTH116 (1,500 files: a Path takes longer than the call)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
