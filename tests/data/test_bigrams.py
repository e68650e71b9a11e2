"""Words are found as grep finds them, apart from case, width, and blanks in mixed words."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crawler.data.bigrams import fold, index_text, is_bigram, pattern, query, runs, tokens
from crawler.markdown.plain_text import plain_text

TEXTS = st.text(st.sampled_from("股国说Aaz5９－ -–\u3000\n，。+#%.&/_*'\"(｜🚀é㎡ß\u200b"), max_size=20)


def is_indexed(text: str, word: str) -> bool:
    """Return whether the index finds *word* in *text*: each term of the query is a token, or the start of one."""
    found = set(tokens(text).split())
    for term in query([word]).split(" AND "):
        token = term.removesuffix(" *").strip('"')
        if term.endswith(" *") and not any(each.startswith(token) for each in found):
            return False
        if not term.endswith(" *") and token not in found:
            return False
    return True


def has(text: str, word: str) -> bool:
    """Return whether a search finds *word* in *text*."""
    found = pattern(word).search(fold(text)) is not None
    assert not found or is_indexed(text, word)
    return found


@pytest.mark.parametrize(
    ("word", "texts", "others"),
    [
        ("5G", ["5G手机", "用5g上网", "５Ｇ", "5 G", "5-G", "15G"], ["5，G", "5\nG", "G5", "5. G"]),
        ("A股", ["A股", "a股", "A 股", "Ａ股", "A-股", "沪深A 股大涨"], ["A，股", "A的股", "股A", "A\n股"]),
        ("GPT-4", ["GPT-4", "GPT4", "gpt 4", "GPT‑4o", "ChatGPT–4"], ["GPT,4", "GPT 5", "GPT.4"]),
        ("GPT4", ["GPT-4", "GPT4", "GPT 4"], ["GPT  版4"]),
        ("GPT 4", ["GPT-4", "GPT4", "GPT 4"], ["GPT。4"]),
        ("半导体", ["半导体", "半导体。", "《半导体》", "在半导体里"], ["半导，体", "半导 体", "导体半", "半导"]),
        ("股", ["股", "股票", "A股", "。股。"], ["票"]),
        ("AI", ["AI", "ai", "OpenAI", "AIGC"], ["A I", "a. i", "A-I"]),
        ("machine learning", ["Machine Learning", "machine-learning", "machinelearning"], ["machine and learning"]),
        ("e-mail", ["e-mail", "E mail", "email"], ["e, mail"]),
        ("C++", ["C++", "c++语言"], ["C+", "C"]),
        ("2.5", ["2.5%", "约2.5倍", "12.51"], ["25", "2 5", "2。5"]),
        ("5%", ["5%", "涨5％。", "2.5%"], ["5", "5 月"]),
        ("AT&T", ["AT&T", "at＆t公司"], ["AT T", "ATT"]),
        ("node.js", ["Node.js"], ["node js"]),
        ("《三体》", ["《三体》"], ["三体"]),
        ("3 月", ["3月", "3 月", "３月"], ["3个月"]),
        ("🚀", ["发射🚀", "🚀🚀"], ["发射"]),
        ("m2", ["m²", "㎡"], ["m 和 2"]),
        ("产\u200b业", ["产业", "产\u200b业"], ["产 业"]),
        ("AND", ["and"], ["an d"]),
        ("Straße", ["STRASSE"], ["Strase"]),
    ],
)
def test_words_are_found(word: str, texts: list[str], others: list[str]) -> None:
    assert [text for text in texts if not has(text, word)] == []
    assert [text for text in others if has(text, word)] == []


@pytest.mark.parametrize("word", ["", " ", "，", "--", "*", '"', "\x00", "\ud800", "…。", "++", "_"])
def test_words_without_characters_have_no_run(word: str) -> None:
    assert runs(word) in ([], ["+"])


@given(TEXTS, TEXTS, TEXTS)
@example("a5", "5－a", "")
def test_index_finds_all_texts_that_contain_a_word(before: str, word: str, after: str) -> None:
    word = " ".join(word.split())
    if runs(word):
        assert has(before + word + after, word)


@given(st.text(max_size=30), st.text(min_size=1, max_size=4))
def test_index_finds_all_texts_in_any_script(text: str, word: str) -> None:
    if runs(word):
        assert has(text, word) in (True, False)  # `has` compares index and text
        assert has(text + word, word) in (True, False)


@given(TEXTS, st.text(st.sampled_from("股国aA5９－ g+🚀"), min_size=1, max_size=3))
def test_bigrams_are_found_exactly(text: str, word: str) -> None:
    if is_bigram(word):
        assert is_indexed(text, word) == has(text, word)


@given(TEXTS)
def test_no_token_has_characters_of_two_texts(text: str) -> None:
    assert set(tokens(text).split()) | set(tokens(text[::-1]).split()) == set(tokens(f"{text}\n\n{text[::-1]}").split())


@pytest.mark.parametrize(
    "markdown",
    [
        "**苹果**公司和[英伟达](https://a.example/b)的股价",
        "前![图片](https://a.example/b.jpg)后",
        "用`print`函数，`` a`b ``",
        "2025\\~2027年，\\*ST国华，10%\\_20",
        "AT&amp;T &lt;b>",
        "| 名称 | 价格 |\n| --- | --- |\n| A股 | 5 |",
        "# 标题\n\n> 引用**粗体**文字\n\n* 甲\n* 乙\n\n标题\n---\n\n```\na * b\n```",
        "甲  乙   A  股",
        "一行[没有结束\n](https://a.invalid/Q5g)",
        "~~删除~~线",
    ],
)
def test_index_text_has_all_tokens_of_the_plain_text(markdown: str) -> None:
    indexed = set(tokens(index_text("标题", markdown)).split())
    assert {token for token in tokens(plain_text(markdown)).split() if len(token) > 1} <= indexed
    assert not re.search(r"example", " ".join(indexed))


def test_query_is_limited_and_has_no_syntax_of_words() -> None:
    assert query(["股", 'a"b']) == '"股" * AND "a" * AND "b" *'
    assert query(["半导体", "半导"]) == '"半导" AND "导体"'
    assert query(["".join(map(chr, range(0x4E00, 0x4F00)))]).count(" AND ") == 99
