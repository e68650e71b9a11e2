"""Generate malformed records. Seed and number determine a record."""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

from tests.robustness.malformed import texts

FETCHED = "2026-11-22T01:02:03+00:00"
HOST = "http://malformed.example/a/"
TAGS = [
    "p", "p", "p", "div", "span", "b", "strong", "em", "i", "a", "a", "h1", "h2", "h3", "h5", "ul", "ol", "li", "li",
    "blockquote", "pre", "code", "code", "table", "tr", "td", "th", "thead", "tbody", "caption", "section", "figure",
    "figcaption", "q", "del", "sub", "kbd", "dl", "dt", "dd", "font", "center", "template", "noscript", "svg",
    "math", "form", "label", "button", "select", "option", "details", "summary", "video", "audio", "object", "ruby",
    "rt", "x:y", "xq", "textarea", "title", "script", "style", "iframe",
]  # fmt: skip
VOID = ["br", "br", "hr", "img", "img", "input", "wbr", "source", "embed", "meta", "link", "base"]

# Date in the page, and date in the corpus file: "" for an invalid date, None for a date in the future.
DATES: list[tuple[object, str | None]] = [
    ("2025-02-11 08:09:10", "2025-02-11 08:09:10"), ("2025-02-11", "2025-02-11"),
    ("2025/2/1 8:09", "2025-02-01 08:09:00"), ("2025年2月1日 08:09", "2025-02-01 08:09:00"),
    ("2025-02-11T23:30:00Z", "2025-02-12 07:30:00"), ("2025-02-11T23:30:00.123-05:00", "2025-02-12 12:30:00"),
    ("2025-12-31T20:00:00+00:00", "2026-01-01 04:00:00"), ("Tue, 11 Feb 2025 23:30:00 GMT", "2025-02-12 07:30:00"),
    (1739267100, "2025-02-11 17:45:00"), (1739267100000, "2025-02-11 17:45:00"),
    ("1739267100", "2025-02-11 17:45:00"), ("2/5/2025, 05:39:11 PM", "2025-02-05 17:39:11"),
    ("\u3000发布于 2025-02-11 08:09 来源：x", "2025-02-11 08:09:00"), ("2024-02-29", "2024-02-29"),
    ("\u202e2025-02-11\x00", "2025-02-11"), ("3小时前", "2026-11-22"),
    ("昨天 12:30", "2026-11-21 12:30:00"), ("刚刚", "2026-11-22"), ("yesterday", "2026-11-21"), ("3个月前", ""),
    ("2025-02-30", ""), ("2023-02-29 10:00", ""), ("2025-13-45", ""), ("2025-02-11 25:61:61", "2025-02-11"),
    ("0000-00-00 00:00:00", ""), ("1e3", ""), (1e308, ""), (-1, ""), (0, ""), (True, ""), (None, ""), ("", ""),
    ([], ""), ({"$date": 1}, ""), ("2025-02-11T08:00:00+99:99", "2025-02-11"), ("NaN", ""), ("9" * 400, ""),
    ("2099-01-01 00:00:00", None), ("2026-12-24", None), (4000000000, None), ("2026-11-25T00:00:00Z", None),
    ("2026-11-23 09:02:04", None), ("2026-11-23T09:02:04Z", None),
]  # fmt: skip
# Defect of a page, and the kind of the refusal.
DEFECTS = {
    "captcha": "blocked", "empty": "blocked", "video": "skipped", "cut": "incomplete", "too deep": "incomplete",
    "damaged": "incomplete", "404": "gone", "410": "gone", "401": "login", "403": "blocked", "429": "blocked",
    "500": "unreachable", "503": "blocked", "moved to login": "login", "no title": "changed", "no body": "changed",
    "two bodies": "changed", "no data": "changed",
}  # fmt: skip


@dataclass(frozen=True)
class Record:
    """A page with its expected outcome."""

    number: int
    id: str
    url: str
    status: int
    headers: list[tuple[str, str]]
    page: bytes
    title: str
    date: str  # in the corpus file
    refused: str  # kind of the refusal; "" for an article, if the page has a body


