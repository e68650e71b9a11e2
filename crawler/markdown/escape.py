"""Escape text that would be markup in the finished Markdown (`FORMAT.md`, section 1, "Escapes").

Whether a character is markup depends on its neighbors in the finished text: `<` at the end of one node and `b>` at the
start of the next node form a tag, and the converter writes characters between the nodes. Therefore escaping happens in
two steps:

1. During the conversion, each character that could be markup is replaced by a *mark*: a control character that is a
   placeholder for it (`crawler.markdown.marks`). Text, inline code and fenced code blocks have marks of their own,
   because each of them needs other escapes.
2. When the text is complete, `resolve_marks` looks at each mark and the characters around it. It replaces the mark with
   an escape if the character would be markup there, and with the character itself otherwise. What depends on the whole
   block (for example two "~") is decided in `crawler.markdown.block_escapes`.
"""

from __future__ import annotations

import re
from html.entities import html5
from urllib.parse import quote

from crawler.markdown.block_escapes import UNSAFE_LINK, resolve_block_marks
from crawler.markdown.marks import BRACE, CODE_CHARACTERS, PLAIN_MARKS, TEXT_MARKS, UNMARKED, URL_MARKS
from crawler.text.clean import clean

_LABEL_MARKS = PLAIN_MARKS | {ord(char): "\\" + char for char in "[]\\`"}
# Character references, because goldmark (the Markdown parser of Hugo) ignores some backslash escapes at the start of a
# line. In code, where references have no effect, a zero-width space separates the characters.
_ESCAPES = {"\x01": "&lt;", "\x02": "&amp;", "\x03": "&#123;", "\x04": "&#96;", "\x06": "&#93;",
            "\x0e": "<\u200b", "\x0f": "]\u200b", "\x10": "{\u200b", BRACE: "&#123;"}  # fmt: skip

_TAG = "(?=[a-zA-Z/!?])"
# A mark whose character could be markup before the characters that follow it.
_NOT_BRACES = (
    rf"[\x01\x0e]{_TAG}|[\x06\x0f]{UNSAFE_LINK}"
    r"|\x02(?=(?P<entity>(?:\#[0-9]{1,7}|\#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{0,31});))"
    r"|[\x04\x17`]"
)
_MARKUP = re.compile(rf"{_NOT_BRACES}|[\x03\x10](?=%|[\x03\x10][\x01\x0e\x11<])")  # a template tag or shortcode
_MARKUP_IN_TEMPLATE = re.compile(rf"{_NOT_BRACES}|[\x03\x10](?=[%#\x03\x10])")
# One mark, or a run of backslash marks. The pattern starts with a character set, which makes the search fast.
_MARK = re.compile(r"[\x01-\x07\x0e-\x13\x17\x80-\x8a](?:(?<=\x07)\x07*+)?")
_MARKUP_IN_CODE = re.compile(rf"[\x0e\x11]{_TAG}|[\x0f\x13]{UNSAFE_LINK}")

_HEADING = re.compile(r"\A(?:[ >*+-]|[0-9]++[.)] )*+#{1,6}[ \t]")
_UNDERLINE = re.compile(r"\A[ >]*+(?:=++|-++)[ ]*")
_PUNCTUATION = {*"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~\n", *UNMARKED, *_ESCAPES}  # after a backslash, it is an escape
_EMPTY_LINES = re.compile(r"\n(?:[ >]*+\n)++")


def escape(text: str) -> str:
    """Return *text* as Markdown on one line (runs of white space become one space), escaped as in `escape_text`."""
    return escape_text(" ".join(clean(text).split()))


def escape_all(text: str) -> str:
    """Return *text* as a line of a page that a template engine reads: as `escape`, but no character is markup."""
    line = " ".join(clean(text).split()) + "\n"  # at the end of a line, a backslash is markup
    return resolve_marks(line.translate(TEXT_MARKS), in_template=True).removesuffix("\n")


def escape_text(text: str) -> str:
    """Return plain *text* as Markdown: tags, entities, unsafe links and template tags in it are escaped."""
    return resolve_marks(clean(text).translate(PLAIN_MARKS))


def link(text: str, url: str, in_template: bool = False) -> str:
    """Return a Markdown link with *text* as its label, both escaped. Returns only the label if *url* is not safe.

    *in_template*: see `resolve_marks`. Then `*` and `_` in the label are escaped, too.
    """
    marks = TEXT_MARKS | _LABEL_MARKS if in_template else _LABEL_MARKS
    label = resolve_marks(" ".join(clean(text).split()).translate(marks), in_template)
    url = re.sub(r"[()<>{}\\`\s]", lambda found: quote(found[0], safe=""), safe_url(clean(url)))
    return f"[{label}]({resolve_marks(url.translate(URL_MARKS))})" if url else label


