"""The lines of a printed page that say who wrote it, who took its pictures, and where it comes from. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from crawler.newspapers import issue

_MARK = "[■□●○◆◇▲△]\\s*"
LONGEST = 40  # characters of a credit
# ■据《华商报》 · ■据新华社 · 据新华社电
_SOURCES = (
    rf"(?:{_MARK})?(?:综合)?据\s*《([^《》]{{2,20}})》.{{0,8}}",
    rf"{_MARK}据\s*([^，,。：:]{{2,16}})",
    r"(?:综合)?据\s*([^，,。]{2,16}?)(?:消息|报道|电)",
)
_PICTURES = rf"(?:{_MARK})?(?:本版|本文|题|配)?(?:图片?|照片|制图|漫画|文图)\s*(?:据|由|来自|来源|[/／:：])\s*\S.*"
_NAMES = r"[\w·]{2,4}(?:[\s、，,/／]+(?:(?:记者|通讯员|实习生|摄影|文|图|摄)[:：]?\s*)*[\w·]{1,4})*"
# 本报记者 张三 通讯员 李四 · （新华社记者 张三） · 记者：张三 · ■ 记者 张三
_WRITERS = (
    rf"(?:{_MARK})?[（(]?(?:本[报刊网]|\w{{2,6}}[报社网])\w{{0,4}}记者[\s:：]*({_NAMES})[）)]?",
    rf"(?:{_MARK})?(?:记者|作者|文)\s*[:：/／]\s*({_NAMES})",
    rf"{_MARK}记者\s+({_NAMES})",
)


def is_credit(line: str) -> bool:
    """Whether *line* is a credit, and nothing else."""
    if len(line) > LONGEST:
        return False
    return issue.is_credit(line) or any(re.fullmatch(form, line) for form in (*_SOURCES, _PICTURES, *_WRITERS))


def writer_of(credits: Sequence[str]) -> str:
    """Who wrote the text, as one of its credits says; "" where none does."""
    return _first(_WRITERS, credits)


def source_of(credits: Sequence[str]) -> str:
    """Where the text comes from (the 华商报 of "■据《华商报》"); "" where no credit says so."""
    return _first(_SOURCES, credits)


def _first(forms: Iterable[str], credits: Sequence[str]) -> str:
    found = (re.fullmatch(form, line) for line in credits for form in forms)
    return next((match[1].strip() for match in found if match), "")
