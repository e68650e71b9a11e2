"""The only settings file: who we are, how polite we are, where things lie, in which order they happen."""

import os
from importlib.util import find_spec
from pathlib import Path

BOT_NAME = "crawler"
SPIDER_MODULES = ["crawler.spiders"]
SPIDER_LOADER_CLASS = "crawler.crawl.loader.SourceLoader"  # a source that cannot be loaded does not stop the others
COMMANDS_MODULE = "crawler.commands"

# Where the corpus lies, and in which form: hugo (front matter) or gitbook.
OUTPUT_DIR = str(Path(__file__).parent.parent / "output")  # wherever the command is typed
# Where `scrapy record` and `scrapy newsource` put what they make.
FIXTURES_DIR = str(Path(__file__).parent.parent / "tests" / "fixtures")
SPIDERS_DIR = str(Path(__file__).parent / "spiders")
# An SQLAlchemy address; without one SQLite in OUTPUT_DIR/.state/. It may hold a password: better in the environment
# than on a command line.
LEDGER_URL = os.environ.get("LEDGER_URL", "")
OVERWRITE_EDITED = False  # whether files that someone edited by hand are replaced when their article changes
REJECTED_BACKOFF_FACTOR = (
    1.0  # stretches the pauses before a rejected page is tried again (none, 1 h, 6 h, 1, 3, 7 days)
)
RECORD = ""  # a new WARC file for all that is fetched
REPLAY = ""  # a WARC file, or a folder of recorded pages, to read instead of the network
KEEP_LOGS = 20  # of the runs of `scrapy job`, for each source, in OUTPUT_DIR/.state/logs/
LAYOUT = "hugo"
EXTRA_KEYS: list[str] = []  # richer metadata as keys behind `widgets`: author, keywords, counts …
HIBOR_KEEP_WATERMARKS = True  # the old corpus has them
PAPER_KEEP_HALF_WIDTH = False  # whether half-width , ? : ( ) % between Chinese characters stay in what local files hold

# Who we are. Sites that want to talk to us find the address here: set CRAWLER_CONTACT to an address or a web page.
CRAWLER_CONTACT = os.environ.get("CRAWLER_CONTACT", "")
USER_AGENT = f"Mozilla/5.0 (compatible; PressCorpus/0.1{'; +' + CRAWLER_CONTACT if CRAWLER_CONTACT else ''})"
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5",
}

# How polite we are. Scrapy's defaults: no robots.txt, 8 requests at once to a site, no delay, certificates unchecked.
ROBOTSTXT_OBEY = True
ROBOTSTXT_USER_AGENT = "PressCorpus"
CONCURRENT_REQUESTS_PER_DOMAIN = 1
DOWNLOAD_DELAY = 2.0  # seconds between two requests to a host
DOWNLOAD_DELAY_JITTER = 0  # it would halve the delay at times, and the delay is a promise
DOWNLOAD_VERIFY_CERTIFICATES = True
DOWNLOAD_TIMEOUT = 25  # so that no page takes more than 30 seconds, with all that follows
DOWNLOAD_MAXSIZE = 16 * 1024 * 1024  # the largest article pages have 2 MB; Scrapy's own limit is 1 GiB
DOWNLOAD_WARNSIZE = 8 * 1024 * 1024
BLOCK_BACKOFF, BLOCK_BACKOFF_MAX = 30.0, 600.0  # seconds that a host rests after a block page, doubled each time
COOKIES_ENABLED = False  # none of the sites needs one, and none is to know us again

TWISTED_DNS_RESOLVER = "crawler.download.resolver.PublicResolver"  # a site's name does not lead into one's own network
# A run that is told to stop waits five seconds for what is under way.
DOWNLOAD_HANDLERS = dict.fromkeys(("http", "https"), "crawler.download.handler.DownloadHandler")

SCHEDULER = "crawler.crawl.stats.CountingScheduler"  # it tells what is left in it
RETRY_TIMES = 2
RETRY_GIVE_UP_LOG_LEVEL = "DEBUG"  # the page's own line says it
RETRY_HTTP_CODES = [408, 500, 502, 504, 522, 524]  # 429, 503 and the like are refusals: their host rests first
REDIRECT_MAX_TIMES = 5
URLLENGTH_LIMIT = 0  # Scrapy drops longer ones, and says so to nobody
METAREFRESH_ENABLED = False  # no article needs it, and it searches every page

# Order: see https://docs.scrapy.org/en/latest/topics/settings.html for Scrapy's own numbers.
DOWNLOADER_MIDDLEWARES = {
    "crawler.download.hosts.HostGuard": 10,
    "crawler.download.robots.StrictRobots": 100,  # as Scrapy's
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "crawler.recordings.middlewares.ReplayMiddleware": 20,  # before robots.txt (100): recorded pages may be read again
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,  # HostGuard does its work, and says so
    "scrapy.downloadermiddlewares.redirect.RedirectMiddleware": None,
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
    "crawler.download.compression.StrictCompression": 590,  # as Scrapy's
    "crawler.download.hosts.SourceRedirect": 600,  # as Scrapy's
    "crawler.download.throttle.HostThrottle": 890,  # near the network: retries wait as well
    "crawler.recordings.middlewares.RecordMiddleware": 950,  # nearer still: answers as they come over the wire
}
SPIDER_MIDDLEWARES = {
    # It warns of requests with the traces of others, which those that are asked once more bear on purpose.
    "scrapy.spidermiddlewares.metacopy.MetaCopyDetectionMiddleware": None,
    # Every answer comes to the readers, and nobody asks how deep a page lies: each of these costs for each page.
    "scrapy.spidermiddlewares.httperror.HttpErrorMiddleware": None,
    "scrapy.spidermiddlewares.depth.DepthMiddleware": None,
}
ITEM_PIPELINES = {
    "crawler.pipelines.reject.RejectPipeline": 100,
    "crawler.pipelines.normalize.NormalizePipeline": 300,
    "crawler.pipelines.gitbook.GitBookPipeline": 700,
    "crawler.pipelines.store.StorePipeline": 800,
}
EXTENSIONS = {
    "crawler.crawl.summary.RunSummary": 0,
    "crawler.crawl.progress_reporter.ProgressReporter": 0,
    # Not even loaded: see below.
    "scrapy.extensions.telnet.TelnetConsole": None,
    "scrapy.extensions.remote_control.RemoteControl": None,
}

# Doors that are open by default and that nobody uses: both can run code.
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False

# What a page costs, in CPU time that it takes less, of 6 ms (measured 2026-11-29, see `make bench`).
CONCURRENT_ITEMS = 1  # 1.0 ms: Scrapy makes so many tasks for each page, and a page gives one item
WARN_ON_GENERATOR_RETURN_VALUE = (
    False  # 0.3 ms: the callback's source is parsed for each page; type checks tell the same
)
STATS_CLASS = "crawler.crawl.stats.FastStats"  # 0.05 ms: a count takes 0.1 instead of 1.8 µs, some thirty times a page
DOWNLOADER_STATS = False  # 0.2 ms: each request and answer is put together once more, to count its bytes
ASYNCIO_EVENT_LOOP = "uvloop.Loop" if find_spec("uvloop") else None  # 0.4 ms

LOG_LEVEL = "INFO"
LOG_FORMAT = "%(asctime)s %(levelname)s %(message)s"
STATS_DUMP = False  # the run's own line says it
FEED_EXPORT_ENCODING = "utf-8"
