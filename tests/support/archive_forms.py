"""Write the same responses in each form of archive file."""

from __future__ import annotations

import gzip
import sys
import zipfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from crawler.recordings.recorder import Exchange, Recorder

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


def warc_records(exchanges: Sequence[Exchange]) -> list[bytes]:
    """Return the records of the exchanges in a WARC file of `Recorder`, with a warcinfo record first."""
    with TemporaryDirectory() as folder:
        recorder = Recorder(path := Path(folder, "x.warc.gz"), {"software": "test"})
        for exchange in exchanges:
            recorder.write(exchange)
        recorder.close()
        data, records = path.read_bytes(), []
    while data:
        with gzip.GzipFile(fileobj=(file := BytesIO(data))) as member:
            members = member.read()
        del file
        records += [b"WARC/1.0\r\n" + record for record in members.split(b"WARC/1.0\r\n")[1:]]
        data = b""
    return records


def warc_record(kind: str, url: str, content: bytes, version: str = "1.0", **fields: str) -> bytes:
    """Return a WARC record; "_" in the names of *fields* is "-"."""
    names = {
        "WARC-Type": kind, "WARC-Target-URI": url, "WARC-Date": "2026-11-22T00:00:00Z",
        "Content-Length": str(len(content)), **{name.replace("_", "-"): value for name, value in fields.items()},
    }  # fmt: skip
    lines = [f"WARC/{version}", *(f"{name}: {value}" for name, value in names.items() if value)]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content + b"\r\n\r\n"


def with_line_feeds(record: bytes, separator: bytes = b"\n\n") -> bytes:
    """Return a WARC record with LF line ends in its header, and *separator* after its content."""
    header, _, content = record.removesuffix(b"\r\n\r\n").partition(b"\r\n\r\n")
    return header.replace(b"\r\n", b"\n") + b"\n\n" + content + separator


def http_response(exchange: Exchange) -> bytes:
    lines = [f"HTTP/1.1 {exchange.status} Text", *(f"{name}: {value}" for name, value in exchange.headers)]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + exchange.body


def arc_records(exchanges: Sequence[Exchange], version: int = 1) -> list[bytes]:
    """Return the records of an ARC file, with the record that describes the file first."""
    names = "URL IP-address Archive-date Content-type Archive-length"
    if version == 2:
        names = "URL IP-address Archive-date Content-type Result-code Checksum Location Offset Filename Archive-length"
    about = f"{version} 0 Own\n{names}\n\n".encode()
    extra = " 200 - - 0 x.arc" if version == 2 else ""
    records = [f"filedesc://x.arc 0.0.0.0 20261122000000 text/plain{extra} {len(about)}\n".encode() + about]
    for each in exchanges:
        content = http_response(each)
        date = datetime.fromisoformat(each.time).astimezone(UTC).strftime("%Y%m%d%H%M%S")
        line = f"{each.url} 192.0.2.1 {date} text/html{extra} {len(content)}\n"
        records.append(line.encode() + content + b"\n")
    return records


def by_record(records: Sequence[bytes], compress: Callable[[bytes], bytes] = gzip.compress) -> bytes:
    return b"".join(map(compress, records))


def checked(data: bytes, dictionary: zstd.ZstdDict | None = None) -> bytes:
    """Return a zstd frame with a checksum."""
    return zstd.compress(data, options={zstd.CompressionParameter.checksum_flag: 1}, zstd_dict=dictionary)


def zstd_with_dictionary(records: Sequence[bytes], is_packed: bool) -> bytes:
    """Return a .warc.zst file: the dictionary in a skippable frame, packed or not, then one frame for each record."""
    dictionary = zstd.train_dict([*records, *(bytes([n]) * 200 + b"<html><body>" for n in range(40))], 2048)
    content = zstd.compress(dictionary.dict_content) if is_packed else dictionary.dict_content
    frame = b"\x5d\x2a\x4d\x18" + len(content).to_bytes(4, "little") + content
    return frame + by_record(records, lambda record: checked(record, dictionary))


def wacz(archives: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    """Return a WACZ file with these entries, an index and a list of pages."""
    with zipfile.ZipFile(file := BytesIO(), "w", method) as archive:
        archive.writestr("datapackage.json", '{"profile": "data-package", "wacz_version": "1.1.1"}')
        archive.writestr("pages/pages.jsonl", '{"format": "json-pages-1.0", "id": "pages", "title": "All"}\n')
        archive.writestr("indexes/index.cdx.gz", gzip.compress(b"example,a)/ 20261122000000 {}\n"))
        for name, data in archives.items():
            archive.writestr(name, data)
    return file.getvalue()


def bgzf(data: bytes, size: int = 1000) -> bytes:
    """Return gzip members that end anywhere in the records, and the empty member of BGZF at the end."""
    end = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
    return by_record([data[start : start + size] for start in range(0, len(data), size)]) + end


def forms(exchanges: Sequence[Exchange]) -> dict[str, bytes]:
    """Return archives of the same responses, by the name of the file."""
    warc, arc, arc2 = warc_records(exchanges), arc_records(exchanges), arc_records(exchanges, 2)
    line_feeds = [with_line_feeds(record) for record in warc]
    half = len(exchanges) // 2
    first, second = warc_records(exchanges[:half]), warc_records(exchanges[half:])
    made = {
        "plain.warc": b"".join(warc),
        "records.warc.gz": by_record(warc),
        "whole.warc.gz": gzip.compress(b"".join(warc)),
        "pairs.warc.gz": by_record([b"".join(warc[start : start + 2]) for start in range(0, len(warc), 2)]),
        "bgzf.warc.gz": bgzf(b"".join(warc)),
        "records.warc.zst": by_record(warc, checked),
        "whole.warc.zst": checked(b"".join(warc)),
        "dictionary.warc.zst": zstd_with_dictionary(warc, False),
        "packed-dictionary.warc.zst": zstd_with_dictionary(warc, True),
        "line-feeds.warc": b"".join(line_feeds),
        "line-feeds.warc.gz": by_record(line_feeds),
        "line-feeds-whole.warc.zst": checked(b"".join(line_feeds)),
        "line-feeds.wacz": wacz({"archive/data.warc": b"".join(line_feeds)}),
        "plain.arc": b"".join(arc),
        "records.arc.gz": by_record(arc),
        "whole.arc.gz": gzip.compress(b"".join(arc)),
        "plain-2.arc": b"".join(arc2),
        "records-2.arc.gz": by_record(arc2),
        "stored.wacz": wacz({"archive/data.warc.gz": by_record(warc)}),
        "stored-plain.wacz": wacz({"archive/data.warc": b"".join(warc)}),
        "packed.wacz": wacz({"archive/data.warc": b"".join(warc)}, zipfile.ZIP_DEFLATED),
        "packed-twice.wacz": wacz(
            {"archive/a.warc.gz": by_record(first), "archive/b.warc.gz": gzip.compress(b"".join(second))},
            zipfile.ZIP_DEFLATED,
        ),
        "concatenated.warc.gz": by_record(first) + b"".join(second),
        "concatenated.warc": b"".join(first) + by_record(arc_records(exchanges[half:]), checked),
    }
    for version in ("0.17", "0.18", "1.1"):
        made[f"version-{version}.warc"] = b"".join(warc).replace(b"WARC/1.0\r\n", f"WARC/{version}\r\n".encode())
    return made
