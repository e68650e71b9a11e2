"""Recognize page numbers and the lines with them at the top and bottom of a printed page."""

from __future__ import annotations

import re
from string import whitespace

_DIGITS = {char: number for number, char in enumerate("零一二三四五六七八九")} | {"〇": 0}
_NUMERAL = "[零〇一二三四五六七八九十百]{1,5}"
_DASHES = "-–—―－·•.|/~_《》〈〉<>[]【】()（）"
# A03 · 第3版 · 03版 · 第 3 页 · 第三版 · Page 3 of 40 · 3 / 40 · - 3 - · 第3页 共40页
_NUMBER = re.compile(
    rf"\A(?:Page|P\.?|No\.)?\s*(?P<label>第\s*)?(?P<letter>[A-Z]{{0,2}})\s?(?P<number>\d{{1,4}}|(?<=第){_NUMERAL}|(?<=第\s){_NUMERAL})"
    r"\s*+(?P<unit>版面?|页)?+(?:\s*+(?:/|of|[，,]?\s*+共)\s*+\d{1,4}\s*+[页版]?)?",
    re.I,
)
_DATE = re.compile(
    r"(?:19|20)\d\d\s?(?:年|[-./])\s?\d{1,2}\s?(?:月|[-./])\s?\d{1,2}\s?日?|(?:星期|周)[一二三四五六日天]|\d{1,2}月\d{1,2}日"
    r"|(?:农历)?[甲乙丙丁戊己庚辛壬癸][子丑寅卯辰巳午未申酉戌亥]年\S{2,6}"
)
# 国内统一刊号CN 00-0001 · 邮发代号 1-23 · 第12345期 · 今日24版
_IMPRINT = re.compile(
    r"(?:国内统一|国际标准)\S{0,6}刊号[:：]?\s?[A-Z]{2,4}\s?[\d—-]+(?:/\w)?|邮发代号[:：]?\s?\d+[—-]\d+"
    r"|(?:总|复刊)?第\s?\d+\s?[期号]|今日\s?\d+\s?版"
)
_JUMP = re.compile(r"[转接见]\s?(?:本报)?\s?第?\s?\w{1,4}\s?[版页]")  # 下转第三版: part of an article
_MASTHEAD = re.compile(r"[^\W\d]{1,8}(?:报|周刊|新闻)")
_LABEL = re.compile(
    rf"第\s?(?P<a>[A-Z]{{0,2}}\d{{1,3}}|{_NUMERAL})\s?版|(?<![\w.])(?P<b>[A-Z]{{1,2}}\d{{1,3}}|\d{{1,3}}(?=\s?版))(?![\d.])"
)
MAX_NAME = 14  # characters of a section's or a newspaper's name beside a page number or date


def page_number(text: str) -> int | None:
    """Return the number if *text* is only a page number, such as `- 3 -`, `第3版`, `A03`, `3 / 40`; else None."""
    found = _NUMBER.fullmatch(text.strip(_DASHES + whitespace + "\u3000\u00a0"))
    return _value(found["number"]) if found else None


def is_bare(text: str) -> bool:
    """Return whether a page number consists of digits only: other text may be a number as well."""
    return text.strip().isdecimal()


def is_folio(text: str) -> bool:
    """Return whether *text* is a page number or a date with the name of a section or newspaper: `A03 要闻`."""
    if _JUMP.search(text):
        return False
    rest, number = _LABEL.subn(" ", _IMPRINT.sub("\0", _DATE.sub("\0", text)))
    return (
        (number > 0 or "\0" in rest) and sum(map(str.isalnum, rest)) <= MAX_NAME and not re.search("[。！？；]", rest)
    )


def is_only_folio(text: str) -> bool:
    """Return whether *text* is a page number, a date or an imprint, without further words."""
    return is_folio(text) and not any(map(str.isalnum, _LABEL.sub("", _IMPRINT.sub("", _DATE.sub("", text)))))


def is_dated(text: str) -> bool:
    """Return whether *text* has a date or imprint of a newspaper."""
    return bool(_DATE.search(text) or _IMPRINT.search(text))


def is_masthead(text: str) -> bool:
    """Return whether *text* may be the name of a newspaper, as its first page has it."""
    return bool(_MASTHEAD.fullmatch("".join(text.split())))


def newspaper_page(text: str) -> str:
    """Return the number of a newspaper page in *text* ("A03" for "A03 要闻", "3" for "第三版"), or ""."""
    found = _LABEL.search(text)
    if not found:
        return ""
    number = found["a"] or found["b"]
    return number.upper() if number[-1].isdigit() and number.isascii() else str(_value(number))


def numbers_of(text: str) -> tuple[str, tuple[int, ...]]:
    """Return *text* without white space and with "#" for each number, and the numbers."""
    numbers = re.findall(rf"\d+|(?<=第){_NUMERAL}(?=[版页])", "".join(text.split()))
    return re.sub(rf"\d+|(?<=第){_NUMERAL}(?=[版页])", "#", "".join(text.split())), tuple(map(_value, numbers))


def _value(number: str) -> int:
    if number.isdecimal():
        return int(number[:6])
    total, digit = 0, 0
    for char in number:
        if char in "十百":
            total += (digit or 1) * (10 if char == "十" else 100)
            digit = 0
        else:
            digit = _DIGITS[char]
    return total + digit
