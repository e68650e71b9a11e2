"""Check corpus files and the site that Hugo builds from them, without code of the crawler."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import frontmatter
import yaml
from lxml import etree, html

from tests.robustness.malformed.records import Record

HUGO = Path(sys.executable).parent / "hugo"
KEYS = [
    "title", "date", "summary", "categories", "lang", "translations", "tags", "menu", "thumbnail", "lead",
    "comments", "authorbox", "pager", "toc", "mathjax", "sidebar", "widgets",
]  # fmt: skip
EXTRA = [
    "id",
    "author",
    "author_url",
    "publisher",
    "category",
    "page",
    "section",
    "pretitle",
    "subtitle",
    "keywords",
    "brief",
    "counts",
]
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")
BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
TEMPLATE = re.compile(r"\{\{[<%]|\{%")
LINK = re.compile(r"\[[^\]\n]*\]\((.*)\)\n", re.DOTALL)
# HTML that Hugo generates from Markdown. Any other element or attribute is active text of a page.
ELEMENTS = {
    "p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code", "em", "strong", "del",
    "a", "img", "hr", "br", "table", "thead", "tbody", "tr", "th", "td", "div", "span", "sup", "section", "dl", "dt",
    "dd", "input",
}  # fmt: skip
ATTRIBUTES = {
    "href",
    "src",
    "alt",
    "title",
    "id",
    "class",
    "start",
    "tabindex",
    "role",
    "type",
    "checked",
    "disabled",
    "style",
    "data-lang",
}
STYLE = re.compile(r"(?:text-align:\s*\w+|(?:[a-z-]+:[#\w %.-]+;?)+)")
SITE = {
    "hugo.toml": """\
baseURL = "https://site.example/"
title = "malformed"
timeZone = "Asia/Shanghai"
[markup.goldmark.renderer]
unsafe = {unsafe}
""",
    "layouts/single.html": """\
<!DOCTYPE html><html><head><title>{{ .Title }}</title></head><body><main id="page" data-path="{{ .File.Path }}">
<div id="content">{{ .Content }}</div><div id="summary">{{ .Summary }}</div></main></body></html>
""",
    "layouts/list.html": """\
<!DOCTYPE html><title>list</title>{{ range .Pages }}<a href="{{ .RelPermalink }}">{{ .Title }}</a>{{ end }}
""",
}


def file_faults(data: bytes, record: Record | None = None) -> Iterator[str]:
    """Yield the errors in a front-matter file. *record* is the page from which it was created."""
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        yield f"not UTF-8: {error}"
        return
    if CONTROL.search(text) or "\r" in text:
        yield f"a control character: {CONTROL.findall(text)[:3]!r}"
    head, fence, body = text.partition("\n---\n")
    if not text.startswith("---\n") or not fence or not text.endswith("\n") or text.endswith("\n\n"):
        yield "invalid front-matter delimiters"
        return
    try:
        metadata: dict[str, Any] = yaml.safe_load(head)
        other = frontmatter.loads(text)
    except Exception as error:
        yield f"does not load: {error}"
        return
    if list(metadata) != [*KEYS, *EXTRA]:
        yield f"keys: {list(metadata)}"
        return
    if other.metadata != metadata or other.content.strip() != body.strip():
        yield "python-frontmatter reads a different file"
    for key, value in metadata.items():
        for item in _texts(value):
            if CONTROL.search(item):
                yield f"a control character in {key}: {item!r}"
            if key not in ("summary", "counts", "id") and ("\n" in item or BIDI.search(item)):
                yield f"a line break or a bidirectional control in {key}: {item!r}"
    for key in ("thumbnail", "author_url"):
        if metadata[key] and not re.match("https?://", metadata[key], re.IGNORECASE):
            yield f"{key}: {metadata[key]!r}"
    if not re.fullmatch(r"\d{4}-\d\d-\d\d(?: \d\d:\d\d:\d\d)?", metadata["date"]):
        yield f"date: {metadata['date']!r}"
    if TEMPLATE.search(body):
        yield f"an active template: {TEMPLATE.findall(body)}"
    if record:
        if metadata["date"] != record.date:
            yield f"date: {metadata['date']!r}, not {record.date!r}"
        if metadata["title"] != expected_title(record.title):
            yield f"title: {metadata['title']!r}, not {expected_title(record.title)!r}"
        if f"\nMark{record.number}begins" not in body:
            yield "the start of the body is lost"
        if not body.endswith(f"[malformed]({record.url})\n"):
            yield f"the last line: {body.rpartition(chr(10) * 2)[2]!r}"


def book_faults(data: bytes) -> Iterator[str]:
    """Yield the errors in a GitBook page."""
    text = data.decode()
    if CONTROL.search(text) or "\r" in text:
        yield f"a control character: {CONTROL.findall(text)[:3]!r}"
    if re.findall(r"\{%.*", text) != ['{% hint style="info" %}', "{% endhint %}"] or "{{<" in text or "{{%" in text:
        yield "an active template"
    if not text.startswith("# ") or "\n\n---\n\n" not in text:
        yield "no title or no separator"


def expected_title(text: str) -> str:
    """Return the title of the corpus file for the title of a page. This is independent of the crawler's code."""
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    text = re.sub("[\x0b\x0c\r]", " ", text)
    return re.sub(r"\s+", " ", BIDI.sub("", CONTROL.sub("", text))).strip()


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)
    elif isinstance(value, dict):
        for pair in value.items():
            yield from _texts(list(pair))


