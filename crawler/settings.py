"""Settings of the project, for Scrapy and for this crawler.

Override a setting with `-s NAME=VALUE` on the command line, or permanently in section [press-corpus] of the project's
scrapy.cfg. `OUTPUT_DIR`, `STATE_DIR`, `LEDGER_URL` and `CRAWLER_CONTACT` are also read from the environment. Names
without a counterpart in Scrapy's reference (https://docs.scrapy.org/en/latest/topics/settings.html) belong to this
project.
"""

import logging as _logging
import os
import sys as _sys
from datetime import datetime as _datetime
from importlib.util import find_spec

from scrapy.settings import default_settings as _scrapy

from crawler.download.identification import user_agent as _user_agent
from crawler.project import check_names as _check_names
from crawler.project import commands_module as _commands_module
from crawler.project import find_project as _find_project
from crawler.project import permanent_settings as _permanent_settings
from crawler.text.dates import BEIJING as _BEIJING

_project = _find_project()
_permanent = _permanent_settings(_project)


def _value(name: str, default: str = "") -> str:
    """Return a setting from the environment, else from scrapy.cfg."""
    return os.environ.get(name) or _permanent.get(name) or default


# Project layout
BOT_NAME = "crawler"
SPIDER_MODULES = ["crawler.spiders"]
if not _project.is_checkout and _project.spiders and _project.spiders.is_dir():
    SPIDER_MODULES.append("spiders")  # the user's own sources; one of the same name replaces a source of this package
SPIDER_LOADER_CLASS = "crawler.crawl.loader.SourceLoader"  # a source that fails to import does not stop the others
COMMANDS_MODULE = _commands_module(_sys.argv)
# Output folders of the commands `newsource` and `record`; empty outside of a project
SPIDERS_DIR = str(_project.spiders or "")
FIXTURES_DIR = str(_project.fixtures or "")
# Absolute, because Scrapy disables a cache with a relative path in a folder without scrapy.cfg.
HTTPCACHE_DIR = str(_project.folder / ".scrapy" / "httpcache")

# Corpus. Relative to the project folder, or without a project to the current folder. Or the URL of object storage:
# s3://BUCKET/PREFIX, see corpus/OBJECTS.md
OUTPUT_DIR = _value("OUTPUT_DIR", "output")
if "://" not in OUTPUT_DIR:
    OUTPUT_DIR = str(_project.folder / OUTPUT_DIR)
# Local folder for logs, locks and refused pages of a corpus in object storage; empty: one in output/.objects/
STATE_DIR = _value("STATE_DIR")
OBJECT_LAYOUT = (
    "files"  # in object storage: "files" (one object for each article), "shards" (a Parquet file for each run)
)
OBJECT_URL = ""  # set from OUTPUT_DIR when a command starts; OUTPUT_DIR is the local folder then
LAYOUT = "hugo"  # "hugo" (front matter) or "gitbook"
EXTRA_KEYS: list[str] = []  # additional front-matter keys after `widgets`: author, keywords, counts, …
KEEP_VERSIONS = False  # keep a copy of each file that is replaced, in OUTPUT_DIR/.state/versions/
STORE_PICTURES = False  # store the pictures of articles beside them, and link these; needs the extra "pictures"
PICTURE_MAXSIZE = 10 * 1024 * 1024  # bytes of the largest picture that is stored
OVERWRITE_EDITED = False  # replace files that were edited by hand when their article changes
HIBOR_KEEP_WATERMARKS = True  # as in the existing corpus
PAPER_KEEP_HALF_WIDTH = False  # keep half-width , ? : ( ) % between Chinese characters in local files

# Ledger: an SQLAlchemy URL; empty: SQLite in OUTPUT_DIR/.state/. Prefer the environment variable to `-s LEDGER_URL=`
# for a URL with a password: other users of the machine can see command lines.
LEDGER_URL = _value("LEDGER_URL")
# Multiplies the pauses before a rejected page is fetched again: 0, 1 h, 6 h, 1 day, 3 days, 7 days.
REJECTED_BACKOFF_FACTOR = 1.0
KEEP_LOGS = 20  # log files of `press-corpus job` for each source, in OUTPUT_DIR/.state/logs/

# Recordings
RECORD = ""  # path of a new WARC file for all requests and responses
REPLAY = ""  # archives or a folder of recorded pages, used instead of the network: see recordings/README.md

