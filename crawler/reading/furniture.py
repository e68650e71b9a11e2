"""Recognize the blocks around an article: navigation, related lists, comments, share bars, adverts, notices.

Evidence, from strong to weak: the element (`nav`, `aside`), the heading of a block ("相关阅读"), repeated structure
(cards that link to other pages; comments with a link to reply), the words of a
notice ("责任编辑："), and names in `class` and
`id`. Names are only a hint: a block with most of the text of the page, or with the title, is not furniture by its name.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import takewhile
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from crawler.reading.lines import SILENT, Line, Lines, elements, is_hidden

_TAGS = frozenset({"nav", "aside", "footer", "dialog", "ad", *SILENT})
_PARAGRAPHS = frozenset((
    "p", "h1", "h2", "h3", "h4", "h5", "h6", "br", "hr", "img", "figure", "blockquote", "pre", "table", "tbody",
    "thead", "tr", "td", "th",
))  # fmt: skip

_WORDS = re.compile("[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_COMMENT_NAMES = frozenset((
    "comment", "comments", "cmt", "cmts", "pinglun", "pl", "reply", "replies", "liuyan", "gentie", "discuss",
    "disqus",
))  # fmt: skip
_NAMES = frozenset((
    "related", "relate", "relevant", "relation", "recommend", "recommends", "recommended", "recommendation",
    "tuijian", "xiangguan", "share", "shares", "sharebar", "sharing", "fenxiang", "bdsharebuttonbox", "jiathis",
    "sidebar", "nav", "navbar", "navigation", "breadcrumb", "breadcrumbs", "crumb", "crumbs", "footer", "copyright",
    "advert", "adverts", "advertisement", "advertising", "ad", "ads", "adv", "guanggao", "banner", "sponsor",
    "promo", "promotion", "qrcode", "qr", "erweima", "disclaimer", "pager", "pagination",
))  # fmt: skip
# Names that elements of the text may have, too: such an element is furniture only without most of the text.
_WEAK_NAMES = frozenset((
    "guess", "social", "side", "rail", "menu", "bread", "foot", "gg", "hot", "hots", "rank", "ranking", "paihang",
    "statement", "shengming", "declare", "toolbar", "tools", "login", "register", "subscribe", "tags", "keywords",
    "prev", "previous", "bio", "profile", "zan", "dianzan", "like", "likes", "reward", "dashang",
))  # fmt: skip
MOST_TEXT = 0.6  # share of the text of the page from which a weak name does not count
LEAST_REST = 0.1  # text outside an element with a name of furniture, as a share of the text in it

_COMMENTS_HEADING = re.compile(
    r"\A\W{0,8}(?:(?:网友|用户|最新|热门|全部|精彩|发表|我要|参与|所有|查看){1,3}(?:评论|跟贴|跟帖|留言|点评|回复)(?:列表|区|内容)?"
    r"\W{0,4}\d{0,6}\W{0,4}条?|(?:评论|跟贴|跟帖|留言)(?:列表|区|\W{0,4}\d{1,6}\W{0,4}条?)|\d{1,6}\W{0,4}条?(?:评论|回复|留言)"
    r"|我来说两句|(?:Leave a |Post a )?(?:Comments?|Reply)\W{0,4}\d{0,6})\W{0,8}\Z",
    re.IGNORECASE,
)
_LIST_HEADING = re.compile(
    r"\A\W{0,8}(?:(?:相关|延伸|推荐|扩展|拓展|更多|热门|最新|精彩|关联|编辑|今日|热点|近期|往期|点击|图文|视频|猜你|[0-9]{1,3}小时"
    r"|[一本][周月]|大家都?在|你?您?可能|为[您你]|作者|同类|本类|本站|阅读|新闻|文章|频道|专题|热).{0,6}(?:阅读|新闻|文章|报道"
    r"|链接|推荐|推送|资讯|专题|内容|话题|排行榜?|排名|喜欢|感兴趣|在看|在读|头条|标签|回顾|精选|视频|图集|图片|榜|看点)"
    r"|延伸阅读|排行榜|Related.{0,20}|Recommended.{0,20}|Most (?:Read|Popular))\W{0,8}(?:更多\W{0,8})?\Z",
    re.IGNORECASE,
)
_REPLY = re.compile(r"\A.{0,24}?(?:回复|举报|点赞|赞同|支持|反对|[顶踩赞]|\d楼|沙发|板凳|Reply)[\s(（\d）)·|/]*.{0,12}")
_NOTICE = re.compile(
    r"\A\W{0,8}(?:.{0,30}(?:责任编辑|责编)\s*[:：]|(?:本文|本版|值班|文章)?(?:责任|执行|值班|网络|本文)?(?:编辑|责编|主编|校对|审核|编审|监制)\w{0,3}\s*[:：/／]"
    r"|版权(?:声明|所有|归)|免责声明|(?:特别|郑重|重要)?(?:声明|提示)\s*[:：].*(?:版权|转载|立场|侵权|投资建议)"
    r"|(?:如需)?转载(?:请|须|本)|未经.{0,12}(?:授权|许可|允许|同意)|(?:本文|以上).{0,16}(?:不代表|仅代表).{0,12}(?:立场|观点)"
    r"|(?:本站|本网).{0,20}(?:版权|转载|侵权)|.{0,10}(?:侵权|违规).{0,12}(?:删除|联系)"
    r"|分享(?:到|至|给|本文|文章)?\s*(?:[:：]|\W*$|微信|微博|QQ|朋友圈)|(?:微信|用微信|手机)?扫(?:一扫|码|描).{0,20}"
    r"|(?:长按|识别).{0,10}(?:二维码|关注).{0,20}|(?:欢迎)?(?:关注|订阅).{0,16}(?:公众号|微信号|官方微信).{0,30}"
    r"|上一篇|下一篇|返回.{0,6}(?:首页|列表|顶部|目录)|(?:打印|收藏|关闭|纠错|举报|点赞|字号|字体)(?:[\W\d]|本页|窗口|$)"
    r"|(?:标签|关键词|关键字|Tags?|分类|所属栏目|文章关键词)\s*[:：]|Copyright|©|.{0,12}ICP[备证]|(?:阅读|点击|浏览)\w{0,3}\s*[:：]?\s*\d"
    r"|阅读原文|查看原文|举报/反馈|\[?展开全文|(?:本文|题图|作者).{0,60}(?:未经.{0,12}(?:许可|授权|允许)|CC0)|(?:广告|推广)\s*[:：])",
    re.IGNORECASE,
)
MAX_NOTICE = 160  # characters; a longer line is text
MAX_HEADING = 16
MIN_TITLE = 6  # characters of the title in a card


def names_furniture(node: HtmlElement) -> bool:
    """Return whether `class` or `id` of *node* has a name of navigation, adverts, shares or related lists."""
    return not (_NAMES | _WEAK_NAMES).isdisjoint(_words(node))


def has_weak_name(node: HtmlElement) -> bool:
    """Return whether `class` and `id` of *node* have only names that elements of a text may have, too."""
    words = _words(node)
    return not _WEAK_NAMES.isdisjoint(words) and (_NAMES | _COMMENT_NAMES).isdisjoint(words)


def names_comments(node: HtmlElement) -> bool:
    """Return whether `class` or `id` of *node* has a name of comments."""
    return not _COMMENT_NAMES.isdisjoint(_words(node))


def is_notice(line: Line) -> bool:
    """Return whether *line* is a notice of the site: editors, copyright, share, previous and next article."""
    return line.length <= MAX_NOTICE and _NOTICE.match(line.text) is not None


def is_advert(line: Line) -> bool:
    """Return whether *line* begins with the label of an advert."""
    return (
        line.length <= MAX_NOTICE
        and re.match(r"(?:广告|推广)\s*[:：]|[\[【(（]\s*(?:广告|推广)\s*[\]】)）]", line.text) is not None
    )


def signature(node: HtmlElement) -> str:
    """Return the tag and classes of *node* without digits: equal for the entries of one list."""
    return re.sub("[0-9]+", "", f"{node.tag!s}.{node.get('class', '')}")


def furniture_by_tag(root: HtmlElement) -> set[HtmlElement]:
    """Return the elements that never contain text of an article, and hidden elements."""
    return {node for node in elements(root) if node.tag in _TAGS or is_hidden(node)}


def furniture_by_name(
    root: HtmlElement, prose: Mapping[HtmlElement, float], kept: set[HtmlElement]
) -> set[HtmlElement]:
    """Return the elements with names of furniture, except *kept* ones. *prose* is the text of each element."""
    total = prose.get(root, 0)
    found = set()
    for node in elements(root):
        if node in kept or node.tag in ("body", "html"):
            continue
        words, amount = _words(node), prose.get(node, 0)
        if not _COMMENT_NAMES.isdisjoint(words) or (
            not _NAMES.isdisjoint(words) and total - amount >= LEAST_REST * amount
        ) or (not _WEAK_NAMES.isdisjoint(words) and amount <= MOST_TEXT * total):  # fmt: skip
            found.add(node)
    return found


def furniture_by_heading(lines: Lines, kept: set[HtmlElement]) -> set[HtmlElement]:
    """Return the blocks with a heading of a related list or of comments, except *kept* ones."""
    found: set[HtmlElement] = set()
    for line in lines.all:
        is_comments = line.length <= MAX_HEADING and _COMMENTS_HEADING.fullmatch(line.text) is not None
        if line.length > MAX_HEADING or not (is_comments or _LIST_HEADING.fullmatch(line.text)):
            continue
        block = line.owner
        if block in found:
            continue
        while (parent := block.getparent()) is not None and parent not in kept and lines.first_of(parent) is line:
            block = parent
        if lines.number_of(block) > 1:
            found |= {block} if is_comments or _is_list(lines.of(block)[1:]) else set()
            continue
        below = [node for node in block.itersiblings() if isinstance(node.tag, str) and lines.number_of(node)]
        if not is_comments:
            below = list(takewhile(lambda node: _is_list(lines.of(node)), below))
        found |= {block, *below} if below else set()
    return found - kept


def furniture_by_structure(lines: Lines, kept: set[HtmlElement], site: str) -> set[HtmlElement]:
    """Return the entries of lists that are cards (each with a line that is a link) or comments (each with a reply).

    Links to other sites than *site* (a registered domain, "" if unknown) do not count: they may be references.
    """
    cards = _containers(
        line for line in lines.all if line.is_link and line.length >= MIN_TITLE and _is_of(line.href, site)
    )
    replies = _containers(line for line in lines.all if line.length <= 2 * MAX_HEADING and _REPLY.fullmatch(line.text))
    found: set[HtmlElement] = set()
    for parent in {parent for node in cards | replies if (parent := node.getparent()) is not None}:
        groups: dict[str, list[HtmlElement]] = defaultdict(list)
        for node in parent.iterchildren("*"):
            if node not in kept and node.tag not in _PARAGRAPHS:
                groups[signature(node)].append(node)
        for group in groups.values():
            for marked, minimum in ((cards, 3), (replies, 2)):
                number = sum(node in marked for node in group)
                if number >= max(minimum, 0.8 * len(group)):
                    found |= set(group)
    return found


def _is_of(href: str, site: str) -> bool:
    """Return whether *href* leads to a page of *site*, or the site is unknown."""
    try:
        host = urlsplit(href.strip()).hostname or ""
    except ValueError:
        return False
    return not host or not site or host == site or host.endswith(f".{site}")


def _containers(lines: Iterable[Line]) -> set[HtmlElement]:
    """Return the elements that contain one of *lines*."""
    found: set[HtmlElement] = set()
    for line in lines:
        node: HtmlElement | None = line.owner
        while node is not None and node not in found:
            found.add(node)
            node = node.getparent()
    return found


def _is_list(lines: list[Line]) -> bool:
    """Return whether most of *lines* are links, or at least three of them are (cards with summaries)."""
    links = sum(line.is_link for line in lines)
    return links >= 3 or 2 * links >= len(lines)


def _words(node: HtmlElement) -> set[str]:
    return {word.lower() for word in _WORDS.findall(f"{node.get('class', '')} {node.get('id', '')}")}


def _heading_match(text: str) -> re.Match[str] | None:
    """Return the match of the longest start of *text* that is the heading of comments or of a list."""
    ends = range(min(len(text), MAX_HEADING), 1, -1)
    found = (_COMMENTS_HEADING.match(text[:end]) or _LIST_HEADING.match(text[:end]) for end in ends)
    return next(filter(None, found), None)


def notice_words(text: str) -> str:
    """Return the first words of a notice or of the heading of a list, which identify it: "责任编辑：", "相关阅读"."""
    heading = _heading_match(text)
    found = _NOTICE.match(text) or heading
    words = re.sub(r"[\s0-9].*|['\"\\]", "", found[0].strip()) if found else ""
    return words if 2 <= len(words) <= 12 else ""
