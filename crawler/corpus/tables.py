"""The ledger's tables in their current version. See `migrations.py` before you change one.

All times are UTC, in seconds since 1970, unless a comment names another unit.
"""

from __future__ import annotations

import re

import sqlalchemy as sa

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # NUL and lone surrogates


class _Text(sa.types.TypeDecorator[str]):
    """Text that every database stores and sorts by code point.

    Characters that a database rejects are replaced by U+FFFD.
    """

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[str]:
        return sa.Text(collation="C") if dialect.name == "postgresql" else self.impl_instance

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:
        return value and _UNSTORABLE.sub("\ufffd", value)


METADATA = sa.MetaData()
ARTICLES = sa.Table(
    "articles",
    METADATA,
    sa.Column("source", _Text, primary_key=True),
    sa.Column("id", _Text, primary_key=True),
    sa.Column("url", _Text, nullable=False),
    sa.Column("title", _Text, nullable=False, default=""),  # from the listing, then from the article
    sa.Column("date", _Text, nullable=False, default=""),  # Beijing time, from `Link.date`, then from the article
    sa.Column("state", _Text, nullable=False),
    sa.Column("kind", _Text, nullable=False, default=""),  # class of the last refusal
    sa.Column("reason", _Text, nullable=False, default=""),  # of the last refusal, or of the takedown
    # Refusals since the article was last written, without those that the site caused (`Articles.count_attempt`).
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("retry_at", sa.BigInteger),  # of a rejected page; None: no more retries
    sa.Column("first_seen_at", sa.BigInteger, nullable=False),
    sa.Column("updated_at", sa.BigInteger, nullable=False),  # last change of the row; of a removed one, the takedown
    sa.Column("path", _Text, nullable=False, default=""),  # of the file, relative to the corpus's root
    sa.Column(
        "file_hash", _Text, nullable=False, default=""
    ),  # of the file as the crawler wrote it; the ETag of an object
    sa.Column("content_hash", _Text, nullable=False, default=""),  # of title and body
    sa.Column("etag", _Text, nullable=False, default=""),  # the response's ETag header
    sa.Column("modified", _Text, nullable=False, default=""),  # the response's Last-Modified header
    sa.Column("details", sa.JSON),  # further metadata: `jsonl.details`
    # Number of the walk that found the link; if no walk found it, the number that the next walk will have.
    sa.Column("walk", sa.BigInteger, nullable=False, default=0, server_default="0"),
    # Number of the last change of a stored or removed article: of its file, its state, or its place; set by triggers.
    sa.Column("change_number", sa.BigInteger, nullable=False, default=0, server_default="0"),
    sa.Index("articles_by_change", "change_number", "source", "id"),
    sa.Index("articles_by_state", "source", "state", "id"),
    sa.Index("articles_by_date", "source", "state", "date", "id"),
    sa.Index("articles_by_path", "path", "state"),  # the articles of a folder
    # Contains every column of the query. Otherwise SQLite, which has no statistics, may choose the index by state.
    sa.Index("articles_by_content", "source", "content_hash", "state"),
)
_RETRIED = ARTICLES.c.retry_at.is_not(None)  # few rows: a partial index
sa.Index(
    "articles_by_retry", *(ARTICLES.c[name] for name in ("source", "state", "retry_at", "id")),
    sqlite_where=_RETRIED, postgresql_where=_RETRIED,
)  # fmt: skip
REPLACEMENTS = sa.Table(
    "replacements",  # of article files by a newer text
    METADATA,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("source", _Text, nullable=False),
    sa.Column("id", _Text, nullable=False),
    sa.Column("replaced_at", sa.BigInteger, nullable=False),
    sa.Column("old_hash", _Text, nullable=False),  # of the file that was replaced, as in `store.digest`
    sa.Column("new_hash", _Text, nullable=False),  # of the file that replaced it
    sa.Column("kept", _Text, nullable=False, default=""),  # path of the kept copy, relative to the root; "" = not kept
    sa.Index("replacements_by_article", "source", "id", "number"),
)
DELETIONS = sa.Table(
    "deletions",  # of rows of written articles: `press-corpus ledger rebuild` deletes rows. Set by triggers
    METADATA,
    sa.Column("source", _Text, primary_key=True),
    sa.Column("id", _Text, primary_key=True),
    sa.Column("url", _Text, nullable=False),
    sa.Column("change_number", sa.BigInteger, nullable=False),
    sa.Index("deletions_by_change", "change_number", "source", "id"),
)
SIGNATURES = sa.Table(
    "signatures",  # MinHash signatures of written articles, to find near-duplicates
    METADATA,
    sa.Column("source", _Text, primary_key=True),
    sa.Column("id", _Text, primary_key=True),
    sa.Column("day", _Text, nullable=False),  # of publication, "YYYY-MM-DD"
    sa.Column("signature", sa.LargeBinary, nullable=False),  # see `data.minhash`
    # Whether the pairs of the article were recorded: false after a new signature, until it was compared.
    sa.Column("compared", sa.Boolean, nullable=False),
    sa.Index("signatures_by_day", "day", "source", "id"),
)
_NOT_COMPARED = ~SIGNATURES.c.compared  # few rows: a partial index
sa.Index(
    "signatures_not_compared", SIGNATURES.c.day, sqlite_where=_NOT_COMPARED, postgresql_where=_NOT_COMPARED
)  # fmt: skip
NEAR_DUPLICATES = sa.Table(
    "near_duplicates",  # pairs of articles with nearly the same text; each pair has two rows
    METADATA,
    sa.Column("source", _Text, primary_key=True),
    sa.Column("id", _Text, primary_key=True),
    sa.Column("other_source", _Text, primary_key=True),
    sa.Column("other_id", _Text, primary_key=True),
    sa.Column("similarity", sa.Float, nullable=False),  # estimated Jaccard similarity, from 0 to 1
    sa.Index("near_duplicates_by_other", "other_source", "other_id"),
)
PICTURES = sa.Table(
    "pictures",  # of written articles: `corpus.picture_table`
    METADATA,
    sa.Column("source", _Text, primary_key=True),
    sa.Column("id", _Text, primary_key=True),  # of the article, as in `articles`
    sa.Column("address", _Text, primary_key=True),  # the original one, as in the article's Markdown
    sa.Column("state", _Text, nullable=False),
    sa.Column("name", _Text, nullable=False, default=""),  # of the file in the folder beside the article's file
    sa.Column("sha256", _Text, nullable=False, default=""),  # of the file, in hexadecimal
    sa.Column("size", sa.BigInteger, nullable=False, default=0),  # of the file, in bytes
    sa.Column("attempts", sa.Integer, nullable=False, default=0),  # failed requests since the last success
    sa.Column("retry_at", sa.BigInteger),  # of a failed picture; None: no more retries
    sa.Column("reason", _Text, nullable=False, default=""),  # of the last failure
    sa.Column("updated_at", sa.BigInteger, nullable=False),  # last change of the row
    sa.Index("pictures_by_state", "source", "state", "id"),
    sa.Index("pictures_by_hash", "sha256"),
)
CAPTURES = sa.Table(
    "captures",  # pages in public archives: `corpus.captures`
    METADATA,
    sa.Column("source", _Text, primary_key=True),
    sa.Column("archive", _Text, primary_key=True),  # "commoncrawl" or "wayback"
    sa.Column("url", _Text, primary_key=True),  # of the page
    sa.Column("timestamp", _Text, primary_key=True),  # of the capture, UTC, "YYYYMMDDhhmmss"
    sa.Column("id", _Text, nullable=False),  # of the article, as in `articles`
    sa.Column("record", _Text, nullable=False, default=""),  # where the archive has it: `Capture.record`
    sa.Column("state", _Text, nullable=False),
    # Of an article outside the run's date range. For an unanswered capture, the time of its last request (UTC, ISO).
    sa.Column("date", _Text, nullable=False, default=""),
    sa.Index("captures_by_article", "source", "archive", "id", "timestamp", "url"),
)
CAPTURE_INDEXES = sa.Table(
    "capture_indexes",  # how far the indexes of public archives were read
    METADATA,
    sa.Column("source", _Text, primary_key=True),
    sa.Column("archive", _Text, primary_key=True),
    sa.Column("query", _Text, primary_key=True),  # URL of the index without the position
    sa.Column("position", _Text, nullable=False, default=""),  # of the next page
    sa.Column("digest", _Text, nullable=False, default=""),  # of the last page, to recognize one that is repeated
    sa.Column("is_finished", sa.Boolean, nullable=False, default=False),
)
ROBOTS = sa.Table(
    "robots",  # each text of the robots.txt of a host
    METADATA,
    sa.Column("host", _Text, primary_key=True),  # as in URLs, with the port if it has one
    sa.Column("seen_at", sa.BigInteger, primary_key=True),  # when this text was first received
    sa.Column("text", _Text, nullable=False),  # "" if the host has none
)
PROPERTIES = sa.Table(
    "properties",
    METADATA,
    sa.Column("name", _Text, primary_key=True),
    sa.Column("value", _Text, nullable=False),
)
WALKS = sa.Table(
    "walks",
    METADATA,
    sa.Column("source", _Text, primary_key=True),
    sa.Column("entrance", _Text, primary_key=True),  # the request of the first listing page
    # Walks of a source are numbered in the order of their starts: clocks can be wrong, numbers cannot.
    sa.Column("started", sa.BigInteger, nullable=False),  # number of the last walk
    sa.Column("finished", sa.BigInteger, nullable=False, default=0),  # number of the last finished walk; 0 = none
    sa.Column("first_of_run", sa.BigInteger, nullable=False, default=0),  # number of the first walk of its run
    sa.Column("pages", sa.BigInteger, nullable=False, default=0),  # listing pages that finished walks covered; 0 = all
    sa.Column("since", _Text, nullable=False, default=""),  # first date that they covered; "" = limited by `pages` only
    sa.Index("walks_by_start", "source", "started"),
)
HOSTS = sa.Table(
    "hosts",
    METADATA,
    sa.Column("host", _Text, primary_key=True),
    sa.Column("rests_until", sa.BigInteger, nullable=False),  # no request before this time
)
FOLDERS = sa.Table(
    "folders",
    METADATA,
    sa.Column("path", _Text, primary_key=True),  # relative to the corpus's root
    # st_ctime_ns when files and ledger last agreed; 0 after a run began to change the folder. (Releases before 0.2
    # recorded st_mtime_ns, which is the same unless another program has set it.)
    sa.Column("mtime_ns", sa.BigInteger, nullable=False),
)
RUNS = sa.Table(
    "runs",
    METADATA,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("source", _Text, nullable=False),
    sa.Column("started", sa.BigInteger, nullable=False),
    sa.Column("ended", sa.BigInteger),  # None during the run
    sa.Column("reason", _Text, nullable=False, default=""),  # `Run.reason`
    sa.Column("figures", sa.JSON),  # `Run.figures`
    sa.Column("day", _Text),  # "YYYY-MM-DD", Beijing time, if the row sums up runs of this day (`Runs.sum_up`)
    sa.Column("last_change", sa.BigInteger),  # the last `change_number` when the run ended; None for older runs
    sa.Index("runs_by_source", "source", "number"),
)
_SINGLE = RUNS.c.day.is_(None)
sa.Index(
    "runs_to_sum_up", *(RUNS.c[name] for name in ("source", "started")),
    sqlite_where=_SINGLE, postgresql_where=_SINGLE,
)  # fmt: skip
SOURCES = sa.Table(  # kept by triggers: counting the articles would take longer with each article
    "sources",
    METADATA,
    sa.Column("source", _Text, primary_key=True),
    sa.Column("written", sa.BigInteger, nullable=False, default=0),  # number of written articles
)
NOTICES = sa.Table(
    "notices",
    METADATA,
    sa.Column("source", _Text, primary_key=True),
    sa.Column("kind", _Text, nullable=False),  # class of the source's failure; "" while it is fine
    sa.Column("why", _Text, nullable=False),  # the verdict's reason
    sa.Column("since", sa.BigInteger, nullable=False),  # start of the first run of the last failure
    sa.Column("told", sa.JSON, nullable=False),  # services notified of the failure, but not yet of the recovery
)

