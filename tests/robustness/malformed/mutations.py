"""Mutations of bytes, HTML trees and JSON values, chosen by hypothesis."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st
from lxml import etree, html

from crawler.reading.page import Page
from tests.robustness.malformed import checks, texts

MAX_SIZE = 1 << 20  # bytes

ByteMutation = tuple[str, float, float, bytes]  # operation, position, other position, bytes to insert
TreeMutation = tuple[str, float, float, str]  # operation, position, other position, text
ValueMutation = tuple[str, float, object, str]  # operation, position, new value, text

PIECES = [piece for part in (*texts.TEXTS, texts.SURROGATES) for piece in part]
BYTES = [piece.encode("utf-8", "surrogatepass") for piece in PIECES] + [
    b"", b"\xff", b"\xfe\xff", b"\x81\x30", b"\xed\xa0\x80", b"\xf8\x88", b"\r\n", b"\r\n\r\n", b"\x1f\x8b\x08",
    b"WARC/1.0\r\n", b"-1", b"0", b"9" * 30, b"99999999", b"Content-Length: 5\r\n",
    b"Transfer-Encoding: chunked\r\n", b"null", b"{}", b"[]", b'""', b"<html>", b"</html>", b"<body>", b"{", b"}",
    b"[", b"]", b"<div>" * 300, b"[" * 2000, b'{"a":' * 2000, b"\x00" * 64,
]  # fmt: skip
VALUES: list[object] = [
    None, True, False, 0, -1, 1.5, 1e308, float("nan"), 10**40, "", " ", "0", "null", "\ud83d", "<p>x</p>", "//",
    "http://[", [], {}, [None], [[]], {"": None}, ["a", 1, None], {"a": {"b": []}}, "2025-02-30", "x" * 5000,
    "<div>" * 3000,
]  # fmt: skip

positions = st.floats(0, 1, exclude_max=True)  # as a share of the length
byte_mutations = st.lists(
    st.tuples(
        st.sampled_from(["cut", "put", "over", "drop", "copy", "flip", "swap"]),
        positions,
        positions,
        st.sampled_from(BYTES),
    ),
    min_size=1,
    max_size=8,
)
tree_mutations = st.lists(
    st.tuples(
        st.sampled_from(["drop", "empty", "text", "tail", "attribute", "copy", "move", "wrap", "rename"]),
        positions,
        positions,
        st.sampled_from(PIECES),
    ),
    min_size=1,
    max_size=12,
)
value_mutations = st.lists(
    st.tuples(
        st.sampled_from(["value", "drop", "text", "copy"]), positions, st.sampled_from(VALUES), st.sampled_from(PIECES)
    ),
    min_size=1,
    max_size=6,
)


def mutate_bytes(data: bytes, mutations: list[ByteMutation]) -> bytes:
    for operation, position, other, piece in mutations:
        at, to = int(position * (len(data) + 1)), int(other * (len(data) + 1))
        start, end = min(at, to), max(at, to)
        if operation == "cut":
            data = data[:at]
        elif operation == "put":
            data = data[:at] + piece + data[at:]
        elif operation == "over":
            data = data[:at] + piece + data[at + len(piece) :]
        elif operation == "drop":
            data = data[:start] + data[min(end, start + 1000) :]
        elif operation == "copy":
            data = (data[:end] + data[start:])[: 4 * MAX_SIZE]
        elif operation == "flip" and at < len(data):
            data = data[:at] + bytes([data[at] ^ (1 << int(other * 8))]) + data[at + 1 :]
        elif operation == "swap":
            data = data[start:end] + data[:start] + data[end:]
    return data


def mutate_tree(page: Page, mutations: list[TreeMutation]) -> bytes:
    """Return the HTML of a page after mutations of its tree."""
    tree = deepcopy(page.tree)
    for operation, position, other, piece in mutations:
        nodes = [node for node in tree.iter() if isinstance(node.tag, str) and node is not tree]
        if not nodes:
            break
        node, mate = nodes[int(position * len(nodes))], nodes[int(other * len(nodes))]
        clean = checks.CONTROL.sub("", piece)
        parent = node.getparent()
        if operation == "drop" and parent is not None:
            parent.remove(node)
        elif operation == "empty":
            node.clear(keep_tail=True)
        elif operation == "text":
            node.text = clean
        elif operation == "tail":
            node.tail = clean
        elif operation == "attribute" and node.attrib:
            name = sorted(node.attrib)[int(other * len(node.attrib))]
            node.set(name, clean)
        elif operation == "copy":
            node.addnext(deepcopy(node))
        elif operation == "move" and node not in mate.iterancestors() and node is not mate:
            mate.append(node)
        elif operation == "wrap" and parent is not None:
            wrapper = html.Element("div")
            parent.replace(node, wrapper)
            wrapper.append(node)
        elif operation == "rename":
            node.tag = ["div", "p", "span", "table", "a", "pre", "script", "template"][int(other * 8)]
    return etree.tostring(tree, encoding="utf-8", method="html") or b""


def mutate_values(data: Any, mutations: list[ValueMutation]) -> Any:
    """Return a copy of JSON data after mutations of its values."""
    data = deepcopy(data)
    for operation, position, value, piece in mutations:
        items: list[tuple[Any, Any]] = []
        queue = [data]
        while queue and len(items) < 20_000:
            part = queue.pop()
            keys = list(part) if isinstance(part, dict) else range(len(part)) if isinstance(part, list) else ()
            items += [(part, key) for key in keys]
            queue += [part[key] for key in keys]
        if not items:
            break
        part, key = items[int(position * len(items))]
        if operation == "value":
            part[key] = deepcopy(value)
        elif operation == "drop":
            del part[key]
        elif operation == "text":
            part[key] = piece if not isinstance(part[key], str) else part[key] + piece
        elif operation == "copy" and isinstance(part, list):
            part.append(deepcopy(part[key]))
    return data


def mutate_script(text: str, mutations: list[ValueMutation]) -> str:
    """Mutate the longest of the first 20 JSON objects in a page, usually one in a script."""
    objects: list[tuple[int, int, Any]] = []
    start = 0
    while (start := text.find("{", start)) >= 0 and len(objects) < 20:
        try:
            value, end = json.JSONDecoder().raw_decode(text, start)
        except (ValueError, RecursionError):
            start += 1
            continue
        if value:
            objects.append((start, end, value))
        start = end
    if not objects:
        return text
    start, end, value = max(objects, key=lambda item: item[1] - item[0])
    return text[:start] + json.dumps(mutate_values(value, mutations)) + text[end:]
