"""Choose the public archive of a run by its arguments and settings."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from scrapy.settings import BaseSettings

from crawler.captures.capture import PublicArchive
from crawler.crawl.arguments import PUBLIC_ARCHIVES, ArgumentError, Arguments
from crawler.reading.source import Source


def public_archive(source: Source, arguments: Arguments, settings: BaseSettings) -> PublicArchive | None:
    """Return the archive that the run reads instead of the site; None for other runs.

    Raises `ArgumentError` if archives cannot have the articles of *source*.
    """
    if arguments.origin not in PUBLIC_ARCHIVES:
        return None
    # Here, as few runs need them: they import the readers of archive files.
    from crawler.captures.common_crawl import CommonCrawl
    from crawler.captures.places import places_of
    from crawler.captures.wayback import Wayback

    try:
        places = places_of(source)
    except ValueError as error:
        raise ArgumentError(f"from={arguments.origin}: {error}") from None
    since, until = arguments.since, arguments.until
    if arguments.origin == "wayback":
        return Wayback(places, settings["WAYBACK_URL"].rstrip("/"), since, until)
    index, data = (settings[f"COMMONCRAWL_{name}_URL"].rstrip("/") for name in ("INDEX", "DATA"))
    return CommonCrawl(places, index, data, arguments.crawl, since, until)


def set_archive_slots(settings: BaseSettings, hosts: Iterable[str]) -> None:
    """Set the delays of Scrapy's downloader for the hosts of an archive to 0: the throttle has the delays for them.

    *settings* are those of a run that has not started.
    """
    slots = {urlsplit(f"//{host}").hostname: {"delay": 0.0} for host in hosts}
    if slots:
        settings.set("DOWNLOAD_SLOTS", {**settings.getdict("DOWNLOAD_SLOTS"), **slots}, "cmdline")
