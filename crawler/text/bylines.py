"""Read the author from a line of metadata, or from the first or last lines of a text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

MAX_NAME = 24  # characters of one name or pseudonym
MAX_LINE = 120  # characters of a line of metadata; a longer line is text

_SPACES = re.compile(r"[\s\u3000\u200b\ufeff]+")
_ROLE = r"(?:见习|实习|特约|首席|资深|驻\w{1,6})?"
_LABELS = (
    r"本?文?作\s*者|撰\s*文|撰\s*稿|撰\s*写|采\s*写|文字|原创|编译|翻译|译者|整理|口述|"
    rf"\w{{0,8}}?{_ROLE}记\s*者|通讯员|特约撰稿人?|撰稿人|主笔|Author|Written by"
)
# 作者：张三 · 文/张三 · 文 | 张三 · 撰文丨张三 · 每经记者：张三 · By 张三
_LABELLED = re.compile(rf"(?:^|(?<=[^\w])|(?<=[0-9]))(?:(?:{_LABELS}|文)\s*[:：/／|｜丨∣·]+\s*|By:?\s+)", re.IGNORECASE)
# 本报记者 张三 · 记者张三 · 澎湃新闻记者 张三 · 作者 张三
_REPORTER = re.compile(rf"(?:^|[^\w])(?:\w{{0,8}}?{_ROLE}记者\s*|作者\s+)(?=[\u4e00-\u9fffA-Z])")
_BEFORE_LABEL = re.compile(r"^([\u4e00-\u9fff·、 ]{2,20})\s*[/／|｜]\s*文(?=\W|$)")  # 张三/文
# What ends a name: the next label, a count, a city.
_STOP = re.compile(
    r"(?:来\s*源|出处|编\s*辑|责\s*编|责任编辑|主编|校对|审核|审校|监制|出品|策划|统筹|设计|制图|摄影|图片?|图源|时间|日期|发布|"
    r"更新|阅读|浏览|点击|评论|收藏|点赞|分享|字[号体]|热度|人气|关注|订阅|标签|栏目|分类|频道|转载|授权|发自|发于|[\w]{2,4}报道|"
    r"报道|举报|专栏|作者|记者|微信|微博|公众号|原标题|题图|首发|今[日天]|昨[日天]|刚刚|[0-9]+(?:$|\W))"
)
_DATE = re.compile(
    r"(?<![0-9])(?:(?:19|20)[0-9]{2} ?[-/.年] ?[0-9]{1,2}(?: ?[-/.月] ?[0-9]{1,2}日?)?|[0-9]{1,2}[-/月][0-9]{1,2}日?"
    r"|[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?|[0-9]{1,4} ?(?:秒|分钟|小时|天|周|个月)前)|[今昨前]天|刚刚"
)
_SOURCE = re.compile(r"(?:来\s*源|出处|转自|稿源|信息来源|文章来源)\s*[:：]\s*[^\s|｜]*")
# The name of a medium, not of a person.
_MEDIUM = re.compile(
    r"\A\w{0,20}(?:网|网站|报|日报|晚报|早报|周报|周刊|杂志|新闻|客户端|频道|传媒|财经|资讯|在线|通讯社|电视台|广播|编辑部|官网|本站|头条|中心|"
    r"研究院|研究所|有限公司|出版社|工作室|\.com|\.cn)"
)
_NOT_NAMED = frozenset(
    (
        "佚名",
        "匿名",
        "未知",
        "网络",
        "无",
        "小编",
        "编辑",
        "本站",
        "管理员",
        "admin",
        "Admin",
        "admins",
        "root",
        "原创",
        "转载",
    )
)
_PERSON = re.compile(r"[\u4e00-\u9fff]{2,4}(?:·[\u4e00-\u9fff]{1,8})*|[A-Z][A-Za-z.'-]*(?:\s+[A-Z][A-Za-z.'-]*){0,3}")
_PUNCTUATION = " ·|｜丨,，、/／—–-_•@:：[]【】()（）"
_TOKEN = re.compile(r"[^\s|｜丨∣:：/／，。；;！？!?()（）【】\[\]<>《》、,&＆•·~—_]+(?:·[^\s|｜:：/／，。、]+)?")
_DATELINE = re.compile(r"\A[^（(，。]{0,20}[（(]([^（）()]{2,40})[）)]")  # 本报讯（记者 张三）
_END = re.compile(r"[（(]([^（）()]{2,40})[）)]\W{0,4}\Z")  # …。（作者：张三）
_JOINT = re.compile(r"\s*[、,，&＆/／]\s*|\s*(?:和|and)\s*(?=[A-Z\u4e00-\u9fff])|\s+")


def byline(line: str, site: Iterable[str] = ()) -> str:
    """Return the author in a line of metadata ("来源：青石网 2026-11-05 作者：程远 编辑：…"), or "".

    Without a label, the line is the name itself: dates, sources and counts are removed, and so are names of media
    beside a name, and the names in *site* (the title suffixes of the site). "" for a line that contains anything else.
    The source is not the author. Several names keep their separators.
    """
    line = _folded(line)
    if not line or len(line) > MAX_LINE:
        return ""
    if name := labelled_byline(line):
        return name
    if _LABELLED.match(line) or _REPORTER.match(line):
        return ""  # a label without a name
    words = [word.strip(_PUNCTUATION) for word in _SOURCE.sub(" ", _DATE.sub(" ", line)).split()]
    words = [word for word in words if re.search(r"[^\W\d_]", word) and word not in _NOT_NAMED]
    words = [word for word in words if not any(word == each.strip(_PUNCTUATION) for each in _site_names(site))]
    while words and _STOP.match(words[-1]):
        words.pop()
    words = [word for word in words if not is_medium(word)] or words[:1]
    name = " ".join(words)
    return "" if len(name) > MAX_NAME or re.search(r"[。！？；:：]", name) or _STOP.match(name) else name


def _site_names(suffixes: Iterable[str]) -> set[str]:
    """Return the names in title suffixes: "_财经_青石网" contains 财经 and 青石网."""
    return {name.strip(_PUNCTUATION) for suffix in suffixes for name in re.split(r"[_|｜\-–—·]+", suffix)} - {""}


def labelled_byline(line: str) -> str:
    """Return the names after the first label of an author ("作者：", "文/", "本报记者") in *line*, or ""."""
    line = _folded(line)
    for pattern in (_LABELLED, _REPORTER):
        for label in pattern.finditer(line):
            if name := _names(line[label.end() :]):
                return name
    before = _BEFORE_LABEL.match(line)
    return before[1].strip() if before else ""


def text_byline(lines: Sequence[str]) -> str:
    """Return the author that one of the first or last lines of a text names with a label, or "".

    *lines* are the paragraphs. Such a line contains only the credits ("文/程远 编辑/周洲"), or it is a paragraph with a
    dateline or an end in brackets: 本报讯（记者 程远）…, …（作者：程远）.
    """
    ends = [*lines[:4], *reversed(lines[-3:])] if len(lines) > 4 else lines
    for line in map(_folded, ends):
        credits = [line.strip("■□●◆（()）[]【】 ")] if len(line) <= 60 and not re.search("[，。！？；]", line) else []
        credits += [found[1] for found in (_DATELINE.match(line), _END.search(line[-60:])) if found]
        for credit in credits:
            if any(form.match(credit) for form in (_LABELLED, _REPORTER, _BEFORE_LABEL)) and (
                name := labelled_byline(credit)
            ):
                return name
    return ""


def is_person(name: str) -> bool:
    """Return whether *name* has the form of a person's name, and is not the name of a medium."""
    return bool(_PERSON.fullmatch(name)) and not _MEDIUM.fullmatch(name)


