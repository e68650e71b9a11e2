"""press-corpus site build | serve: the corpus as a website."""

from __future__ import annotations

import argparse
import functools
import http.server
import sys
from contextlib import closing
from pathlib import Path

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from crawler.commands.errors import one_line_errors
from crawler.corpus.demo import is_corpus
from crawler.corpus.ledger import open_ledger
from crawler.corpus.store import Store
from crawler.text.plural import plural

LARGE = 20_000  # articles; a build of so many needs about 2.5 GiB of memory
MISSING = "`site` needs further packages: pip install 'press-corpus[site]'"
MARK = ".press-corpus-site"  # a file in a site: only such a folder is replaced


class Command(ScrapyCommand):
    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[options] build | serve"

    def short_desc(self) -> str:
        return "Build the corpus as a website with lists, search and feeds, or show it"

    def long_desc(self) -> str:
        return (
            "build: write the site to a folder, which any web server can publish. It has a page for each article, "
            "lists by source, month, keyword and newspaper, a search in the browser, RSS and JSON feeds, sitemap.xml "
            "and llms.txt. The corpus stays unchanged. Needs about 120 KiB of memory for each article; above --large "
            "articles the site is built year by year. serve: build the site, and show it on this machine until "
            "Ctrl-C. Exit codes: 0 done; 1 the site cannot be built; 2 invalid command line; 4 another build is "
            "active; 5 the disk; 6 the ledger."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        group = parser.add_argument_group("Site")
        group.add_argument("--to", metavar="FOLDER", default="site", help="folder of the site (default: site)")
        group.add_argument(
            "--url", metavar="URL", default="", help="address of the published site, for feeds and sitemap"
        )
        group.add_argument("--title", default="语料库", help="title of the site (default: 语料库)")
        group.add_argument(
            "--large",
            metavar="N",
            type=int,
            default=LARGE,
            help="articles above which the site is built year by year (default: %(default)s)",
        )
        group.add_argument("--port", type=int, default=1313, help="with serve: the port (default: 1313)")

    @one_line_errors
    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        if args not in (["build"], ["serve"]):
            raise UsageError("expected: site build, or site serve", print_help=False)
        if opts.url and not opts.url.startswith(("http://", "https://")):
            raise UsageError(f"--url={opts.url} is not a URL that starts with http:// or https://", print_help=False)
        try:
            from crawler.website.articles import LayoutError, read_site
            from crawler.website.build import SiteOptions, build
            from crawler.website.hugo import HugoError
        except ModuleNotFoundError:
            raise UsageError(MISSING, print_help=False) from None
        store = Store(Path(self.settings["OUTPUT_DIR"]))
        if not is_corpus(store.root):
            raise UsageError(f"{store.root} is not a corpus: no run has written to it", print_help=False)
        target = Path(opts.to).absolute()
        if target.exists() and not (target / MARK).exists():
            raise UsageError(f"{target} exists and is not a site: choose a new folder with --to", print_help=False)
        url = opts.url or (f"http://localhost:{opts.port}/" if args == ["serve"] else "http://localhost/")
        options = SiteOptions(url=f"{url.rstrip('/')}/", title=opts.title, large=max(opts.large, 0))
        try:
            with closing(open_ledger(store.root / ".state", self.settings["LEDGER_URL"])) as ledger:
                site = read_site(store, ledger, options.title)
            build(store, site, target, options, MARK, lambda step: print(f"site: {step}", file=sys.stderr, flush=True))
        except (HugoError, LayoutError) as error:
            print(f"error: {error}", file=sys.stderr)
            self.exitcode = 1
            return
        print(f"{target}: {plural(len(site.articles), 'article')}, {plural(len(site.pages), 'list')}")
        if args == ["serve"]:
            serve(target, opts.port)


def serve(folder: Path, port: int) -> None:
    """Show the files in *folder* to this machine, until Ctrl-C."""
    handler = functools.partial(QuietHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        print(f"http://localhost:{server.server_port}/ (Ctrl-C ends)", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Logs errors only."""

    def log_request(self, code: object = "-", size: object = "-") -> None:
        pass
