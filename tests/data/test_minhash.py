"""MinHash finds the usual edits of a story, and nothing else."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.data.minhash import MIN_LENGTH, MissingPackageError, form, signature, similar, similarity
from tests.data.stories import EDITS, Writer

STORIES = 60


@pytest.fixture(scope="module")
def originals() -> list[bytes]:
    writer = Writer(1)
    return [signature(writer.text()) or b"" for _ in range(STORIES)]


@pytest.mark.parametrize("kind", EDITS)
def test_each_kind_of_edit_is_found(kind: str, originals: list[bytes]) -> None:
    writer = Writer(1)
    texts = [writer.text() for _ in range(STORIES)]
    edited = [(index, signature(EDITS[kind](text, writer)) or b"") for index, text in enumerate(texts)]
    assert all(len(value) == 512 for _, value in edited)
    found = [(index, other) for index, other, _ in similar(originals, edited)]
    right = [pair for pair in found if pair[0] == pair[1]]
    assert len(right) >= 0.9 * STORIES
    assert len(right) >= 0.98 * len(found)


def test_similarity_is_that_of_the_sets_of_5_grams() -> None:
    writer = Writer(2)
    text = writer.text()
    for kind in ("cut", "characters", "add"):
        letters = ["".join(filter(str.isalnum, each)) for each in (text, EDITS[kind](text, writer))]
        one, other = ({each[i : i + 5] for i in range(len(each) - 4)} for each in letters)
        expected = len(one & other) / len(one | other)
        assert similarity(*(signature(each) or b"" for each in letters)) == pytest.approx(expected, abs=0.15)


def test_a_signature_is_similar_to_itself_and_pairs_have_their_similarity(originals: list[bytes]) -> None:
    assert list(similar(originals[:3], [("x", originals[1])])) == [(1, "x", 1.0)]
    assert list(similar([], [("x", originals[1])])) == []
    assert list(similar(originals, [])) == []
    assert similarity(originals[0], originals[1]) < 0.1


@settings(max_examples=30)
@given(st.text(alphabet="，。、！？“”（）—… \n\t　*#_-", max_size=30))
def test_punctuation_and_white_space_do_not_count(inserted: str) -> None:
    text = "渡口的灯又亮了人们先说起" * 20
    assert signature(inserted.join([text[:50], text[50:120], text[120:]])) == signature(text)


def test_short_texts_have_no_signature() -> None:
    assert signature("灯" * (MIN_LENGTH - 1) + "。" * 300) is None
    assert signature("灯" * MIN_LENGTH) is not None
    assert signature("") is None


@given(st.text(max_size=60).map(lambda text: text * 10))
def test_every_text_has_a_signature_of_one_size_or_none(text: str) -> None:
    assert len(signature(text) or bytes(512)) == 512


def test_texts_with_characters_outside_the_basic_plane_and_lone_surrogates() -> None:
    assert signature("𠮷野" * MIN_LENGTH) is not None
    assert signature("灯\ud800" * MIN_LENGTH) == signature("灯" * MIN_LENGTH)


def test_signatures_stay_the_same() -> None:
    """Those in ledgers are compared with later ones: a change needs another `form`."""
    value = signature("".join(chr(0x4E00 + number) for number in range(300))) or b""
    assert form() == "rensa RMinHash 2, 128 values, seed 42, 5-grams of 200 characters"
    assert value[:8].hex() == "a5ece1038201b707"


def test_missing_package_is_named_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rensa", None)
    with pytest.raises(MissingPackageError, match=r"pip install 'press-corpus\[data\]'"):
        form()
