"""The front-matter file of the corpus (section 1 of the corpus format), for Hugo and for every reader of YAML."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from frontmatter import Post
from frontmatter.default_handlers import YAMLHandler
from yaml import YAMLError

from crawler.items import Article
from crawler.markdown.escape import escape_text, link
from crawler.markdown.rules import Headings
from crawler.text.clean import clean

HEADINGS: Headings = "setext"

# Metadata that a setting may ask for. A closed list: keys such as `url` or `slug` would move the page within a site.
PRINTED = ("page", "section", "pretitle", "subtitle")  # of what stood on a newspaper's page
EXTRA = (
    "id", "author", "author_url", "publisher", "category", *PRINTED, "keywords", "brief", "counts", "reader", "chosen",
)  # fmt: skip

# What YAML 1.1 does not allow as it is in one double-quoted line.
_ESCAPED = re.compile('["\\\\\x00-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]')
_SHORT = {'"': r"\"", "\\": r"\\", "\n": r"\n", "\r": r"\r", "\t": r"\t"}
_PLAIN_KEY = re.compile("[A-Za-z_][A-Za-z0-9_]*")


class CorpusHandler(YAMLHandler):
    """python-frontmatter's YAML, loaded safely, written in the corpus's form."""

    def split(self, text: str) -> tuple[str, str]:
        """The front matter and all that follows the line of its closing fence, to the byte."""
        head, fence, body = text.partition("\n---\n")
        if not head.startswith("---\n") or not fence:
            raise ValueError("no front matter")
        return head.removeprefix("---\n"), body

    def export(self, metadata: dict[str, object], **kwargs: object) -> str:
        """`metadata` as YAML: keys in their order, each string double-quoted and on one line."""
        return "\n".join(_entry(key, value) for key, value in metadata.items())

    def format(self, post: Post, **kwargs: object) -> str:
        """The whole file, as `frontmatter.dumps` gives it."""
        return f"---\n{self.export(post.metadata)}\n---\n\n{post.content}\n"


_HANDLER = CorpusHandler()


def render(article: Article, extra: tuple[str, ...] = ()) -> str:
    """The whole file of `article`; `extra` names fields of `EXTRA` that follow as keys behind the corpus's own.

    Hugo reads the summary as Markdown, like the body: so what would act in it is escaped like there ("What text may not
    do", section 1 of the corpus format). Every other value is plain text for Hugo, and stays as the page has it.
    """
    if unknown := set(extra) - set(EXTRA):
        raise ValueError(f"no extra key of an article: {', '.join(sorted(unknown))}")
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
    metadata |= {name: clean(article.id) if name == "id" else getattr(article, name) for name in extra}
    paragraphs = filter(None, (article.markdown, link(article.source, article.url)))
    return dump(metadata, "\n" + "\n\n".join(paragraphs) + "\n")


def load(text: str) -> tuple[dict[str, Any], str]:
    """A file's metadata, and its body as it stands behind the closing fence: the empty line before it and the line end
    behind it included, so that `dump` gives the same bytes. ValueError where there is no front matter.
    """
    head, body = _HANDLER.split(text)
    metadata = _HANDLER.load(head)
    if not isinstance(metadata, dict):
        raise ValueError("front matter without keys")
    return metadata, body


def dump(metadata: Mapping[str, object], body: str) -> str:
    """The file for what `load` gave."""
    return f"---\n{_HANDLER.export(dict(metadata))}\n---\n{body}"


def identify(text: str) -> tuple[str, str, str, str]:
    """Title, date, address and Markdown of a file. Raises ValueError where it is none that `render` gave."""
    try:
        metadata, body = load(text)
    except YAMLError as error:
        raise ValueError(f"front matter does not load: {error}".partition("\n")[0]) from error
    markdown, _, last = body.strip("\n").rpartition("\n")
    address = re.fullmatch(r"\[.*\]\((\S+)\)", last)
    title, date = metadata.get("title"), metadata.get("date")
    if not (isinstance(title, str) and isinstance(date, str) and address):
        raise ValueError("title, date or the last line's address is missing")
    return title, date, address[1], markdown.strip("\n")


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
    raise TypeError(f"no value of the corpus's front matter: {value!r}")


def _escape(match: re.Match[str]) -> str:
    char = match[0]
    return _SHORT.get(char) or (f"\\x{ord(char):02x}" if ord(char) < 256 else f"\\u{ord(char):04x}")
