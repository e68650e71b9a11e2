"""Record the end of a run: its figures and its verdict, in one statement."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import asdict, replace

from scrapy.crawler import Crawler

from crawler.corpus.errors import LedgerError
from crawler.counts import Count
from crawler.crawl.exit_codes import Exit
from crawler.crawl.refusals import Refusals
from crawler.crawl.stats import report_totals
from crawler.crawl.summary import ledger_figures
from crawler.health.judgement import comparable_runs, judge

logger = logging.getLogger(__name__)


def close_corpus(
    crawler: Crawler, refusals: Refusals, reason: str, arguments: Mapping[str, str], sends_requests: bool
) -> None:
    """Record the end of the run with its verdict, and close its corpus. A run whose end cannot be recorded has failed.

    *arguments*: as typed. *sends_requests* is False for a run that reads local files or an archive.
    """
    from crawler.data.index_update import update_after_run  # with SQLAlchemy

    try:
        try:
            _record_end(crawler, refusals, reason, arguments, sends_requests)
            if reason not in ("ledger", "disk", "locked"):
                update_after_run(refusals.corpus.files, refusals.corpus.ledger)
        finally:
            refusals.corpus.close()
    except (LedgerError, OSError) as error:
        logger.error("the end of the run could not be recorded: %s", error)
        if crawler.stats.get_value("end") != "disk":  # a full disk is often the cause of an error of the ledger, too
            crawler.stats.set_value("end", Exit.of_error(error).end)
    except Exception:  # Scrapy would only log it, and the exit code would be that of a finished run
        logger.exception("the end of the run could not be recorded")
        crawler.stats.set_value("end", "crashed")


def _record_end(
    crawler: Crawler, refusals: Refusals, reason: str, arguments: Mapping[str, str], sends_requests: bool
) -> None:
    corpus = refusals.corpus
    for path in corpus.edited:
        logger.warning("edited by hand, not overwritten: %s", path)
    for path in corpus.unknown:
        logger.warning("edited by hand or written by an unknown release, not overwritten: %s", path)
    if reason not in ("ledger", "disk", "locked"):  # then the pages in flight are open, and could not be counted
        report_totals(corpus.source, crawler.stats, sends_requests)
    if reason == "finished":
        refusals.site_failures.finish()
    figures = ledger_figures(crawler.stats.get_stats(), arguments)
    *before, started = corpus.run_history()
    run = replace(started, ended=int(time.time()), reason=reason, figures=figures)
    news = () if run.count(Count.LINKS_NEW) else corpus.news(run.arguments)
    verdict = judge(run, before, news)
    corpus.finish_run(reason, {**figures, "verdict": asdict(verdict)})
    crawler.stats.set_value("verdict", verdict.kind)
    crawler.stats.set_value("history", len(comparable_runs(run, before)))
    if not verdict.is_fine:
        logger.warning("verdict source=%s class=%s: %s", corpus.source, verdict.kind, verdict.why)
