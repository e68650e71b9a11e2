"""The real addresses of pictures that a script loads later: until then `src` is missing or has a placeholder.

This is the only module that reads the attributes of lazy loading.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lxml import etree

from crawler.reading.html import parse_fragment
from crawler.text.clean import clean

if TYPE_CHECKING:
    from lxml.etree import _Element

# Attributes with the real address, the best first. Many sites have a small or blurred picture in `src` beside them.
LAZY = ("data-original", "data-src", "data-lazy-src", "data-actualsrc", "data-original-src")
# Attributes that are read only if `src` is missing or a placeholder: some sites use them for something else.
_OTHER = ("data-lazy", "data-lazyload", "data-lazy-original", "data-echo", "data-url", "_src", "zoomfile", "file")
_SETS = ("data-srcset", "data-lazy-srcset", "srcset")
_PLACEHOLDER = re.compile(
    r"\A(?:(?:[^?#]*/)?+(?:(?:lazy[-_]?)?load(?:ing|er)?|lazy|blank|placeholder|spacer|transparent|gr[ae]y|white|pixel|1x1|1px"
    r"|space|empty|none|null)(?:[-_]?(?:img|image|pic|bg|icon|[0-9]{1,4}(?:x[0-9]{1,4})?))?\.(?:gif|png|svg|webp)(?:[?#].*)?"
    r"|(?:[^?#]*/)?+[st]\.gif(?:[?#].*)?)",
    re.IGNORECASE | re.DOTALL,
)
_SCHEME = re.compile(r"\A([a-z][a-z0-9+.-]*+):", re.IGNORECASE)
_IS_TINY = re.compile(r"\A\s*+[01](?:px)?\s*+", re.IGNORECASE).fullmatch
_SOURCE = re.compile(r"[\s,]*+(?P<url>\S*+)(?P<descriptors>[^,]*+)")
_SIZE = re.compile(r"(?<![0-9.])([0-9]{1,9}(?:\.[0-9]{1,9})?)([wx])(?!\S)")


def is_address(value: str | None) -> bool:
    """Return whether *value* can be the address of a picture, and not a placeholder, a number or data."""
    value = (value or "").strip()
    if not value or value[0] in "{[<" or not ("/" in value or "." in value):
        return False
    scheme = _SCHEME.match(value)
    return (not scheme or scheme[1].lower() in ("http", "https")) and not _PLACEHOLDER.fullmatch(value)


def picture_address(node: _Element) -> str:
    """Return the real address of an `img`, as the page has it; "" if it has only a placeholder or none."""
    source = node.get("src")
    if value := next((value for name in LAZY if is_address(value := node.get(name))), None):
        return value.strip()
    if is_address(source) and not (_IS_TINY(node.get("width", "")) and _IS_TINY(node.get("height", ""))):
        return source or ""
    if value := next((value for name in _OTHER if is_address(value := node.get(name))), None):
        return value.strip()
    own = next(filter(None, (largest(node.get(name, "")) for name in _SETS)), "")
    picture = None if own else next(node.iterancestors("picture"), None)
    return own if picture is None else _address_of_sources(picture)


def _address_of_sources(picture: _Element) -> str:
    for source in picture.iter("source"):
        if address := next(filter(None, (largest(source.get(name, "")) for name in _SETS)), ""):
            return address
    return ""


def largest(srcset: str) -> str:
    """Return the address of the widest or densest picture in the value of a `srcset`; "" without a real address.

    An address may contain commas: it ends at white space.
    """
    best, best_size = "", (-1.0, -1.0)
    position = 0
    while (found := _SOURCE.match(srcset, position)) and found["url"]:
        position = found.end()
        url = found["url"].rstrip(",")
        if url != found["url"]:  # a comma directly after the address: no descriptors
            position = found.end("url")
        sizes = (
            {unit: float(number) for number, unit in _SIZE.findall(found["descriptors"])} if url == found["url"] else {}
        )
        size = (sizes.get("w", 0.0), sizes.get("x", 1.0))
        if is_address(url) and size > best_size:
            best, best_size = url, size
    return best


def resolve_pictures(body: _Element) -> None:
    """Set `src` of each picture in *body* to its real address, and remove it from a picture that has none.

    The picture in a `noscript` beside a lazy picture is the same one: it goes, or it replaces a missing address. Videos
    and frames get the address in `data-src` if they have no `src`.
    """
    for node in body.iter("video", "audio", "source", "iframe"):
        if not (node.get("src") or "").strip() and (value := (node.get("data-src") or "").strip()):
            node.set("src", clean(value))
    for picture in body.iter("picture"):
        if next(picture.iter("img"), None) is None and (address := _address_of_sources(picture)):
            etree.SubElement(picture, "img", src=clean(address))
    noscripts = list(body.iter("noscript"))
    for noscript in noscripts:
        if not len(noscript) and "<img" in (noscript.text or ""):  # the fallback as text
            noscript.extend(list(parse_fragment(noscript.text or "")))
            noscript.text = None
    pictures = list(body.iter("img"))
    lazy = {node for node in pictures if _is_lazy(node)} if noscripts else set()
    for node in pictures:
        if address := picture_address(node):
            if address != node.get("src"):
                node.set("src", clean(address))
        else:
            node.attrib.pop("src", None)
    if noscripts:
        for run in _runs_of_pictures(body):
            _drop_fallbacks(run, lazy)


def _is_lazy(node: _Element) -> bool:
    return not is_address(node.get("src")) or any(node.get(name) for name in (*LAZY, *_SETS[:2]))


def _runs_of_pictures(body: _Element) -> list[list[tuple[_Element, bool]]]:
    """Return the pictures of *body* in runs without text between them, and whether each one is in a `noscript`."""
    runs: list[list[tuple[_Element, bool]]] = [[]]
    depth = 0
    for event, node in etree.iterwalk(body, events=("start", "end")):
        if event == "start":
            depth += node.tag == "noscript"
            if node.tag == "img":
                runs[-1].append((node, depth > 0))
            text = node.text if node.tag not in ("script", "style") else ""
        else:
            depth -= node.tag == "noscript"
            text = node.tail if node is not body else ""
        if text and text.strip() and runs[-1]:
            runs.append([])
    return runs


def _drop_fallbacks(run: list[tuple[_Element, bool]], lazy: set[_Element]) -> None:
    """Remove the pictures of `noscript` elements in *run* that repeat the picture before or after them."""
    before: _Element | None = None
    free = {node for node, is_fallback in run if not is_fallback and node in lazy}  # without a fallback so far
    following: list[_Element | None] = []
    after: _Element | None = None
    for node, is_fallback in reversed(run):
        following.append(after)
        after = after if is_fallback else node
    for (node, is_fallback), after in zip(run, reversed(following), strict=True):
        if not is_fallback:
            before = node
            continue
        beside = [other for other in (before, after) if other is not None]
        same = next((other for other in beside if other.get("src") == node.get("src")), None)
        partner = same if same is not None else next((other for other in beside if other in free), None)
        if partner is None:
            continue
        free.discard(partner)
        if not partner.get("src") and (address := node.get("src")):
            partner.set("src", clean(address))
        parent = node.getparent()
        assert parent is not None
        parent.remove(node)
