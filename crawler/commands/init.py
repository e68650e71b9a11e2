"""press-corpus init [FOLDER]: create a project folder for the user's own sources, recordings and settings."""

from __future__ import annotations

import argparse
from pathlib import Path

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from crawler.commands.errors import one_line_errors
from crawler.project import CONFIG_FILE

FILES = {  # path -> text
    CONFIG_FILE: """\
[settings]
default = crawler.settings

# Permanent settings, NAME = value as with -s; paths are relative to this folder. For example:
#     LAYOUT = gitbook
#     EXTRA_KEYS = author,keywords
[press-corpus]

# Schedules that differ from those of the sources, SOURCE = cron expression in Beijing time; empty: by hand only.
[schedule]
""",
    "spiders/__init__.py": '"""The sources of this project, one file each. `press-corpus newsource` drafts one."""\n',
    ".env": """\
# Environment variables of press-corpus in this folder, one NAME=value per line. Readable only by you.
# An email address or URL at which the operators of the sites can reach you:
CRAWLER_CONTACT=
# URLs of services that receive notices of failed runs, and the database of the ledger (default: SQLite):
# NOTICE_URLS=
# LEDGER_URL=
""",
    ".gitignore": "/output/\n/demo/\n/.env\n__pycache__/\n",
}
FOLDERS = ("spiders", "fixtures")


class Command(ScrapyCommand):
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[options] [FOLDER]"

    def short_desc(self) -> str:
        return "Create a project folder for your own sources, recordings and settings"

    def long_desc(self) -> str:
        return (
            "Create scrapy.cfg (settings and schedules), spiders/ (your sources), fixtures/ (recorded pages) and .env "
            "(environment variables, such as CRAWLER_CONTACT) in FOLDER, by default the current folder. Existing files "
            "are not changed. In this folder and below it, all commands use these files, and the corpus is in output/."
        )

    @one_line_errors
    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if len(args) > 1 or any(word.startswith("-") for word in args):
            raise UsageError("expected at most one FOLDER", print_help=False)
        folder = Path(*args)
        if (folder / CONFIG_FILE).exists():
            raise UsageError(f"{folder / CONFIG_FILE} already exists; choose another FOLDER", print_help=False)
        for name in create(folder):
            print(f"created: {folder / name}")
        print(f"Next: set CRAWLER_CONTACT in {folder / '.env'}; then, in this folder: press-corpus newsource NAME URL")


def create(folder: Path) -> list[str]:
    """Create the files of a project in *folder*, except those that exist. Returns the new ones. Raises OSError."""
    for name in FOLDERS:
        (folder / name).mkdir(parents=True, exist_ok=True)
    created = [name for name in FILES if not (folder / name).exists()]
    for name in created:
        (folder / name).touch(0o600 if name == ".env" else 0o666)
        (folder / name).write_text(FILES[name], encoding="utf-8")
    return created
