"""Recognize credit lines of newspaper pages: writers, photographers, sources and editors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import takewhile

MAX_LENGTH = 40  # characters of a credit line

_BULLET = "[■□●○◆◇▲△]\\s*"
# ■据《华商报》 · ■据新华社 · 据新华社电
_SOURCES = (
    rf"(?:{_BULLET})?(?:综合)?据\s*《([^《》]{{2,20}})》.{{0,8}}",
    rf"{_BULLET}据\s*([^，,。：:]{{2,16}})",
    r"(?:综合)?据\s*([^，,。]{2,16}?)(?:消息|报道|电)",
)
_PICTURES = rf"(?:{_BULLET})?(?:本版|本文|题|配)?(?:图片?|照片|制图|漫画|文图)\s*(?:据|由|来自|来源|[/／:：])\s*\S.*"
_NAMES = r"[\w·]{2,4}(?:[\s、，,/／]+(?:(?:记者|通讯员|实习生|摄影|文|图|摄)[:：]?\s*)*[\w·]{1,4})*"
# 本报记者 张三 通讯员 李四 · （新华社记者 张三） · 记者：张三 · ■ 记者 张三
_WRITERS = (
    rf"(?:{_BULLET})?[（(]?(?:本[报刊网]|\w{{2,6}}[报社网])\w{{0,4}}记者[\s:：]*({_NAMES})[）)]?",
    rf"(?:{_BULLET})?(?:记者|作者|文)\s*[:：/／]\s*({_NAMES})",
    rf"{_BULLET}记者\s+({_NAMES})",
)
_ROLE = "(?:责任编辑|责编|编辑|主编|美编|校对|制图|组版|版式|统筹|值班)"
# 本版责编 … · 责编：X Y 版式：Z. Only names may follow the colon: "编辑：一个职业的黄昏" is a headline.
_EDITORS = re.compile(
    rf"\A\W*+(?:本?版面?\s*{_ROLE}|(?:本期|今日)?{_ROLE}\w{{0,4}}\s*[:：]\s*(?:\w{{1,4}}\W+)*\w{{1,4}}\W*$)"
)
# Without a colon, each word must be a role or a name: 责编 张三 美编 李四
_WORD = re.compile(r"\w+")
_ROLE_WORD = re.compile(
    r"(?:[^\W\d_]?版|本期|今日|见习|执行|首席|责任|美术|图片|文字)?"
    r"(?:责编|编辑|主编|美编|图编|校对|审校|检校|审读|制图|组版|排版|版式|视觉|统筹|值班\w{0,4}|邮箱|电话)"
)
_OWN_ROLES = ("责编", "责任编辑", "美编", "美术编辑", "图编", "组版")  # words that do not begin a headline
_PAGE_ROLE = re.compile(".?版(?:责编|编辑|主编|校对)")  # 一版编辑
_NAME_WORD = re.compile(r"[^\W\d_a-z]{1,4}|\w{0,20}\d\w{0,20}", re.I)
_LONGEST_LIST = 80  # characters

# Labels of a line that names writers and editors: 作者：张三 责编：李四
_LABEL = re.compile(
    r"(作者|(?:本报)?(?:特约|见习|首席|全媒体)?记者|通讯员|撰文|撰稿|文|图|摄影|责编|责任编辑|编辑|校对|责任校对|美编|版式|主编"
    r"|审核|监制|来源|[一二三初复终]审)\s{0,3}[:：/／]\s{0,3}"
)
_WRITER_LABELS = ("作者", "记者", "通讯员", "撰文", "撰稿", "文")
_OTHER_ROLES = {"摄影": "picture", "图": "picture", "来源": "source"}  # all other labels are of editors
_MOST_NAMES = 6  # after one label
_PERSON = re.compile("(?!字[号体]|浏览|阅读|点击|发布|时间|打印|分享|来源|评论)[^\\W\\d_]{2,4}")


def is_editor_credit(title: str) -> bool:
    """Return whether *title* credits the editors of a page ("本版责编：…"). Sites list such credits like articles."""
    return bool(_EDITORS.match(title)) or _is_list_of_editors(title)


def _is_list_of_editors(title: str) -> bool:
    words = _WORD.findall(title) if len(title) <= _LONGEST_LIST else []
    roles = [word for word in words if _ROLE_WORD.fullmatch(word)]
    names = [word for word in words if not _ROLE_WORD.fullmatch(word)]
    if not (roles and names and words[0] == roles[0] and all(map(_NAME_WORD.fullmatch, names))):
        return False
    return len(roles) > 1 or (bool(roles[0].endswith(_OWN_ROLES) or _PAGE_ROLE.match(roles[0])) and len(names) <= 3)


def is_credit(line: str) -> bool:
    """Return whether *line* is a credit line and contains nothing else."""
    if len(line) > MAX_LENGTH:
        return False
    return is_editor_credit(line) or any(re.fullmatch(form, line) for form in (*_SOURCES, _PICTURES, *_WRITERS))


def is_credit_line(line: str) -> bool:
    """Return whether *line* only names writers and editors, maybe several of them after their labels."""
    return is_editor_credit(line) or bool(writer_of([line])) or bool({"writer", "editor"} & labelled_names(line).keys())


def writer_in(line: str) -> str:
    """Return the writers that *line* names: the whole line, or the part of it after a label (作者：, 记者：); or ""."""
    if found := labelled_names(line).get("writer", "") or writer_of([line]):
        return found
    if len(line) > _LONGEST_LIST:
        return ""
    parts = _LABEL.split(line)  # 2026-07-18 来源：山桥日报 作者：张三
    for label, text in zip(parts[1::2], parts[2::2], strict=True):
        names = list(takewhile(_PERSON.fullmatch, _WORD.findall(text)))[:_MOST_NAMES]
        if label.endswith(_WRITER_LABELS[:2]) and names:
            return " ".join(names)
    return ""


def labelled_names(line: str) -> dict[str, str]:
    """Return the names after the labels of *line* by role: "writer", "picture", "source" and "editor".

    Returns {} for a line with other text.
    """
    if len(line) > _LONGEST_LIST:
        return {}
    parts = _LABEL.split(line)
    found: dict[str, list[str]] = {}
    for label, text in zip(parts[1::2], parts[2::2], strict=True):
        words = _WORD.findall(text)
        if not 1 <= len(words) <= _MOST_NAMES or not all(map(_NAME_WORD.fullmatch, words)):
            return {}
        role = "writer" if label.endswith(_WRITER_LABELS) else _OTHER_ROLES.get(label, "editor")
        found.setdefault(role, []).append(" ".join(words))
    return {} if _WORD.search(parts[0]) else {role: " ".join(names) for role, names in found.items()}


def writer_of(credits: Sequence[str]) -> str:
    """Return the writers that the first matching line of *credits* names, or ""."""
    return _first_match(_WRITERS, credits)


def source_of(credits: Sequence[str]) -> str:
    """Return the source that the first matching line of *credits* names (华商报 for "■据《华商报》"), or ""."""
    return _first_match(_SOURCES, credits)


def _first_match(forms: Iterable[str], credits: Sequence[str]) -> str:
    found = (re.fullmatch(form, line) for line in credits if len(line) <= MAX_LENGTH for form in forms)
    return next((match[1].strip() for match in found if match), "")
