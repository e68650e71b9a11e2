"""Open the queue for a command, or state what is missing."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from scrapy.exceptions import UsageError
from scrapy.settings import BaseSettings

from crawler.corpus.ledger import open_ledger

MISSING = "the queue needs further packages: pip install 'press-corpus[cluster]'"


def open_queue(settings: BaseSettings) -> None:
    """Create or migrate the schemas of the ledger and of the queue, if necessary. Raises UsageError, `LedgerError`."""
    if find_spec("procrastinate") is None or find_spec("psycopg") is None:
        raise UsageError(MISSING, print_help=False)
    from crawler.cluster.queue_schema import connection_info, prepare_queue

    url = settings["LEDGER_URL"]
    try:
        connection_info(url)
    except ValueError as error:
        raise UsageError(str(error), print_help=False) from None
    open_ledger(Path(settings["OUTPUT_DIR"], ".state"), url).close()
    prepare_queue(url)