class Generator:
    """Generator of record *number*."""

    def __init__(self, seed: int, number: int) -> None:
        self.number = number
        self.random = random.Random(f"{seed}/{number}")
        self.pick = self.random.choice
        self.likely = lambda share: self.random.random() < share

    def record(self) -> Record:
        identifier = self.identifier()
        url = HOST + quote(identifier, safe="") + ".html"
        defect = self.pick(list(DEFECTS)) if self.likely(0.08) else ""
        written, date = self.pick(DATES[:15]) if defect or self.likely(0.8) else self.pick(DATES)
        title = "" if defect == "no title" else f"Title {self.number} " + self.text(texts.SURROGATES)
        title = self.pick([title, title.removeprefix(f"Title {self.number} ") + f" {self.number}"]) if title else ""
        refused = DEFECTS.get(defect) or ("" if date else "changed")
        status = int(defect) if defect.isdigit() else 302 if defect == "moved to login" else 200
        headers = [("Content-Type", self.pick(["text/html", "text/html; charset=utf-8", "text/html; charset=gbk"]))]
        headers += [("Location", "http://malformed.example/login?from=x")] if status == 302 else []
        headers += (
            [("ETag", self.pick(['"1"', "'; DROP TABLE article; --", "\x1b[31m", "é"]))] if self.likely(0.1) else []
        )
        page = self.page(title, written, defect)
        return Record(self.number, identifier, url, status, headers, page, title, date or "", refused)

    def identifier(self) -> str:
        """Return a unique id. Some ids differ only in case."""
        if self.likely(0.5):
            return f"{self.number}"
        if self.likely(0.2):  # the id of the next record differs only in case
            return f"{'aA'[self.number % 2]}bc{self.number // 2}"
        base = self.pick(texts.IDS) if self.likely(0.7) else self.text()
        base = re.sub("[\ud800-\udfff]", "", base)[:600] * self.pick([1, 1, 1, 50, 255])  # a URL contains no surrogates
        return base if self.likely(0.02) and base else f"{base[:600]}-{self.number}"

    def page(self, title: str, date: object, defect: str) -> bytes:
        if defect == "empty":
            return self.pick([b"", b" \n"])
        body = self.body()
        if defect == "captcha":
            body = "<p>验证码</p>"
        if defect == "video":
            body = "<video class=main></video>"
        if defect == "too deep":
            body = "<div>" * 3000 + "x" + "</div>" * 3000 + "y"
        if defect == "damaged":
            body += "\ufffd" * 4000
        if defect == "cut":
            body = body.replace("</html", "")
        data = {
            "title": title, "date": date, "author": self.text(texts.SURROGATES), "author_url": self.url(),
            "thumbnail": self.url(), "publisher": self.text(texts.SURROGATES),
            "category": self.text(texts.SURROGATES), "keywords": [self.text(texts.SURROGATES) for _ in range(3)],
            "brief": self.text(texts.SURROGATES), "pretitle": self.text(texts.SURROGATES),
            "subtitle": self.text(texts.SURROGATES), "section": self.text(texts.SURROGATES),
            "page": self.text(texts.SURROGATES),
            "counts": {"views": self.pick([0, 1, -5, 10**30]), self.text(texts.SURROGATES): 2},
        }  # fmt: skip
        # A body in JSON can contain surrogates and unescaped control characters; HTML in a page cannot.
        if is_in_data := self.likely(0.3) and not defect:
            data["body"] = body + (self.pick(texts.SURROGATES) if self.likely(0.2) else "")
        if defect == "no data":
            data = {}
        article = "" if is_in_data or defect == "no body" else f"<article>{body}</article>"
        article += "<article>2</article>" if defect == "two bodies" else ""
        if defect in ("no body", "two bodies"):
            data.pop("body", None)
            article = "" if defect == "no body" else "<article>1</article><article>2</article>"
        script = json.dumps(data).replace("<", "\\u003c")
        head = "<!DOCTYPE html>\n<html><head><title></title></head><body>"
        page = f"{head}<script>window.DATA = {script};</script>{article}</body>"
        return (page + ("" if defect == "cut" else "</html>")).encode("utf-8", "replace")

    def text(self, also: list[str] | None = None, most: int = 5) -> str:
        """Return up to *most* pieces, joined; *also* is an additional list of pieces."""
        pieces = [
            self.pick(self.pick([*texts.TEXTS, also] if also else texts.TEXTS))
            for _ in range(self.random.randint(0, most))
        ]
        return self.pick(["", "", " ", "\n"]).join(pieces)

    def url(self) -> str:
        return self.pick(self.pick([texts.SCRIPTS, texts.ADDRESSES]))

    def body(self) -> str:
        parts = [self.part() for _ in range(self.random.randint(1, 5))]
        return f"<p>Mark{self.number}begins.</p>{''.join(parts)}<p>Mark{self.number}ends</p>"

    def part(self) -> str:
        kind = self.random.random()
        if kind < 0.30:
            return self.pick(texts.BODIES)
        if kind < 0.75:
            return self.element(self.random.randint(1, 6))
        if kind < 0.90:  # like an editor: escaped paragraphs
            return "".join(f"<p>{escape(self.text())}</p>" for _ in range(4))
        if kind < 0.94:
            tag, depth = (
                self.pick(["div", "b", "blockquote", "ul><li", "table><tr><td", "dl><dd", "pre", "code", "xq"]),
                self.pick([5, 30, 200, 800]),
            )
            return "".join(
                f"<{tag}>{escape(self.text(most=1))}"
                for _ in range(depth if depth < 200 or tag in ("div", "b", "xq") else 40)
            )
        if kind < 0.96:
            picture = f"<img alt='{'长' * 10_000}' src='https://a.example/{'z' * 5_000}'>"
            return f"<p title='{'x' * 100_000}' {'y' * 1000}=1>long</p>{picture}"
        if kind < 0.98:
            return self.pick(
                [
                    "&amp;" * 5000,
                    "&lt;" * 5000,
                    "&" * 5000,
                    "`" * 999,
                    "[" * 999,
                    "]" * 999,
                    "> " * 500,
                    "- " * 200,
                    "*" * 999,
                    "<b>" * 300,
                ]
            )
        return "<table>" + f"<tr><td>{escape(self.text())}<td>b</td></tr>" * 100 + "</table>"

    def element(self, depth: int) -> str:
        """Return nested elements, some without end tag."""
        text = self.text(most=3)
        text = text if self.likely(0.15) else escape(text, quote=False)
        if depth == 0:
            return text
        if self.likely(0.15):
            return f"{text}<{self.pick(VOID)}{self.attributes()}>{self.element(depth - 1)}"
        tag = self.pick(TAGS)
        inside = "".join(self.element(depth - self.random.randint(1, depth)) for _ in range(self.random.randint(1, 3)))
        end = "" if self.likely(0.05) else f"</{self.pick(TAGS) if self.likely(0.05) else tag}>"
        return f"{text if self.likely(0.5) else ''}<{tag}{self.attributes()}>{inside}{end}"

    def attributes(self) -> str:
        attributes = []
        for name in (
            "href",
            "src",
            "alt",
            "title",
            "onclick",
            "style",
            "class",
            "id",
            "colspan",
            "start",
            "poster",
            "srcset",
            "action",
        ):
            if self.likely(0.5 if name in ("href", "src") else 0.08):
                value = self.url() if name in ("href", "src", "poster", "action") else self.text(most=2)
                value = (
                    value
                    if self.likely(0.15)
                    else escape(value)
                    if self.likely(0.8)
                    else "".join(f"&#{ord(char)};" for char in value)
                )
                quote = self.pick(['"', '"', '"', "'", ""])
                attributes.append(f" {name}={quote}{value}{quote}")
        return "".join(attributes)
