"""Convert random bodies, render them, and count what readers would lose.

Usage: python -m tests.markdown.render_property [BODIES] [SEED]
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from lxml.html import HtmlElement

from crawler.markdown.convert import convert
from crawler.reading.html import parse_fragment
from crawler.reading.pictures import resolve_pictures
from tests.markdown.bodies import Bodies
from tests.markdown.rendering import Content, differences, render_gfm, render_hugo, rendered_content, source_content

BATCH = 2_000  # bodies in one Hugo site


@dataclass
class Loss:
    """A body whose rendered page differs from it."""

    renderer: str
    page: str
    markdown: str
    faults: list[str]


_KINDS = {"b": "strong", "strong": "strong", "em": "em", "i": "em", "del": "del", "s": "del", "dt": "strong"}


def unsafe_marks(page: str) -> str:
    """Return "*", "~" or both if such marks of *page* may stay visible: these characters then do not count.

    Markdown does not recognize marks beside punctuation (`**甲：**乙`), and nested marks of one kind end each other.
    The format keeps both as they are. Such a mark may pair with one inside of a mark of the other kind, which then
    stays visible, too: `~~，~~甲*乙~~丙~~*`.
    """
    unsafe = {_mark_of(node) for node in _unsafe(page)}
    return "*~" if unsafe and any(_mark_of(node) in unsafe for node in _nested(page)) else "".join(unsafe)


def _mark_of(node: HtmlElement) -> str:
    return "~" if _KINDS[str(node.tag)] == "del" else "*"


def _nested(page: str) -> Iterator[HtmlElement]:
    """Yield the marks that are inside of a mark of the other kind."""
    for node in parse_fragment(page).iter(*_KINDS):
        if any(_mark_of(outer) != _mark_of(node) for outer in node.iterancestors(*_KINDS)):
            yield node


def _unsafe(page: str) -> Iterator[HtmlElement]:
    for node in parse_fragment(page).iter(*_KINDS):
        text = node.text_content().strip()
        first, last = (node.text or "").strip(), ((node[-1].tail if len(node) else node.text) or "").strip()
        if (
            any(_KINDS.get(str(parent.tag)) == _KINDS[str(node.tag)] for parent in node.iterancestors())
            # Its parts may end with punctuation.
            or any(
                part.get("style") or part.tag in ("hr", "p", "div") or _is_second_break(part)
                for part in node.iterdescendants()
            )
            or (
                (text or next(node.iter("img", "q"), None) is not None)
                and not (first[:1].isalnum() and last[-1:].isalnum())
            )
        ):
            yield node


def _is_second_break(node: HtmlElement) -> bool:
    before = node.getprevious()
    return node.tag == "br" and before is not None and before.tag == "br"


def parsed(page: str) -> HtmlElement:
    """Return the body as `crawler.reading.read` passes it to the converter: lazy pictures have their addresses."""
    body = parse_fragment(page)
    resolve_pictures(body)
    return body


def losses(pages: Sequence[str]) -> list[Loss]:
    """Return the pages that a reader of the converted Markdown would lose something of, once for each renderer."""
    markdowns = [convert(parsed(page)).text for page in pages]
    with tempfile.TemporaryDirectory() as folder:
        by_hugo = render_hugo(markdowns, Path(folder))
    found = []
    for page, markdown, hugo in zip(pages, markdowns, by_hugo, strict=True):
        for renderer, html in (("hugo", hugo), ("gfm", render_gfm(markdown))):
            if faults := faults_of(page, rendered_content(html)):
                found.append(Loss(renderer, page, markdown, faults))
    return found


def faults_of(page: str, shown: Content) -> list[str]:
    unsafe, source = unsafe_marks(page), source_content(page)
    if source.has_bare_marker:
        return []
    return differences(source, shown, ignored=unsafe, struck="~" not in unsafe)


def _batch(seed: int, count: int) -> list[Loss]:
    return losses([Bodies(Random(f"{seed}-{number}")).body() for number in range(count)])


def main() -> None:
    bodies = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    counts = [min(BATCH, bodies - start) for start in range(0, bodies, BATCH)]
    found: list[Loss] = []
    for number, count in enumerate(counts):
        found += _batch(seed * 1_000 + number, count)
    found.sort(key=lambda loss: len(loss.page))
    for loss in found[:20]:
        print(f"--- {loss.renderer}: {loss.faults}\n{loss.page}\n>>>\n{loss.markdown}\n")
    print(f"{bodies} bodies, {len(found)} losses")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