def build(content: Path, site: Path, unsafe: bool) -> str:
    """Build a site of the files in *content* with Hugo; return its error messages, "" if it succeeds.

    *unsafe* is the setting of Hugo's Markdown renderer that keeps raw HTML.
    """
    for name, text in SITE.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(text.replace("{unsafe}", str(unsafe).lower()))
    command = [
        str(HUGO),
        "--source",
        str(site),
        "--contentDir",
        str(content),
        "--destination",
        str(site / "public"),
        "--noBuildLock",
        "--quiet",
    ]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    return (
        f"exit code {process.returncode}: {process.stdout[-3000:]}{process.stderr[-3000:]}"
        if process.returncode
        else ""
    )


def rendered(site: Path) -> Iterator[tuple[str, str, list[str]]]:
    """Yield source file, text and errors of each page of the site in *site*."""
    for path in (site / "public").rglob("*.xml"):
        if faults := xml_faults(path):
            yield path.name, "", faults
    for path in (site / "public").rglob("index.html"):
        if (page := _tree(path)).find(".//main") is None:
            continue
        found = page.xpath("//main[@id='page']")
        content = page.xpath("//div[@id='content']") + page.xpath("//div[@id='summary']")
        source = found[0].get("data-path", "") if found else str(path)
        text = content[0].text_content() if content else ""
        yield (
            source,
            text,
            [f"{part.get('id')}: {fault}" for part in content for fault in _active_content(part)]
            + (["the page is broken"] if len(content) != 2 or len(found) != 1 else []),
        )


def xml_faults(path: Path) -> list[str]:
    try:
        etree.parse(path, etree.XMLParser(huge_tree=True, resolve_entities=False))
    except etree.XMLSyntaxError as error:
        return [f"{path}: {error}"]
    return []


def _tree(path: Path) -> html.HtmlElement:
    parser = html.HTMLParser(encoding="utf-8", huge_tree=True)
    return html.document_fromstring(path.read_bytes(), parser=parser)


def _active_content(part: html.HtmlElement) -> Iterator[str]:
    """Yield the elements, attributes, comments and links that come from text of a page."""
    for node in part.iterdescendants():
        if not isinstance(node.tag, str):
            if "raw HTML omitted" not in (node.text or ""):
                yield f"comment: {etree.tostring(node)[:80]!r}"
            else:
                yield "raw HTML, omitted by Hugo"
            continue
        if node.tag not in ELEMENTS:
            yield f"element: {etree.tostring(node)[:120]!r}"
        for name, value in node.attrib.items():
            if name not in ATTRIBUTES or (name == "style" and not STYLE.fullmatch(value)):
                yield f"attribute: {node.tag} {name}={value[:80]!r}"
            if name in ("href", "src") and (scheme := scheme_of(value)) not in ("", "http", "https", "mailto", "ftp"):
                yield f"link: {scheme}: {value[:80]!r}"


def scheme_of(url: str) -> str:
    """Return the scheme of *url* as browsers parse it, in lower case; "" for a relative URL."""
    url = re.sub(r"[\t\r\n]", "", url).lstrip("".join(map(chr, range(33))))
    found = re.match(r"([a-zA-Z][a-zA-Z0-9+.-]*):", url)
    return found[1].lower() if found else ""
