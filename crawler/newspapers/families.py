"""The families of e-paper systems: how their URLs name the day, the page of an issue, and the article.

A URL is the newspaper's folder, then often a word (`_FOLDERS`), then the day, then a file:

    http://epaper.example/rb/  html/  2025-02/11/  node_2.htm
    http://epaper.example/rb/  layout/  202502/11/  node_01.html

Source of the forms: the URLs of 352 newspapers and of their articles in public crawlers. INFERRED: the articles of
`B` with l01.html or n_01.html, and most of `general`.

`data`, `navi` and `journal` are lists in JSON (`editions.py`); `detail` is the page of an article of such a list.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_YEAR, _MONTH, _DAY = r"(?P<year>\d{4})", r"(?P<month>0[1-9]|1[0-2])", r"(?P<day>0[1-9]|[12]\d|3[01])"
# The day again, in a folder above or in the name of the file. It must be the same day.
_YEAR_FOLDER = r"(?:(?P<year2>\d{4})(?:[-/]?(?P<month2>\d\d))?/(?=(?P=year2)))?"
_SAME_DAY = r"(?P<year{0}>(?P=year))(?P<month{0}>(?P=month))(?P<day{0}>(?P=day))"

_DASHED = rf"{_YEAR}-{_MONTH}/{_DAY}"  # 2025-02/11
_SPLIT = rf"{_YEAR}{_MONTH}/{_DAY}"  # 202502/11
_COMPACT = rf"{_YEAR}{_MONTH}{_DAY}"  # 20250211
_ISO = rf"{_YEAR}-{_MONTH}-{_DAY}"  # 2025-02-11
_SLASHED = rf"{_YEAR}/{_MONTH}/{_DAY}"  # 2025/02/11
_ANY = rf"{_YEAR_FOLDER}{_YEAR}[-_/.]?{_MONTH}[-_/.]?{_DAY}"
_PARAMETER = r"(?!\w{0,20}id=)\w{1,20}=[\w%.-]{0,40}"  # without the id of an article
_QUERIED = (
    rf"[^/?#]*\?(?:{_PARAMETER}&){{0,4}}(?:\w{{0,12}}date|day|rq)={_YEAR}[-/]?{_MONTH}[-/]?{_DAY}"  # ?date=2025-02-11
)

_HTML = r"\.(?:[sjx]?html?|aspx?|php|jsp)"
_INDEX = r"(?:index|default|paper|page|node|main|list|home)"
# The id of an article: 588771 in content_588771_2.htm, both numbers in content_5411_7712601.htm (江西日报: page and
# article) and content_1_2.htm (密云报: number of the page, number of the article on it).
_ID = r"(?P<id>\d{1,2}_\d+|\d+_\d{4,}|\d+)(?:_\d+)?"
_ARTICLE = r"(?:content|cont|con|news|details?|articles?|art|arc|info|show|view)[._-]?"


def _number(group: int, letters: int = 2) -> str:
    """Return the pattern of the number of a newspaper page: 1, 01, A01, 01B. *group* makes its name unique."""
    return rf"(?P<number{group}>[A-Z]{{0,{letters}}}\d{{1,3}}[A-Z]?)"


class Family(NamedTuple):
    """Regular expressions, without regard to case. The forms of the page and of the article follow the day.

    Groups: year, month and day; number… (of the newspaper page, if the URL has it); id (of the article). A digit makes
    the names of repeated groups unique.
    """

    day: str
    page: str
    article: str


# The first family that matches is the one of a URL: the most specific forms come first. If both forms of a family
# match, the URL is that of a page.
FAMILIES = {
    "nbs": Family(_DASHED, rf"/nbs\.\w+{_HTML}", rf"/nw\.[A-Z0-9]+_\d{{8}}_(?P<id>\d+-\d+){_HTML}"),
    "A": Family(
        _DASHED,
        rf"/(?:node_?\w+|{_number(1)}/node){_HTML}",
        rf"/(?:{_number(1)}/)?content_(?:[a-z]+_)?{_ID}{_HTML}",
    ),
    "B": Family(
        _SPLIT,
        rf"/(?:(?:node|col|l|n_)_?{_number(1, 4)}|(?:node|col)_?\w+){_HTML}",
        rf"/(?:content|cont?|art|c)_?{_ID}{_HTML}",
    ),
    "C": Family(
        _COMPACT,
        rf"/html/(?:index|page_{_number(1)}){_HTML}",
        rf"/html/(?:content_)?(?P<id>page_(?P<number1>\d+)_content_\w+|(?<=content_)\w+){_HTML}",
    ),
    "E": Family(_COMPACT, rf"/(?:index|v{_number(1)}|v\w+)\.shtml", r"/(?P<id>\d+)\.shtml"),
    "articel": Family(
        _COMPACT,
        rf"/(?:Page(?P<number1>[A-Z]?\d{{1,3}})[A-Z]{{0,3}}|(?:Issue|Paper)Index){_HTML}",
        rf"/Artic(?:el|le)(?P<id>(?P<number1>[A-Z]?\d\d)\d{{3}}[A-Z]{{0,3}}){_HTML}",
    ),
    "szbz": Family(
        rf"szbz/{_COMPACT}",
        rf"/(?:index|szbz(?P<number1>[A-Z]\d{{1,3}}|\d{{1,2}})){_HTML}",
        rf"/szbz(?P<id>\d{{3,}}){_HTML}",
    ),
    "qpaper": Family(rf"html/{_ISO}", rf"/Qpaper(?:_\d+)?{_HTML}", rf"/(?P<id>\d+){_HTML}"),
    "stamped": Family(
        _YEAR_FOLDER + _COMPACT,
        rf"/{_SAME_DAY.format(3)}_{_number(1)}(?:/(?:{_SAME_DAY.format(4)}_[A-Z]?\d{{1,3}}|{_INDEX}))?(?:{_HTML}|/?)",
        rf"/{_SAME_DAY.format(3)}_\w{{1,5}}/{_SAME_DAY.format(4)}_(?P<id>{_number(1)}_\w+){_HTML}",
    ),
    "coded": Family(
        _YEAR_FOLDER + _COMPACT,
        rf"/[a-z]{{1,8}}_{_SAME_DAY.format(3)}_\d{{1,8}}_{_number(1)}{_HTML}",
        rf"/[a-z]{{1,8}}_{_SAME_DAY.format(3)}_(?P<id>\d{{1,8}}_{_number(1)}_\d{{1,3}}){_HTML}",
    ),
    "navi": Family(_ISO, r"/navi\.json", rf"/{_number(1)}/article/(?P<id>\d+)\.json"),
    "data": Family(_ANY, r"/(?:data|list|index|issue|paper|pages?|layouts?|catalog|navi)\.json", "(?!)"),
    "journal": Family(_ISO, rf"/getJournalPage\.do(?:\?page={_number(1)}(?:&{_PARAMETER}){{0,4}})?", "(?!)"),
    "detail": Family(
        rf"[^/?#]*detail{_HTML}\?(?:code=\w{{1,20}}&)?date={_ISO}", "(?!)", rf"&id=(?P<id>\d{{1,12}})&page={_number(1)}"
    ),
    "uniflows": Family(
        _SLASHED, rf"/{_number(1)}/default{_HTML}", rf"/(?P<id>{_number(1)}/(?P=number1)_\w+){_HTML}"
    ),
    "general": Family(
        _ANY,
        rf"(?:/?|/{_INDEX}{_HTML}|/(?:(?:page|layout|banmian|ban|bm|[lnpv])[_-]?|\d+__)?{_number(1)}(?:{_HTML}|/?)"
        rf"|/{_number(2)}/{_INDEX}{_HTML}|/(?:node|col)_?\w+{_HTML})",
        rf"/(?P<id>(?:{_number(1)}/)?(?!node|col|page)(?:{_ARTICLE}(?:\w{{1,8}}_)?[A-Z]*\d+(?:[_-]\d+)*"
        rf"|[A-Z]{{0,8}}\d{{4,}}(?:[_-]\d+)*|[\da-f-]{{16,40}}))(?:{_HTML}|\.json)",
    ),
    "query": Family(
        _QUERIED, rf"(?:&(?:page|ban|bm)\w{{0,12}}={_number(1)})?(?:&{_PARAMETER}){{0,4}}", "(?!)"
    ),
}  # fmt: skip

# Folders above the day that pages and articles of one newspaper do not share.
FOLDERS = ("html", "layout", "column", "col", "content", "con", "page", "article", "detail")

_START, _END = r"\A(?P<url>(?P<base>https?://[^/?#]+/(?:[^?#]*?/)??)", r")(?:[?#].*)?"


def patterns() -> dict[str, tuple[re.Pattern[str], re.Pattern[str]]]:
    """Return for each family the patterns of the URLs of pages and of articles.

    Groups besides those of `Family`: `url`, without fragment and mostly without query; `base`, the newspaper's folder.
    """
    folder = f"(?:(?:{'|'.join(FOLDERS)})/)?"
    return {
        name: (_compiled(folder + day + page), _compiled(folder + day + article))
        for name, (day, page, article) in FAMILIES.items()
    }


def _compiled(path: str) -> re.Pattern[str]:
    return re.compile(_START + path + _END, re.I | re.A)