def safe_url(url: str) -> str:
    """Return *url* if it is http, https, mailto or relative, else "".

    Tabs and line breaks are removed first, because browsers ignore them: `java\\nscript:` is a script URL.
    """
    url = re.sub(r"[\t\r\n]", "", url).strip()
    scheme = re.match(r"\A([^/?#:]*+):", url)
    return url if not scheme or scheme[1].lower() in {"http", "https", "mailto"} else ""


def linked_url(line: str) -> str:
    """Return the URL of *line*, a Markdown link and nothing else (see `link`); "" for any other line."""
    label, _, url = line.rpartition("](")
    is_link = label.startswith("[") and url.endswith(")")
    return url[:-1] if is_link and url[:-1].split() == [url[:-1]] else ""


def would_be_markup(code: str) -> bool:
    """Return whether marked *code* contains a tag or an unsafe link if a reader does not see it as code."""
    return _MARKUP_IN_CODE.search(code) is not None


def resolve_marks(marked: str, in_template: bool = False) -> str:
    """Return *marked* with each mark replaced: by an escape if its character would be markup, else by the character.

    *in_template*: the text is part of a template, as the pages of a GitBook are. Then `{{`, `{%` and `{#` are markup.

    If code contains markup, a stray backquote in the text could end the code early. Then backquotes and tildes of the
    text are escaped. If the delimiters of code still do not pair (for example in adjacent code elements), a zero-width
    space makes the markup in the code inert.
    """
    if not _MARK.search(marked):
        return marked
    marked = resolve_block_marks(_without_attributes(marked))
    code_has_markup = any(mark in marked for mark in "\x0e\x0f\x11\x13") and would_be_markup(marked)
    code_is_open = code_has_markup and not all(map(_is_paired, _EMPTY_LINES.split(marked)))
    match_markup = (_MARKUP_IN_TEMPLATE if in_template else _MARKUP).match

    def is_markup(position: int) -> bool:
        found = match_markup(marked, position)
        if not found:
            return False
        mark, entity = marked[position], found["entity"]
        if mark in "\x04`":
            return code_has_markup
        if mark == BRACE:
            return True
        if mark in "\x0e\x0f":
            return code_is_open
        return not entity or entity[0] == "#" or entity in html5

    def replacement(found: re.Match[str]) -> str:
        mark = found[0]
        if mark[0] == "\x07":  # Markdown removes a backslash before punctuation or the end of a line
            following = marked[found.end() : found.end() + 1]
            is_kept = following not in _PUNCTUATION and not marked.startswith("  \n", found.end())
            return "\\" * (2 * len(mark) - is_kept)
        return _ESCAPES[mark] if mark in _ESCAPES and is_markup(found.start()) else UNMARKED[mark]

    return _MARK.sub(replacement, marked)


def _without_attributes(marked: str) -> str:
    """Replace "{" marks by `BRACE` in headings that end with "}": Hugo would remove the braces as attributes."""
    if "\x03" not in marked or "}" not in marked:
        return marked
    lines = marked.split("\n")
    for index, line in enumerate(lines):
        if "\x03" in line and line.rstrip(" #").endswith("}"):
            next_line = lines[index + 1] if index + 1 < len(lines) else ""
            if _HEADING.match(line) or _UNDERLINE.fullmatch(next_line):
                lines[index] = line.replace("\x03", BRACE)
    return "\n".join(lines)


def _is_paired(block: str) -> bool:
    """Return whether a Markdown parser sees all code of *block* (lines without an empty line) as code."""
    lines = block.split("\n")
    is_table = any("-" in line and {*":|"} & {*line} and {*line} <= {*" >*+-:|"} for line in lines)
    return all(_is_line_paired(line, is_table) for line in lines)


def _is_line_paired(line: str, in_table: bool) -> bool:
    """Return whether the code marks of *line* are all between runs of backquotes of the same length."""
    parts = re.split("(`+)", line)
    outside, closing = "", 0
    for opening in range(1, len(parts), 2):
        if opening > closing:  # else the run is inside code
            closing = next((run for run in range(opening + 2, len(parts), 2) if parts[run] == parts[opening]), 0)
            if not closing or _ends_in_url(parts[opening - 1]):
                return False
            code = "".join(parts[opening + 1 : closing])
            # A pipe splits the code if plain text happens to form a table.
            if in_table and would_be_markup(code) and re.search(r"(?<!\\)\|", code):
                return False
            outside += parts[opening - 1]
    return not any(mark in outside + parts[-1] for mark in CODE_CHARACTERS)


def _ends_in_url(text: str) -> bool:
    """Return whether a Markdown parser links the end of *text* as a bare URL, and the backquote after it as well."""
    last_word = re.split(r"\s|<[^<>\s]*>", text)[-1]  # in Hugo, bare URLs may contain ">" and quotation marks
    return "://" in last_word or "www." in last_word