def is_medium(name: str) -> bool:
    """Return whether *name* has the form of the name of a medium or an organization."""
    return bool(_MEDIUM.fullmatch(name))


def _names(text: str) -> str:
    """Return the names at the start of *text*, with their separators, until the next label, count or date."""
    end = position = 0
    text = text.lstrip("@ ")
    while len(text[:position]) < 60:
        token = _TOKEN.match(text, position)
        if not token or len(token[0]) > MAX_NAME or _DATE.match(text, position):
            break
        after = text[token.end() :]
        if end and re.match(r"\A\s*+[:：]", after):
            break
        if _STOP.match(token[0]) and not (end == 0 and len(token[0]) > 4 and not re.match(r"\A\s*+[:：]", after)):
            break
        # After a space, only another name of a person follows: other words end the names.
        if end and text[end:position].isspace() and not _continues(text[:end], token[0]):
            break
        end = token.end()
        joint = _JOINT.match(text, end)
        if not joint:
            break
        position = joint.end()
    name = text[:end].strip()
    return "" if name in _NOT_NAMED else name


def _continues(names: str, word: str) -> bool:
    """Return whether *word* after a space continues *names*: another Chinese name, or the next part of a Latin name."""
    if names[-1].isascii() and names[-1].isalpha():
        return bool(re.fullmatch(r"[A-Z][A-Za-z.'-]*", word))
    return bool(re.fullmatch(r"[\u4e00-\u9fff]{2,3}|[\u4e00-\u9fff]+·[\u4e00-\u9fff]+", word)) and not is_medium(word)


def _folded(line: str) -> str:
    return _SPACES.sub(" ", line).strip()
