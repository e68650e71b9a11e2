"""Decide whether the source text of a page goes on to its end, or was cut off on the way.

A complete page ends with `</html>`. HTML allows to leave that tag out, and minifiers do: then the page is complete if
every element whose end tag is mandatory is closed (HTML Living Standard, section 13.1.2.4, "Optional tags").
"""

from __future__ import annotations

import re
from collections import Counter

_MARKS = re.compile(r"<!--|-->|</?script\b|</html\s*+>", re.IGNORECASE | re.ASCII)
_INSIDE = {"<script": "</script", "<!--": "-->"}  # start -> end
TAG = re.compile("<(/?)([a-z][^\\s/>]*+)", re.IGNORECASE | re.ASCII)
REST = re.compile(r"""(?:[^>=]++|=\s*+(?:"[^"]*+"|'[^']*+'|(?!["'])))*+(>)?+""")  # of a tag, after its name
_SELF_CLOSING = re.compile("""["'\\s]/>|/>(?<=[a-z]/>)""", re.IGNORECASE)
# The parser reads the content of these elements as text, up to this mark.
RAW_TEXT = {
    name: re.compile(f"</{name}", re.IGNORECASE | re.ASCII) for name in ("script", "style", "textarea", "title")
}
_VOID = {
    *("area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "img", "input", "keygen", "link"),
    *("meta", "param", "source", "track", "wbr"),
}
_HEAD = {"html", "head", "body", "title", "base", "link", "meta", "script", "style", "noscript", "template"}
# Elements that end a `<p>` without an end tag.
_BLOCKS = {
    *("address", "article", "aside", "blockquote", "center", "details", "dialog", "dir", "div", "dl", "fieldset"),
    *("figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "hr", "main"),
    *("menu", "nav", "ol", "p", "pre", "search", "section", "table", "ul"),
}
_OPTIONAL = {"html", "head", "body", "p"}  # all others with an optional end tag have a parent without one
_REFRESH = re.compile("http-equiv\\s*+=\\s*+[\"']?+refresh", re.IGNORECASE)
_LOCATION = re.compile(r"\blocation\b")  # a redirect by script, on a page of at most _REDIRECT_PAGE characters
_REDIRECT_PAGE = 1000


def html_end(text: str) -> int:
    """Return the position after the last `</html>` of *text* that is neither in a script nor in a comment; -1 without.

    In a script, the tag is part of a string.
    """
    last = text.rfind("</html>")
    is_in_script = text.rfind("<script", 0, last) > text.rfind("</script", 0, last)
    is_in_comment = text.rfind("<!--", 0, last) > text.rfind("-->", 0, last)
    if last >= 0 and not (is_in_script or is_in_comment) and not _MARKS.search(text, last + 7):  # almost every page
        return last + 7
    end, inside = -1, ""  # the mark that ends the current script or comment
    for mark in _MARKS.finditer(text):
        found = mark[0].lower()
        if inside:
            inside = "" if found == inside else inside
        elif found in _INSIDE:
            inside = _INSIDE[found]
        elif found.startswith("</html"):
            end = mark.end()
    return end


def is_closed(text: str) -> bool:
    """Return whether *text*, HTML without `</html>`, is complete.

    Elements whose end tag is mandatory must be closed. The end tags of `html`, `head`, `body` and of a `<p>` without
    attributes may be missing; `</html>` only together with `</body>`, as minifiers leave it out. A page must have
    content after its head, or a redirect in it.
    """
    opened: list[tuple[str, bool]] = []  # name, whether it has attributes
    numbers: Counter[str] = Counter()  # of open elements by name
    is_redirect = _REFRESH.search(text) or (len(text) <= _REDIRECT_PAGE and _LOCATION.search(text))
    position, has_content = 0, bool(is_redirect)
    while (start := text.find("<", position)) >= 0:
        if text.startswith("<!--", start):
            position = text.find("-->", start + 2) + 3
            if position < 3:
                return False
            continue
        tag = TAG.match(text, start)
        if tag is None:
            is_markup = text.startswith(("<!", "<?", "</"), start)
            position = text.find(">", start) + 1 if is_markup else start + 1
            if position == 0 or (position == len(text) and not is_markup):
                return False
            continue
        rest = REST.match(text, tag.end())
        if rest is None or not rest[1]:
            return False
        position, name = rest.end(), tag[2].lower()
        if tag[1]:
            if name == "body":
                return False
            while numbers[name]:
                closed = opened.pop()[0]
                numbers[closed] -= 1
                if closed == name:
                    break
            continue
        has_content = has_content or name not in _HEAD
        if name in _BLOCKS and opened and opened[-1][0] == "p":
            numbers[opened.pop()[0]] -= 1
        if name in _VOID or _SELF_CLOSING.search(text, position - 3, position):
            continue
        if name in RAW_TEXT:
            end = RAW_TEXT[name].search(text, position)
            if end is None:
                return False
            position = end.start()
        opened.append((name, len(rest[0]) > 1))
        numbers[name] += 1
    for name, has_attributes in reversed(opened):
        if name not in _OPTIONAL or (name == "p" and has_attributes):
            return False
    return has_content or bool(text[position:].strip())
