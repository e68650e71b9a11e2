"""The search index of the site contains each pair of characters of each article, and nothing else."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from crawler.website.pages import SiteArticle
from crawler.website.shards import SHARDS, pairs, shards, write_index


def read_shard(content: bytes) -> dict[int, list[int]]:
    """Read a shard as `search.js` does."""
    at, found = 0, {}

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = content[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(content):
        key = int.from_bytes(content[at : at + 2], "little") << 16 | int.from_bytes(content[at + 2 : at + 4], "little")
        at += 4
        size = varint()
        end, last, numbers = at + size, 0, []
        while at < end:
            last += varint()
            numbers.append(last)
        found[key] = numbers
    return found


def key(pair: str) -> int:
    return ord(pair[0]) << 16 | ord(pair[1])


def test_pairs_are_inside_of_words_without_case_and_width() -> None:
    assert {*pairs("ＡＩ芯片。GPT-4 5G").tolist()} == {
        key(pair) for pair in ("ai", "i芯", "芯片", "gp", "pt", "5g")
    }  # fmt: skip
    assert pairs("").tolist() == pairs("a。b").tolist() == []
    assert len(pairs("𠮷野")) == 2  # three units


@given(st.lists(st.text("甲乙丙ab1。 𠮷", max_size=20), max_size=12))
def test_index_has_the_articles_of_each_pair(texts: list[str]) -> None:
    keys = [pairs(text) for text in texts]
    found: dict[int, list[int]] = {}
    numbers = []
    for number, content in shards(keys):
        numbers.append(number)
        part = read_shard(content)
        assert all(((pair >> 16) * 31 + (pair & 0xFFFF)) % SHARDS == number for pair in part)
        found |= part
    assert numbers == list(range(SHARDS))
    expected = {pair for each in keys for pair in each.tolist()}
    assert found == {pair: [n for n, each in enumerate(keys) if pair in each] for pair in expected}


def test_long_lists_and_large_steps() -> None:
    rare, common = pairs("稀有"), pairs("常见")
    keys = [common] * 300 + [rare] + [common] * 20_000 + [rare]
    found: dict[int, list[int]] = {}
    for _, content in shards(keys):
        found |= read_shard(content)
    assert found == {
        int(rare[0]): [300, 20_301],
        int(common[0]): [number for number in range(20_301) if number != 300],
    }


def test_files(tmp_path: Path) -> None:
    articles = [
        SiteArticle("qq", "qq/2025/02/b", "乙", "2025-02-02 10:00:00"),
        SiteArticle("sina", "sina/2025/02/c", "丙", "2025-02-01"),
        SiteArticle("qq", "qq/2025/01/a", "甲", "2025-01-31"),
    ]
    for _ in range(2):
        write_index(tmp_path, articles, [pairs("半导体"), pairs("导体"), pairs("")])
        content = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert len(content) == SHARDS + 2
    index = json.loads(content["index.json"])
    assert (index["number"], index["sources"]) == (3, ["qq", "sina"])
    assert index["sourceRuns"] == [[0, 1], [1, 1], [0, 1]]
    assert index["months"] == [["2025-02", 2], ["2025-01", 1]]
    assert json.loads(content["titles-0.json"])[1] == ["丙", "sina/2025/02/c", "2025-02-01", "sina"]
    shard = gzip.decompress(content[f"{(ord('导') * 31 + ord('体')) % SHARDS}.bin"])
    assert read_shard(shard)[key("导体")] == [0, 1]
