"""The ledger's tables."""

from __future__ import annotations

import re

import sqlalchemy as sa

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class _Text(sa.types.TypeDecorator[str]):
    """Text that every database takes, whatever a page has in it, and that sorts by code point in each of them."""

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
    sa.Column("title", _Text, nullable=False, default=""),  # the listing's, then the article's
    sa.Column("date", _Text, nullable=False, default=""),  # Beijing time, as in `Link.date`, then the article's
    sa.Column("state", _Text, nullable=False),
    sa.Column("kind", _Text, nullable=False, default=""),  # of the last refusal
    sa.Column("reason", _Text, nullable=False, default=""),
    sa.Column("tries", sa.Integer, nullable=False, default=0),  # refusals of the page's own doing since it was well
    sa.Column("retry_at", sa.BigInteger),  # of a rejected page; None: left
    sa.Column("seen", sa.BigInteger, nullable=False),  # first
    sa.Column("changed", sa.BigInteger, nullable=False),  # the state, or the file
    sa.Column("path", _Text, nullable=False, default=""),  # of the file, below the corpus's root
    sa.Column("file_hash", _Text, nullable=False, default=""),  # of the file as we wrote it
    sa.Column("content_hash", _Text, nullable=False, default=""),  # of title and body
    sa.Column("etag", _Text, nullable=False, default=""),
    sa.Column("modified", _Text, nullable=False, default=""),  # the answer's Last-Modified
    sa.Column("details", sa.JSON),  # richer metadata
    sa.Index("articles_by_state", "source", "state", "id"),
    sa.Index("articles_by_date", "source", "state", "date", "id"),
    # Every column that is asked for: else SQLite, which keeps no figures, may take the index by state instead.
    sa.Index("articles_by_content", "source", "content_hash", "state"),
)
_RETRIED = ARTICLES.c.retry_at.is_not(None)  # few: an index of their own
sa.Index(
    "articles_by_retry", *(ARTICLES.c[name] for name in ("source", "state", "retry_at", "id")),
    sqlite_where=_RETRIED, postgresql_where=_RETRIED,
)  # fmt: skip
WALKS = sa.Table(
    "walks",
    METADATA,
    sa.Column("source", _Text, primary_key=True),
    sa.Column("entrance", _Text, primary_key=True),
    sa.Column("pages", sa.BigInteger, nullable=False),  # how deep finished walks have gone together; 0 = to the end
    sa.Column("since", _Text, nullable=False),  # how far back; "" = as far as `pages`
    sa.Column("ended", sa.BigInteger, nullable=False),  # when the last of them came to its end
)
HOSTS = sa.Table(
    "hosts",
    METADATA,
    sa.Column("host", _Text, primary_key=True),
    sa.Column("rests_until", sa.BigInteger, nullable=False),
)
FOLDERS = sa.Table(
    "folders",
    METADATA,
    sa.Column("path", _Text, primary_key=True),  # below the corpus's root
    sa.Column("mtime_ns", sa.BigInteger, nullable=False),  # when it was last known to be as the ledger says
)
RUNS = sa.Table(
    "runs",
    METADATA,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("source", _Text, nullable=False),
    sa.Column("started", sa.BigInteger, nullable=False),
    sa.Column("ended", sa.BigInteger),  # None while it runs, and for ever when it was killed
    sa.Column("reason", _Text, nullable=False, default=""),
    sa.Column("figures", sa.JSON),
    sa.Index("runs_by_source", "source", "started"),
)
NOTICES = sa.Table(
    "notices",
    METADATA,
    sa.Column("source", _Text, primary_key=True),
    sa.Column("kind", _Text, nullable=False),  # the class of its breakdown; "" while it is well
    sa.Column("why", _Text, nullable=False),
    sa.Column("since", sa.BigInteger, nullable=False),  # when the first run of the (last) breakdown began
    sa.Column("told", sa.JSON, nullable=False),  # the services that heard of a breakdown, and not yet of its end
)