# Processes that read the pages of archives, besides the one that stores the articles. 1: none; 0: one for each core
# that this process may use, at most 8, if the archive has many new articles.
PROCESSES = 0

# Identification: set CRAWLER_CONTACT to an email address or URL at which site operators can reach you.
CRAWLER_CONTACT = _value("CRAWLER_CONTACT")
USER_AGENT = _user_agent(CRAWLER_CONTACT)
ADDONS = {
    "crawler.download.identification.ContactAddon": 0,  # for `-s CRAWLER_CONTACT=`
    "crawler.download.cookies.CookiesAddon": 0,  # for `-s COOKIES_ENABLED=True`
}
ROBOTSTXT_USER_AGENT = "PressCorpus"
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5",
}
COOKIES_ENABLED = False  # no source needs cookies, and sites cannot use them to track the crawler

# Politeness. Scrapy's defaults: robots.txt ignored, 8 concurrent requests to a host, no delay.
ROBOTSTXT_OBEY = True
CONCURRENT_REQUESTS_PER_DOMAIN = 1
DOWNLOAD_DELAY = 2.0  # minimum seconds between two requests to a host
DOWNLOAD_DELAY_JITTER = 0  # jitter would shorten some delays below the minimum
BLOCK_BACKOFF, BLOCK_BACKOFF_MAX = 30.0, 600.0  # seconds that a host is paused after a block page, doubled each time

# Public archives (`-a from=commoncrawl`, `-a from=wayback`). Delays are the seconds between a response and the next
# request.
COMMONCRAWL_INDEX_URL = "https://index.commoncrawl.org"
COMMONCRAWL_DATA_URL = "https://data.commoncrawl.org"
COMMONCRAWL_INDEX_DELAY, COMMONCRAWL_DATA_DELAY = 2.0, 1.0
WAYBACK_URL = "https://web.archive.org"
WAYBACK_INDEX_DELAY, WAYBACK_REPLAY_DELAY = 2.5, 4.0  # 24 requests of its index a minute, 15 of pages
# Seconds of the first pause after an archive did not answer (429, 503 …), after it refused a connection, and of the
# longest one. Each pause is twice as long as the one before.
ARCHIVE_BACKOFF, ARCHIVE_REFUSED_BACKOFF, ARCHIVE_BACKOFF_MAX = 10.0, 120.0, 1920.0

# Downloads
DOWNLOAD_VERIFY_CERTIFICATES = True  # Scrapy's default: certificates are not verified
DOWNLOAD_TIMEOUT = 25  # seconds; fetching and reading a page together take at most 30
DOWNLOAD_MAXSIZE = 16 * 1024 * 1024  # bytes; the largest article pages have 2 MB, Scrapy's default is 1 GiB
DOWNLOAD_WARNSIZE = 8 * 1024 * 1024
TWISTED_DNS_RESOLVER = "crawler.download.resolver.PublicResolver"  # rejects hosts that resolve to private addresses
# Limits response headers, and waits at most 5 seconds for pending requests when a run is stopped.
DOWNLOAD_HANDLERS = dict.fromkeys(("http", "https"), "crawler.download.handler.DownloadHandler")
SCHEDULER = "crawler.crawl.stats.CountingScheduler"  # counts the requests that are left at the end of a run
RETRY_TIMES = 2
RETRY_GIVE_UP_LOG_LEVEL = "DEBUG"  # the project logs one line for the page itself
RETRY_HTTP_CODES = [408, 500, 502, 504, 522, 524]  # 429, 503 and similar are refusals: their host is paused first
REDIRECT_MAX_TIMES = 5
URLLENGTH_LIMIT = 0  # no limit: Scrapy drops longer URLs without counting them
MEDIA_ALLOW_REDIRECTS = True  # of pictures; `SourceRedirect` follows them to the source's own hosts only
METAREFRESH_ENABLED = False  # no article needs it, and it searches every page


def _without(components: dict[str, int], *names: str) -> dict[str, int]:
    """Return Scrapy's *components* without the classes *names*. With the order None, Scrapy would still import them."""
    return {path: order for path, order in components.items() if path.rpartition(".")[2] not in names}


