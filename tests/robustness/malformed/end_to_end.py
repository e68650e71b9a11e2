"""Write records to a WARC file, crawl it with `-a from=archive`, and check the corpus files and the Hugo site."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from crawler.reading.charset import DAMAGED_SHARE
from crawler.recordings.recorder import Exchange, Recorder
from tests.robustness.malformed import checks
from tests.robustness.malformed.records import FETCHED, Generator, Record
from tests.support.mirror import Run, scrapy

OPTIONS = (
    "-s",
    "SPIDER_MODULES=tests.robustness.malformed.spiders",
    "-a",
    "from=archive",
    "-s",
    f"EXTRA_KEYS={','.join(checks.EXTRA)}",
)
LOST = re.compile("([0-9]+) of ([0-9]+) characters (?:cannot be read|are lost)")
REFUSED = re.compile(r" (?:INFO|WARNING) (\w+): (http://malformed\.example/a/\S*\.html): (.*)")


@dataclass
class Report:
    """Counts, errors and durations in seconds."""

    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    def fault(self, message: str, record: Record | str = "") -> None:
        """Add an error of a record or of a file."""
        self.faults.append(f"{record.number if isinstance(record, Record) else record}: {message}")


def write_archive(records: Iterable[Record], path: Path) -> None:
    """Write the pages of *records* to a WARC file."""
    recorder = Recorder(path, {"software": "tests.robustness.malformed"})
    for record in records:
        recorder.write(
            Exchange(
                method="GET",
                url=record.url,
                request_headers=[("Host", "malformed.example")],
                request_body=b"",
                status=record.status,
                headers=record.headers,
                body=record.page,
                time=FETCHED,
            )
        )
    recorder.close()


def crawl(output: Path, *options: str) -> Run:
    """Crawl an archive, with a timeout of an hour."""
    process = scrapy("crawl", "malformed", "-s", f"OUTPUT_DIR={output}", *OPTIONS, *options, timeout=3600)
    return Run(output, process.stderr, process.returncode)


def crawl_and_check(
    folder: Path, numbers: Iterable[int], seed: int, unsafe: tuple[bool, ...] = (False, True)
) -> Report:
    """Crawl and check the records with the given *numbers* of a seed.

    *folder* must be empty; archive, corpus, sites and log stay in it. *unsafe* lists the values of Hugo's setting with
    which the site is built.
    """
    report, start = Report(), time.monotonic()

    def lap(name: str) -> None:
        nonlocal start
        report.seconds[name] = round(time.monotonic() - start, 1)
        start = time.monotonic()

    records = {record.url: record for record in (Generator(seed, number).record() for number in numbers)}
    archive, output = folder / "malformed.warc", folder / "output"
    write_archive(records.values(), archive)
    lap("generate")
    run = crawl(output, "-s", f"REPLAY={archive}", "-o", str(folder / "articles.jsonl"))
    (folder / "crawl.log").write_text(run.log)
    lap("crawl")
    files = check_files(run, records, report)
    check_counts(run, records, files, report)
    lap("check files")
    for number in (*([0] if False in unsafe else []), *([1] if True in unsafe else [])):
        check_site(output / "malformed", folder / f"site{number}", bool(number), files, report)
        lap(f"hugo unsafe={bool(number)}".lower())
    process = scrapy("ledger", "check", "-s", f"OUTPUT_DIR={output}", *OPTIONS[:2])
    if process.returncode:
        report.fault(f"scrapy ledger check: {process.stdout[-500:]}{process.stderr[-500:]}")
    book = crawl(
        folder / "book", "-s", f"REPLAY={archive}", "-s", "LAYOUT=gitbook", "-a", f"limit={min(1000, len(files))}"
    )
    for path, data in pages(book).items():
        report.counts["book.pages"] += 1
        for fault in checks.book_faults(data):
            report.fault(f"book: {fault}", path)
    if "Traceback" in book.log:
        report.fault(f"book: {book.log[book.log.index('Traceback') :][:2000]}")
    lap("ledger check, book")
    return report


def pages(run: Run) -> dict[str, bytes]:
    """Return the articles of a run by path, without the index files of a book."""
    found = sorted((run.output / "malformed").rglob("*.md"))
    return {
        str(path.relative_to(run.output / "malformed")): path.read_bytes()
        for path in found
        if path.name not in ("README.md", "SUMMARY.md") or len(path.parts) < 3
    }


def check_files(run: Run, records: dict[str, Record], report: Report) -> dict[str, Record]:
    """Check each file; return the records by path."""
    found = {}
    for path, data in pages(run).items():
        url = data.rpartition(b"](")[2].removesuffix(b")\n").decode("utf-8", "replace")
        record = records.get(url)
        if record is None:
            report.fault(f"a file without a record: {url!r}", path)
            continue
        found[path] = record
        for fault in checks.file_faults(data, record):
            report.fault(fault, record)
        if not re.fullmatch(r"\d{4}/\d\d/[A-Za-z0-9_][A-Za-z0-9_-]{0,110}\.md", path) or not path.startswith(
            record.date[:7].replace("-", "/")
        ):
            report.fault(f"invalid file name: {path!r}", record)
    names = Counter(path.lower() for path in found)
    for path, count in names.items():
        if count > 1:
            report.fault(f"{count} names that differ only in case", path)
    return found


def check_counts(run: Run, records: dict[str, Record], files: dict[str, Record], report: Report) -> None:
    """Check that each record is an article or a refusal with a reason, and that the counts of the run agree."""
    line = run.log.rpartition(" run source=malformed ")[2].partition("\n")[0]
    counts = {key: int(value) for key, _, value in (word.partition("=") for word in line.split()) if value.isdigit()}
    report.counts.update(counts)
    refused: dict[str, tuple[str, str]] = {}
    for kind, url, reason in REFUSED.findall(run.log):
        refused[url] = kind, reason
    written = {record.url for record in files.values()}
    duplicates = counts.get("articles.duplicate", 0)
    # A crawl of an archive skips responses without a body.
    missing = [record for url, record in records.items() if url not in refused and url not in written and record.page]
    if len(missing) != duplicates:
        report.fault(f"{len(missing)} records are neither articles nor refused, {duplicates} duplicates: {missing[:3]}")
    for url in written & refused.keys():
        report.fault("both article and refused", records[url])
    for url, (kind, reason) in refused.items():
        if not reason or kind == "bug":
            report.fault(f"{kind}: {reason}", records[url])
        elif (lost := LOST.search(reason)) and int(lost[1]) > DAMAGED_SHARE * int(lost[2]):
            report.counts["refused for U+FFFD"] += 1
        elif kind == "incomplete" and "</html> is missing" in reason:  # it belongs to a comment or script of the record
            report.counts["refused for an unclosed comment or script"] += 1
        elif not records[url].refused and kind != "changed":
            report.fault(f"refused: {kind}: {reason}", records[url])
        elif records[url].refused not in ("", kind):
            report.fault(f"refused as {kind}, not {records[url].refused}: {reason}", records[url])
        elif not records[url].refused:
            report.counts[f"valid records refused: {re.sub(chr(39) + '.*|:.*|[0-9]+', '', reason)}"] += 1
    for url in written:
        if records[url].refused:
            report.fault(f"written instead of refused as {records[url].refused}", records[url])
    shares = {key: value for key, value in counts.items() if key.startswith("pages.") or key == "records.not_article"}
    if (
        sum(shares.values()) != len(records)
        or counts.get("articles.written", 0) != len(files)
        or shares.get("pages.article") != len(files) + duplicates
    ):
        report.fault(f"the counts are inconsistent for {len(records)} records and {len(files)} files: {line}")
    if "Traceback" in run.log or " ERROR " in run.log or run.exit_code != 1:
        start = max(
            0,
            min(index for index in (run.log.find(" ERROR "), run.log.find("Traceback"), len(run.log)) if index >= 0)
            - 100,
        )
        report.fault(f"exit code {run.exit_code}: {run.log[start:][:3000]}")


def check_site(content: Path, site: Path, unsafe: bool, files: dict[str, Record], report: Report) -> None:
    """Build a site of all files with Hugo and check its pages."""
    if failed := checks.build(content, site, unsafe):
        report.fault(f"hugo unsafe={unsafe}: {failed}")
        return
    seen: Counter[str] = Counter()
    for source, text, faults in checks.rendered(site):
        seen[source] += 1
        record = files.get(source)
        if record and f"Mark{record.number}begins" not in text:
            faults.append("the start of the body is not visible")
        for fault in faults:
            report.fault(f"hugo unsafe={unsafe}: {fault}", record or source)
    for path in files.keys() - seen.keys():
        report.fault(f"hugo unsafe={unsafe}: no page for this file", path)
    report.counts[f"hugo.pages.unsafe={unsafe}".lower()] = sum(seen.values())
