"""The setting OUTPUT_DIR with a URL: check that a command works with object storage, and set its local folder."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec

from scrapy.exceptions import UsageError
from scrapy.settings import BaseSettings

from crawler.corpus.object_place import is_url, local_state
from crawler.project import PROGRAM, find_project

_LOCAL_ONLY = ("corpus", "site")  # commands that read articles one by one
_VERBS = ("remove", "restore", "removed")  # of `corpus`, for object storage, too
# Commands that need a corpus.
_CORPUS_COMMANDS = (
    *("crawl", "backfill", "job", "schedule", "worker", "enqueue"),
    *("health", "ledger", "rejected", "corpus"),
)
_COPY = "copy it first, for example with `aws s3 sync` or `rclone`, and set OUTPUT_DIR to the copy"


def use_object_storage(settings: BaseSettings, command: str, words: Sequence[str]) -> None:
    """Split OUTPUT_DIR if it is a URL: OBJECT_URL becomes the URL, OUTPUT_DIR the local folder for state.

    Everything except the articles (logs, refused pages, locks) is in that folder. Raises UsageError if *command* with
    the arguments *words*, or a setting, does not work with object storage.
    """
    url = str(settings["OUTPUT_DIR"])
    if not is_url(url):
        return
    project = find_project().folder
    try:
        root = local_state(url, project / "output" / ".objects")
    except ValueError as error:
        raise UsageError(str(error), print_help=False) from None
    if command in _LOCAL_ONLY and not (command == "corpus" and words and words[0] in _VERBS):
        name = " ".join((PROGRAM, command, *words[:1]))
        raise UsageError(f"OUTPUT_DIR={url}: `{name}` works with a corpus in a folder only; {_COPY}", print_help=False)
    if command in _CORPUS_COMMANDS:
        _check(settings, url)
    priority = settings.getpriority("OUTPUT_DIR") or 0
    settings.set("OUTPUT_DIR", str(project / settings["STATE_DIR"] if settings["STATE_DIR"] else root), priority)
    settings.set("OBJECT_URL", url, "cmdline")


def _check(settings: BaseSettings, url: str) -> None:
    if not str(settings["LEDGER_URL"]).startswith("postgresql"):
        raise UsageError(
            f"OUTPUT_DIR={url} needs a ledger in PostgreSQL: LEDGER_URL=postgresql+psycopg://USER@HOST/DATABASE",
            print_help=False,
        )
    if find_spec("obstore") is None:
        raise UsageError(
            f"OUTPUT_DIR={url} needs a further package: pip install 'press-corpus[objects]'", print_help=False
        )
    if settings["OBJECT_LAYOUT"] not in ("files", "shards"):
        raise UsageError(f"OBJECT_LAYOUT={settings['OBJECT_LAYOUT']}: allowed are files and shards", print_help=False)
    if settings["OBJECT_LAYOUT"] == "shards" and find_spec("pyarrow") is None:
        raise UsageError(
            "OBJECT_LAYOUT=shards needs a further package: pip install 'press-corpus[data]'", print_help=False
        )
    refused = {
        "LAYOUT=gitbook": settings["LAYOUT"] == "gitbook",
        "STORE_PICTURES": settings["STORE_PICTURES"] not in (False, "False", "0", ""),
        "KEEP_VERSIONS (turn on the versions of the bucket)": settings["KEEP_VERSIONS"]
        not in (False, "False", "0", ""),
    }
    for name, is_set in refused.items():
        if is_set:
            raise UsageError(f"OUTPUT_DIR={url}: object storage does not support {name}", print_help=False)
