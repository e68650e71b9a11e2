"""Write the articles of the benchmark to a WARC file.

Usage: python -m tests.bench.archive FILE ARTICLES KIND

KIND is a name in `pages.KINDS`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from crawler.recordings.recorder import Exchange, Recorder
from tests.bench.pages import HOST, KINDS, article


def main(path: str, articles: str, kind: str) -> None:
    recorder = Recorder(Path(path), {"software": "press-corpus"})
    for number in range(int(articles)):
        body = article(number, KINDS[kind])
        exchange = Exchange(
            method="GET",
            url=f"http://{HOST}/a/{number:08}.html",
            request_headers=[("Accept", "text/html"), ("User-Agent", "PressCorpus")],
            request_body=b"",
            status=200,
            headers=[("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body)))],
            body=body,
            time="2025-02-11T14:17:09+00:00",
        )
        recorder.write(exchange)
    recorder.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
