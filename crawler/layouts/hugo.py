"""Front-matter files of the corpus (`FORMAT.md`, section 1), for Hugo and any other reader of YAML front matter."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from crawler.items import Article, article_fields
from crawler.markdown.escape import escape_text, link, linked_url, safe_url
from crawler.markdown.rules import Headings
from crawler.text.clean import clean

HEADINGS: Headings = "setext"

# Keys that the setting `EXTRA_KEYS` may add. A closed list: keys such as `url` or `slug` would move the page within a
# Hugo site, and a URL as the value of `url` fails its build. Therefore the URL is in `source_url`. `tags` adds the
# keywords to the key of that name, `same_as` is the first article of the same story.
EXTRA = (*article_fields("key"), "source_url", "tags", "same_as")
# Extra keys whose values change if a page is only fetched again.
_OF_FETCH = re.compile(rb'(?m)^((?:fetched|origin|tdm|warc): )"(?:[^"\\\n]|\\.)*+"$')

# Characters that YAML 1.1 does not allow unescaped in a double-quoted string on one line.
_ESCAPED = re.compile('["\\\\\x00-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]')
_SHORT = {'"': r"\"", "\\": r"\\", "\n": r"\n", "\r": r"\r", "\t": r"\t"}
_SIMPLE_HEAD = re.compile(
    r'---\ntitle: "(?P<title>[^"\\\n]*)"\ndate: "[^"\n]*"\nsummary: ".*"\n'
    r'categories:\n  - "(?P<category>[^"\\\n]*)"\n[a-z]'
)
_PLAIN_KEY = re.compile("[A-Za-z_][A-Za-z0-9_]*")


def extra_keys(value: str | Sequence[str]) -> tuple[str, ...]:
    """Return the names in the setting `EXTRA_KEYS`: a list, or a text with commas or blanks between them."""
    return tuple(re.findall(r"[^\s,]+", value if isinstance(value, str) else ",".join(value)))


def render(article: Article, extra: tuple[str, ...] = (), same_as: str = "") -> str:
    """Return the text of the file for *article*. *extra* are names in `EXTRA`: keys to add after the fixed keys.

    *same_as* is the value of the key of that name: "source/id", "" without an earlier article of the same story.

    The summary is escaped like the body, because Hugo renders it as Markdown (`FORMAT.md`, "Escapes"). Hugo treats
    all other values as plain text; they are written without escapes. Raises ValueError for a field that is not in
    `EXTRA`.
    """
    if unknown := set(extra) - set(EXTRA):
        raise ValueError(f"unknown extra keys: {', '.join(sorted(unknown))}; known keys: {', '.join(EXTRA)}")
    metadata: dict[str, object] = {
        "title": article.title,
        "date": article.date,
        "summary": escape_text(article.summary),
        "categories": [article.source],
        "lang": ["zh-CN"],
        "translations": ["zh-CN"],
        "tags": [article.source],
        "menu": "",
        "thumbnail": article.thumbnail,
        "lead": "",
        "comments": False,
        "authorbox": False,
        "pager": True,
        "toc": False,
        "mathjax": False,
        "sidebar": "right",
        "widgets": ["search", "recent", "taglist"],
    }
    metadata |= {name: same_as if name == "same_as" else _extra_value(article, name) for name in extra}
    paragraphs = filter(None, (article.markdown, link(article.source, article.url)))
    return dump(metadata, "\n" + "\n\n".join(paragraphs) + "\n")


def _extra_value(article: Article, name: str) -> object:
    if name == "tags":
        return list(dict.fromkeys((article.source, *article.keywords)))
    if name == "source_url":
        return safe_url(clean(article.url))
    return clean(article.id) if name == "id" else getattr(article, name)


def is_same(old: bytes, new: bytes) -> bool:
    """Return whether two files of an article are equal, apart from values that change if its page is fetched again.

    These are `fetched`, `origin`, `tdm` and `warc`, if they are keys of the front matter of both files.
    """
    return old == new or without_fetch(old) == without_fetch(new)


def without_fetch(data: bytes) -> tuple[bytes, bytes]:
    """Return head and body of a file without the values that change if its page is fetched again."""
    head, fence, body = data.partition(b"\n---\n")
    return _OF_FETCH.sub(rb"\1", head) if fence and head.startswith(b"---\n") else head, body


def with_same_as(text: str, value: str, extra: Sequence[str]) -> str:
    """Return a file with the key `same_as`, as `render` writes it with the extra keys *extra*; all else stays the same.

    Raises ValueError without front matter.
    """
    head, fence, body = text.partition("\n---\n")
    if not head.startswith("---\n") or not fence:
        raise ValueError("no front matter")
    lines = [line for line in head.split("\n") if not line.startswith("same_as:")]
    following = set(extra[list(extra).index("same_as") :]) - {"tags"}  # `tags` is one of the fixed keys
    places = (index for index, line in enumerate(lines) if line.partition(":")[0] in following)
    lines.insert(next(places, len(lines)), _entry("same_as", value))
    return "\n".join(lines) + fence + body


def load(text: str) -> tuple[dict[str, Any], str]:
    """Return the metadata of a file and its body.

    The body is all text after the line of the closing `---`, with the empty line at its start and the line end at its
    end: `dump` gives the same bytes again. Raises ValueError without front matter, and YAMLError for invalid YAML.
    """
    head, fence, body = text.partition("\n---\n")
    if not head.startswith("---\n") or not fence:
        raise ValueError("no front matter")
    metadata = yaml.load(head.removeprefix("---\n"), yaml.CSafeLoader)
    if not isinstance(metadata, dict):
        raise ValueError("front matter without keys")
    return metadata, body


def dump(metadata: Mapping[str, object], body: str) -> str:
    """Return the text of a file from the two values of `load`. Keys keep their order; strings are double-quoted."""
    front_matter = "\n".join(_entry(key, value) for key, value in metadata.items())
    return f"---\n{front_matter}\n---\n{body}"


def identify(text: str) -> tuple[str, str, str, str]:
    """Return title, date, URL and Markdown of a file that `render` wrote. Raises ValueError for any other text.

    A user may have added text after the link to the article: it belongs to the Markdown.
    """
    return identify_with_metadata(text)[0]


def identify_with_metadata(text: str) -> tuple[tuple[str, str, str, str], dict[str, Any]]:
    """Return the result of `identify`, and the front matter."""
    try:
        metadata, body = load(text)
    except yaml.YAMLError as error:
        raise ValueError(f"front matter does not load: {error}".partition("\n")[0]) from error
    url, markdown = _article_link(body, metadata.get("categories"))
    title, date = metadata.get("title"), metadata.get("date")
    if not (isinstance(title, str) and isinstance(date, str) and url):
        raise ValueError("title, date, or the link to the article is missing")
    return (title, date, url, markdown.strip("\n")), metadata


def title_and_markdown(text: str) -> tuple[str, str] | None:
    """Return title and Markdown of a file as `identify` does, without loading its YAML.

    Returns None if the front matter does not start as `render` writes it, or the title has escapes.
    """
    if not (head := _SIMPLE_HEAD.match(text)) or "\n---\n" not in text:
        return None
    body = text.partition("\n---\n")[2]
    return head["title"], _article_link(body, [head["category"]])[1].strip("\n")


def _article_link(body: str, categories: object) -> tuple[str, str]:
    """Return the URL of the link to the article, and the other lines of *body*; "" if it is missing.

    It is the last line that is a link with the name of the source, or else the last line if that is a link.
    """
    names = categories if isinstance(categories, list) else []
    starts = tuple(link(str(name), "/").removesuffix("/)") for name in names)
    lines = body.strip("\n").split("\n")
    for index in reversed(range(len(lines))):
        if lines[index].startswith(starts) and (url := linked_url(lines[index])):
            return url, "\n".join([*lines[:index], *lines[index + 1 :]])
    return linked_url(lines[-1]), "\n".join(lines[:-1])


def _entry(key: str, value: object) -> str:
    name = key if _PLAIN_KEY.fullmatch(key) else _scalar(key)
    if isinstance(value, Mapping):
        lines = [f"  {_scalar(part)}: {_scalar(number)}" for part, number in value.items()]
        return "\n".join([f"{name}:", *lines]) if lines else f"{name}: {{}}"
    if isinstance(value, list | tuple):
        lines = [f"  - {_scalar(part)}" for part in value]
        return "\n".join([f"{name}:", *lines]) if lines else f"{name}: []"
    return f"{name}: {_scalar(value)}"


def _scalar(value: object) -> str:
    if isinstance(value, str):
        return f'"{_ESCAPED.sub(_escape, value)}"'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    raise TypeError(f"front matter holds strings, booleans and integers, not {value!r}")


def _escape(match: re.Match[str]) -> str:
    char = match[0]
    return _SHORT.get(char) or (f"\\x{ord(char):02x}" if ord(char) < 256 else f"\\u{ord(char):04x}")
