"""Typeset newspaper pages as PDFs for the tests. All text is invented.

`Sheet` draws pages with reportlab, and records the text in reading order, to compare it with what is read.
"""

from __future__ import annotations

import io
import random
import re
from collections.abc import Sequence

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from crawler.items import Article
from crawler.newspapers.metadata import article_fragment
from crawler.newspapers.pdf import read_pdf, to_html
from crawler.reading.page import Page
from crawler.reading.read import ReadOptions, read_article
from crawler.spiders.paper import PaperSpider

FONT = "STSong-Light"  # PDF viewers have this font: the files need not embed it
pdfmetrics.registerFont(UnicodeCIDFont(FONT))

_WHO = (
    "水库管理处",
    "镇上的纸厂",
    "下游的农户",
    "新来的邮车司机",
    "图书馆",
    "OpenWell 小组",
    "老车站的站长",
    "第二中学",
)
_WHAT = (
    "公布了今年的计划", "在清晨重新开工", "收到了第一批订单", "比去年多了 12% 的收入", "决定延长开放时间",
    "测量了 36 处水位", "把旧机器送进了博物馆", "请来了三位工程师",
)  # fmt: skip
_LINKS = ("，而且", "，随后", "，因此", "，但是", "；同时，")
_PIECES = re.compile("[A-Za-z0-9.%-]+ ?|[^A-Za-z0-9][，。、！？：；”’》）]*")


def prose(seed: int, paragraphs: int, sentences: int = 5) -> list[str]:
    """Return invented paragraphs of news."""
    rng = random.Random(seed)

    def sentence() -> str:
        clauses = [rng.choice(_WHO) + rng.choice(_WHAT) for _ in range(rng.randint(2, 3))]
        return clauses[0] + "".join(rng.choice(_LINKS) + clause for clause in clauses[1:]) + "。"

    return ["".join(sentence() for _ in range(rng.randint(2, sentences))) for _ in range(paragraphs)]


def wrap(text: str, size: float, width: float, font: str = FONT) -> list[str]:
    """Break *text* into lines of at most *width* points."""
    lines = [""]
    for piece in _PIECES.findall(text):
        if stringWidth(lines[-1] + piece.rstrip(), font, size) > width and lines[-1].strip():
            lines.append("")
        lines[-1] += piece
    return lines


class Sheet:
    """A PDF in progress, and the text that it shows, in reading order."""

    def __init__(self, width: float = 595, height: float = 842, **options: object) -> None:
        self._file = io.BytesIO()
        self.canvas = Canvas(self._file, pagesize=(width, height), invariant=1, **options)
        self.width, self.height = width, height
        self.expected: list[str] = []
        self._drawn: list[tuple[float, float, str, float, str]] = []

    def say(self, x: float, y: float, text: str, size: float = 10, font: str = FONT, expected: bool = True) -> None:
        """Draw a line of text."""
        self._drawn.append((x, y, text, size, font))
        if expected:
            self.expected.append(text)

    def flow(
        self,
        paragraphs: Sequence[str],
        columns: Sequence[tuple[float, float, float]],
        size: float = 9,
        leading: float = 13.5,
        width: float = 150,
        indent: str = "　　",
        justify: bool = False,
    ) -> None:
        """Fill *columns* (left, top, bottom) with paragraphs. All must fit in."""
        places = iter(columns)
        left, y, bottom = next(places)
        for paragraph in paragraphs:
            self.expected.append(paragraph)
            lines = wrap(indent + paragraph, size, width)
            for number, line in enumerate(lines):
                if y < bottom:
                    left, y, bottom = next(places)
                if justify and number < len(lines) - 1:
                    self._justified(left, y, line, size, width)
                else:
                    self._drawn.append((left, y, line, size, FONT))
                y -= leading

    def fill(
        self,
        seed: int,
        columns: Sequence[tuple[float, float, float]],
        size: float = 9,
        leading: float = 13.5,
        width: float = 150,
        justify: bool = False,
    ) -> None:
        """Fill *columns* (left, top, bottom) with invented news."""
        free = sum(int((top - bottom) // leading) for _, top, bottom in columns)
        paragraphs: list[str] = []
        for paragraph in prose(seed, 200):
            free -= len(wrap("　　" + paragraph, size, width))
            if free < 0:
                break
            paragraphs.append(paragraph)
        self.flow(paragraphs, columns, size, leading, width, justify=justify)

    def _justified(self, left: float, y: float, line: str, size: float, width: float) -> None:
        pieces = _PIECES.findall(line.rstrip())
        rest = width - sum(stringWidth(piece.rstrip(), FONT, size) for piece in pieces)
        gap = rest / max(len(pieces) - 1, 1)
        for piece in pieces:
            self._drawn.append((left, y, piece.rstrip(), size, FONT))
            left += stringWidth(piece.rstrip(), FONT, size) + gap

    def rule(self, x: float, y: float, u: float, v: float, width: float = 0.5) -> None:
        self.canvas.setLineWidth(width)
        self.canvas.line(x, y, u, v)

    def table(self, rows: Sequence[Sequence[str]], lefts: Sequence[float], top: float, size: float = 9,
              leading: float = 14) -> None:  # fmt: skip
        """Draw a table without lines."""
        for number, row in enumerate(rows):
            for left, cell in zip(lefts, row, strict=True):
                if cell:
                    self.say(left, top - number * leading, cell, size)

    def end_page(self, order: str = "columns") -> None:
        """Finish a page. *order*: in which its lines are drawn: "columns" (as written), "rows", or "random"."""
        drawn = list(self._drawn)
        if order == "rows":
            drawn.sort(key=lambda one: (-one[1], one[0]))
        elif order == "random":
            random.Random(len(drawn)).shuffle(drawn)
        for x, y, text, size, font in drawn:
            self.canvas.setFont(font, size)
            self.canvas.drawString(x, y, text)
        self._drawn.clear()
        self.canvas.showPage()

    def data(self) -> bytes:
        self.canvas.save()
        return self._file.getvalue()


def read_articles(data: bytes, name: str = "2025-02-11_a.pdf") -> list[Article]:
    """Return the articles of a PDF as they are stored, with half-width punctuation kept."""
    document = read_pdf(data)
    articles = []
    for part in document.articles:
        url = name + article_fragment(part.page, part.number)
        page = Page(url, to_html(part, document.info).encode(), fetched_at="2025-02-12T02:00:00+00:00",
                    headers={"last-modified": "Wed, 12 Feb 2025 01:00:00 GMT", "content-type": "text/html"},
                    link=PaperSpider.article_link(url))  # fmt: skip
        article = read_article(PaperSpider, page, ReadOptions())
        assert isinstance(article, Article)
        articles.append(article)
    return articles


def read_one(data: bytes, name: str = "2025-02-11_a.pdf") -> Article:
    """Return the only article of a PDF."""
    [article] = read_articles(data, name)
    return article
