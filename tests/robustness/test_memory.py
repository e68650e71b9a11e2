"""Reading one page takes at most 300 MB for the whole process, for the largest accepted page of each kind."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from crawler.items import Article, Link
from crawler.layouts import hugo
from crawler.pipelines.normalize import normalize
from crawler.reading.errors import LayoutChanged
from crawler.reading.limits import LARGEST, MOST_MARKS
from crawler.reading.page import Page
from crawler.reading.read import read_article
from tests.support.mirror import ROOT
from tests.support.toy.toy import ToySpider

MOST = 300  # MB
HEAD = "<html><head><title>About a1</title></head><body><h1>About a1</h1><time>2025-02-11</time><article><p>text</p>"
# What is repeated, and its tags plus a third of its attributes.
KINDS = {
    "pictures": ('<img src="/a/b.png">text', 4 / 3),
    "linked pictures": ("<a href=x><img src=y.png></a>", 3 + 2 / 3),
    "links": ('<a href="/b">x</a> ', 2 + 1 / 3),
    "cells": ("<td>x", 1),
    "rows": ("<tr><td>x<td>y", 3),
    "spans": ("<span>x</span> ", 2),
    "attributes": ("<p a=1 b=2 c=3 d=4 e=5 f=6>x", 3),
    "attributes without values": ("<p a b c d e f g h i>x", 4),
    "lists": ("<ul><li>x</ul>", 3),
    "breaks": ("x<br>", 1),
    "superscripts": ("x<sup>2</sup>", 2),
    "text": ("正文，文字。", 0),
    "ASCII": ("text of a page. ", 0),
    "references": ("&amp;", 0),
}


def page_of(kind: str, factor: float = 1) -> Page:
    """Return the largest accepted page of *kind*, or one with *factor* times as many units."""
    unit, weight = KINDS[kind]
    number = (LARGEST - 1000) // len(unit.encode())
    if weight:
        number = min(number, int(factor * (MOST_MARKS - 50) / weight))
    inside = f"<table><tr>{unit * number}</table>" if "<td>" in unit else unit * number
    link = Link("a1", "http://toy.example/a/a1.html")
    return Page(link.url, f"{HEAD}{inside}</article></body></html>".encode(), link=link)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_the_largest_accepted_page_of_a_kind(kind: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", __name__, kind], cwd=ROOT, capture_output=True, text=True, check=False, timeout=160
    )
    assert done.returncode == 0, done.stderr
    peak, length = map(int, done.stdout.split())
    assert length > 1000
    assert peak < MOST, f"{peak} MB"


@pytest.mark.parametrize("kind", [kind for kind, (_, weight) in KINDS.items() if weight])
def test_a_larger_page_is_refused_with_its_size(kind: str) -> None:
    with pytest.raises(LayoutChanged, match=r"too large to parse: \d+ tags and brackets"):
        read_article(ToySpider, page_of(kind, 1.01))


def main(kind: str) -> None:
    """Print the peak memory of this process in MB, and the length of the article's file."""
    article = read_article(ToySpider, page_of(kind))
    assert isinstance(article, Article)
    length = len(hugo.render(normalize(article)))
    # Not `ru_maxrss`: it includes the memory of the process that started this one.
    [peak] = re.findall(r"VmHWM:\s+([0-9]+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    print(int(peak) // 1024, length)


if __name__ == "__main__":
    main(sys.argv[1])
