"""A crawl of a sitemap of the largest size, 50 MB."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.reading.test_xml_listing import sitemap
from tests.support.server import Answer, play

STARTER = """
import os, subprocess, sys
print(os.wait4(subprocess.Popen(sys.argv[1:]).pid, 0)[2].ru_maxrss)
"""


def test_all_links_of_a_large_sitemap_are_found_within_the_memory_limit(tmp_path: Path) -> None:
    body = sitemap(5_000)
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"

    def site(path: str, number: int) -> Answer:
        is_sitemap = path == "/sitemap/large.xml"
        return Answer(raw=head.encode() + body) if is_sitemap else Answer("not found", 404)

    url, output, log = "http://news.qq.com/sitemap/large.xml", tmp_path / "output", tmp_path / "log"
    command = [sys.executable, "-m", "scrapy", "crawl", "qq", "-a", f"url={url}", "-s", f"OUTPUT_DIR={output}"]
    with play(site) as played, log.open("w") as file:
        environment = {**os.environ, **played.environment}
        # The articles have HTTPS, which the server does not serve: their links stay open.
        # The peak memory of a new process begins with that of its parent: a small process starts the crawl.
        starter = [sys.executable, "-c", STARTER, *command, "-s", "DOWNLOAD_DELAY=0"]
        done = subprocess.run(starter, env=environment, stderr=file, stdout=subprocess.PIPE, text=True)
    last_line = log.read_text(encoding="utf-8").splitlines()[-1]
    assert "links.new=5000" in last_line
    assert "pages.listing=1" in last_line
    assert int(done.stdout) < 300 * 1024  # KiB