# Components, by Scrapy's order numbers: requests pass downloader middlewares in ascending order, responses in
# descending order.
DOWNLOADER_MIDDLEWARES = {
    "crawler.download.hosts.HostGuard": 10,  # replaces OffsiteMiddleware, and counts the requests
    "crawler.recordings.middlewares.ReplayMiddleware": 20,  # before robots.txt (100), which does not apply to a replay
    "crawler.download.robots.StrictRobots": 100,  # replaces RobotsTxtMiddleware
    "crawler.download.compression.StrictCompression": 590,  # replaces HttpCompressionMiddleware
    "crawler.download.hosts.SourceRedirect": 600,  # replaces RedirectMiddleware
    "crawler.download.throttle.HostThrottle": 890,  # after RetryMiddleware (550): retries wait too
    "crawler.recordings.middlewares.RecordMiddleware": 950,  # last: records responses before decompression
}
DOWNLOADER_MIDDLEWARES_BASE = _without(
    _scrapy.DOWNLOADER_MIDDLEWARES_BASE,
    *("RobotsTxtMiddleware", "HttpCompressionMiddleware", "RedirectMiddleware", "OffsiteMiddleware"),
    "CookiesMiddleware",  # `CookiesAddon` adds it if COOKIES_ENABLED is set: its import takes a tenth of the start
)
SPIDER_MIDDLEWARES_BASE = _without(
    _scrapy.SPIDER_MIDDLEWARES_BASE,
    # Warns of requests that copy the meta of another request, as retries of refused pages do on purpose.
    "MetaCopyDetectionMiddleware",
    # Readers get responses of every status, and the depth of a page is not used: both would cost time for each page.
    *("HttpErrorMiddleware", "DepthMiddleware"),
)
ITEM_PIPELINES = {
    "crawler.pipelines.reject.RejectPipeline": 100,
    "crawler.pipelines.normalize.NormalizePipeline": 300,
    "crawler.pipelines.gitbook.GitBookPipeline": 700,
    "crawler.pipelines.feed.FeedPipeline": 750,
    "crawler.pipelines.store.StorePipeline": 800,
    "crawler.pipelines.pictures.PicturePipeline": 900,
}
EXTENSIONS = {
    "crawler.crawl.summary.RunSummary": 0,
    "crawler.crawl.progress_reporter.ProgressReporter": 0,
    "crawler.pipelines.feed.Feeds": 0,  # replaces FeedExporter
}
EXTENSIONS_BASE = _without(
    _scrapy.EXTENSIONS_BASE,
    "FeedExporter",
    *("TelnetConsole", "RemoteControl"),  # consoles that can run code
)
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False

# Performance: CPU time saved for each page, of 6 ms in total (measured 2026-11-29 with `make bench`)
CONCURRENT_ITEMS = 1  # 1.0 ms: Scrapy starts this number of tasks for each page; a page yields one item
# 0.3 ms: Scrapy parses the source of the callback for each page; mypy finds the same mistake.
WARN_ON_GENERATOR_RETURN_VALUE = False
STATS_CLASS = "crawler.crawl.stats.FastStats"  # 0.05 ms: 0.1 µs instead of 1.8 µs for each of about 30 counts
DOWNLOADER_STATS = False  # 0.2 ms: Scrapy serializes each request and response again to count its bytes
ASYNCIO_EVENT_LOOP = "uvloop.Loop" if find_spec("uvloop") else None  # 0.4 ms

# Logs
LOG_LEVEL = "INFO"
LOG_FORMAT = "%(asctime)s %(levelname)s %(message)s"
# Beijing time for every logger, as in the corpus and on the health page; the zone of the machine may be any other.
LOG_DATEFORMAT = "%Y-%m-%d %H:%M:%S +0800"
_logging.Formatter.converter = staticmethod(lambda seconds: _datetime.fromtimestamp(seconds, _BEIJING).timetuple())
STATS_DUMP = False  # the summary line of a run has the same counts

# Feed exports: files without partial rows, and CSV without formulas
FEED_EXPORT_ENCODING = "utf-8"
FEED_STORAGES = dict.fromkeys(("", "file"), "crawler.pipelines.feed_files.FeedFileStorage")
FEED_EXPORTERS = {"csv": "crawler.pipelines.feed.InertCsvExporter"}

# Permanent settings of the project
_check_names(_project.file, _permanent, {*globals(), *vars(_scrapy)})
_ENVIRONMENT = ("OUTPUT_DIR", "STATE_DIR", "LEDGER_URL", "CRAWLER_CONTACT")  # read above
globals().update({name: value for name, value in _permanent.items() if name not in _ENVIRONMENT})
