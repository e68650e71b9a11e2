"""Records through the whole way: a WARC file, `scrapy crawl -a from=archive` in a process, files, Hugo's site."""

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
REFUSED = re.compile(r" (?:INFO|WARNING) (\w+): (http://nasty\.example/a/\S*\.html): (.*)")


@dataclass
class Report:
    """What was found."""

    figures: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    def fault(self, what: str, record: Record | str = "") -> None:
        self.faults.append(f"{record.number if isinstance(record, Record) else record}: {what}")


def write(records: Iterable[Record], path: Path) -> None:
    recorder = Recorder(path, {"software": "tests.robustness.malformed"})
    for record in records:
        recorder.write(
            Exchange(
                method="GET",
                url=record.url,
                request_headers=[("Host", "nasty.example")],
                request_body=b"",
                status=record.status,
                headers=record.headers,
                body=record.page,
                time=FETCHED,
            )
        )
    recorder.close()


def crawled(output: Path, *options: str) -> Run:
    """A finished crawl, which may take its time."""
    done = scrapy("crawl", "nasty", "-s", f"OUTPUT_DIR={output}", *OPTIONS, *options, timeout=3600)
    return Run(output, done.stderr, done.returncode)


def drive(folder: Path, numbers: Iterable[int], seed: int, unsafe: tuple[bool, ...] = (False, True)) -> Report:
    """All that is to be shown of these records; *folder* is empty, and keeps what was made."""
    report, began = Report(), time.monotonic()

    def lap(name: str) -> None:
        nonlocal began
        report.seconds[name] = round(time.monotonic() - began, 1)
        began = time.monotonic()

    records = {record.url: record for record in (Generator(seed, number).record() for number in numbers)}
    archive, output = folder / "nasty.warc", folder / "output"
    write(records.values(), archive)
    lap("generate")
    run = crawled(output, "-s", f"REPLAY={archive}", "-o", str(folder / "articles.jsonl"))
    (folder / "crawl.log").write_text(run.log)
    lap("crawl")
    files = files_of(run, records, report)
    account(run, records, files, report)
    lap("check files")
    for number in (*([0] if False in unsafe else []), *([1] if True in unsafe else [])):
        build(output / "nasty", folder / f"site{number}", bool(number), files, report)
        lap(f"hugo unsafe={bool(number)}".lower())
    done = scrapy("ledger", "check", "-s", f"OUTPUT_DIR={output}", *OPTIONS[:2])
    if done.returncode:
        report.fault(f"scrapy ledger check: {done.stdout[-500:]}{done.stderr[-500:]}")
    book = crawled(
        folder / "book", "-s", f"REPLAY={archive}", "-s", "LAYOUT=gitbook", "-a", f"limit={min(1000, len(files))}"
    )
    for path, data in pages(book).items():
        report.figures["book.pages"] += 1
        for fault in checks.book_faults(data):
            report.fault(f"book: {fault}", path)
    if "Traceback" in book.log:
        report.fault(f"book: {book.log[book.log.index('Traceback') :][:2000]}")
    lap("ledger check, book")
    return report


def pages(run: Run) -> dict[str, bytes]:
    found = sorted((run.output / "nasty").rglob("*.md"))
    return {
        str(path.relative_to(run.output / "nasty")): path.read_bytes()
        for path in found
        if path.name not in ("README.md", "SUMMARY.md") or len(path.parts) < 3
    }


def files_of(run: Run, records: dict[str, Record], report: Report) -> dict[str, Record]:
    """The record of each file, by its path; all faults of files."""
    found = {}
    for path, data in pages(run).items():
        url = data.rpartition(b"](")[2].removesuffix(b")\n").decode("utf-8", "replace")
        record = records.get(url)
        if record is None:
            report.fault(f"a file of no record: {url!r}", path)
            continue
        found[path] = record
        for fault in checks.file_faults(data, record):
            report.fault(fault, record)
        if not re.fullmatch(r"\d{4}/\d\d/[A-Za-z0-9_][A-Za-z0-9_-]{0,110}\.md", path) or not path.startswith(
            record.date[:7].replace("-", "/")
        ):
            report.fault(f"a file's name: {path!r}", record)
    names = Counter(path.lower() for path in found)
    for path, count in names.items():
        if count > 1:
            report.fault(f"{count} names that differ in case alone", path)
    return found


def account(run: Run, records: dict[str, Record], files: dict[str, Record], report: Report) -> None:
    """Each record is an article or a refusal with a reason, and the run's figures say so."""
    line = run.log.rpartition(" run source=nasty ")[2].partition("\n")[0]
    told = {key: int(value) for key, _, value in (word.partition("=") for word in line.split()) if value.isdigit()}
    report.figures.update(told)
    refused: dict[str, tuple[str, str]] = {}
    for kind, url, reason in REFUSED.findall(run.log):
        refused[url] = kind, reason
    written = {record.url for record in files.values()}
    same = told.get("articles.duplicate", 0)
    # An answer without a body is none: in an archive it is passed by.
    missing = [record for url, record in records.items() if url not in refused and url not in written and record.page]
    if len(missing) != same:
        report.fault(
            f"{len(missing)} records are neither articles nor refused, {same} the same as others: {missing[:3]}"
        )
    for url in written & refused.keys():
        report.fault("both article and refused", records[url])
    for url, (kind, reason) in refused.items():
        if not reason or kind == "bug":
            report.fault(f"{kind}: {reason}", records[url])
        elif (lost := LOST.search(reason)) and int(lost[1]) > DAMAGED_SHARE * int(lost[2]):
            report.figures["refused for U+FFFD"] += 1
        elif not records[url].refused and kind != "changed":
            report.fault(f"refused: {kind}: {reason}", records[url])
        elif records[url].refused not in ("", kind):
            report.fault(f"refused as {kind}, not {records[url].refused}: {reason}", records[url])
        elif not records[url].refused:
            report.figures[f"good ones refused: {re.sub(chr(39) + '.*|:.*|[0-9]+', '', reason)}"] += 1
    for url in written:
        if records[url].refused:
            report.fault(f"written, where {records[url].refused} was due", records[url])
    shares = {key: value for key, value in told.items() if key.startswith("pages.") or key == "records.not_article"}
    if (
        sum(shares.values()) != len(records)
        or told.get("articles.written", 0) != len(files)
        or shares.get("pages.article") != len(files) + same
    ):
        report.fault(f"the figures do not add up for {len(records)} records and {len(files)} files: {line}")
    if "Traceback" in run.log or " ERROR " in run.log or run.exit_code != 1:
        at = max(
            0,
            min(place for place in (run.log.find(" ERROR "), run.log.find("Traceback"), len(run.log)) if place >= 0)
            - 100,
        )
        report.fault(f"exit code {run.exit_code}: {run.log[at:][:3000]}")


def build(content: Path, site: Path, unsafe: bool, files: dict[str, Record], report: Report) -> None:
    """Hugo over all files, and what its pages hold."""
    if failed := checks.build(content, site, unsafe):
        report.fault(f"hugo unsafe={unsafe}: {failed}")
        return
    seen: Counter[str] = Counter()
    for source, said, faults in checks.rendered(site):
        seen[source] += 1
        record = files.get(source)
        if record and f"Mark{record.number}begins" not in said:
            faults.append("the body's start cannot be seen")
        for fault in faults:
            report.fault(f"hugo unsafe={unsafe}: {fault}", record or source)
    for path in files.keys() - seen.keys():
        report.fault(f"hugo unsafe={unsafe}: no page was made of it", path)
    report.figures[f"hugo.pages.unsafe={unsafe}".lower()] = sum(seen.values())