_SQLITE_TRIGGERS = (
    """CREATE TRIGGER IF NOT EXISTS count_inserted AFTER INSERT ON articles BEGIN
    INSERT INTO sources (source, written) VALUES (NEW.source, NEW.state = 'written')
    ON CONFLICT (source) DO UPDATE SET written = written + excluded.written; END""",
    """CREATE TRIGGER IF NOT EXISTS count_updated AFTER UPDATE OF state ON articles WHEN NEW.state <> OLD.state BEGIN
    UPDATE sources SET written = written + (NEW.state = 'written') - (OLD.state = 'written')
    WHERE source = NEW.source; END""",
    """CREATE TRIGGER IF NOT EXISTS count_deleted AFTER DELETE ON articles WHEN OLD.state = 'written' BEGIN
    UPDATE sources SET written = written - 1 WHERE source = OLD.source; END""",
    # The last number. (PostgreSQL has a sequence, because transactions that change one row would wait for each other.)
    "INSERT INTO properties (name, value) VALUES ('last_change', '0') ON CONFLICT (name) DO NOTHING",
    """CREATE TRIGGER IF NOT EXISTS number_inserted AFTER INSERT ON articles
    WHEN NEW.state IN ('written', 'removed') BEGIN
    UPDATE properties SET value = CAST(value AS INTEGER) + 1 WHERE name = 'last_change';
    UPDATE articles SET change_number = (SELECT CAST(value AS INTEGER) FROM properties WHERE name = 'last_change')
    WHERE source = NEW.source AND id = NEW.id; END""",
    """CREATE TRIGGER IF NOT EXISTS number_updated AFTER UPDATE OF state, path, file_hash, content_hash ON articles
    WHEN (NEW.state IN ('written', 'removed') OR OLD.state IN ('written', 'removed'))
    AND (NEW.state, NEW.path, NEW.file_hash, NEW.content_hash)
    <> (OLD.state, OLD.path, OLD.file_hash, OLD.content_hash) BEGIN
    UPDATE properties SET value = CAST(value AS INTEGER) + 1 WHERE name = 'last_change';
    UPDATE articles SET change_number = (SELECT CAST(value AS INTEGER) FROM properties WHERE name = 'last_change')
    WHERE source = NEW.source AND id = NEW.id; END""",
    """CREATE TRIGGER IF NOT EXISTS number_deleted AFTER DELETE ON articles WHEN OLD.state = 'written' BEGIN
    UPDATE properties SET value = CAST(value AS INTEGER) + 1 WHERE name = 'last_change';
    INSERT INTO deletions (source, id, url, change_number)
    SELECT OLD.source, OLD.id, OLD.url, CAST(value AS INTEGER) FROM properties WHERE name = 'last_change'
    ON CONFLICT (source, id) DO UPDATE SET url = excluded.url, change_number = excluded.change_number; END""",
)
_POSTGRESQL_TRIGGERS = (
    """CREATE OR REPLACE FUNCTION count_written() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO sources (source, written) VALUES (NEW.source, (NEW.state = 'written')::int)
        ON CONFLICT (source) DO UPDATE SET written = sources.written + excluded.written;
    ELSIF TG_OP = 'DELETE' THEN
        UPDATE sources SET written = written - (OLD.state = 'written')::int WHERE source = OLD.source;
    ELSIF NEW.state <> OLD.state THEN
        UPDATE sources SET written = written + (NEW.state = 'written')::int - (OLD.state = 'written')::int
        WHERE source = NEW.source;
    END IF;
    RETURN NULL; END $$""",
    """CREATE OR REPLACE TRIGGER count_written AFTER INSERT OR UPDATE OF state OR DELETE ON articles
    FOR EACH ROW EXECUTE FUNCTION count_written()""",
    "CREATE SEQUENCE IF NOT EXISTS article_changes",
    """CREATE OR REPLACE FUNCTION number_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state IN ('written', 'removed') THEN NEW.change_number := nextval('article_changes'); END IF;
    ELSIF TG_OP = 'DELETE' THEN
        IF OLD.state = 'written' THEN
            INSERT INTO deletions (source, id, url, change_number)
            VALUES (OLD.source, OLD.id, OLD.url, nextval('article_changes'))
            ON CONFLICT (source, id) DO UPDATE SET url = excluded.url, change_number = excluded.change_number;
        END IF;
        RETURN OLD;
    ELSIF (NEW.state IN ('written', 'removed') OR OLD.state IN ('written', 'removed'))
        AND (NEW.state, NEW.path, NEW.file_hash, NEW.content_hash)
        <> (OLD.state, OLD.path, OLD.file_hash, OLD.content_hash) THEN
        NEW.change_number := nextval('article_changes');
    END IF;
    RETURN NEW; END $$""",
    """CREATE OR REPLACE TRIGGER number_change BEFORE INSERT OR UPDATE OR DELETE ON articles
    FOR EACH ROW EXECUTE FUNCTION number_change()""",
)
TRIGGERS = {"sqlite": _SQLITE_TRIGGERS, "postgresql": _POSTGRESQL_TRIGGERS}  # statements by dialect; repeatable
