"""Find the author of an article page: the node that names it, and whether the metadata does."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from lxml.html import HtmlElement

from crawler.reading.candidates import Candidates
from crawler.reading.content import Content
from crawler.reading.page import Page
from crawler.reading.query import text
from crawler.text.bylines import MAX_LINE, byline, is_medium, is_person, labelled_byline

_NAMES = re.compile("author|writer|byline|zuozhe|reporter|columnist", re.IGNORECASE)
_EDITOR = re.compile("编辑|责编|校对|来源|source|editor", re.IGNORECASE)
# The 120 most frequent family names. A word of two or three characters that begins with one may be a name.
_FAMILY_NAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金"
    "韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严欧莫孔向常温汤康施颜章洪童樊乔梅庄殷葛俞翁"
)
_NO_NAMES = re.compile(
    "黄金|白酒|金融|金属|石油|石化|高端|高清|高科|高级|万象|万科|方案|方法|江苏|江西|江湖|温州|郑州|徐州|苏州|杭州|常识|常见|常用|"
    "马上|于是|关于|任务|向上|段子|雷达|龙头|龙虎|史话|武汉|武器|康养|安全|施工|章节|洪水|田园|林业|金价|高铁|石墨|钟表|夏季|夏天|白皮|"
    "高校|高考|叶片|周边|周刊|周报|周末|马达|欧洲|欧盟|欧美|毛利|毛病|严选|严重|孔雀|顾问|余额|韩国|苏联|程序|陈列|许可|蔡司|江门|"
    "何时|何为|高新|金牌|高层|高管|毛坯|汤圆|梅花|童装|庄园|任命|段落|方向|方式|万亿|严肃|汪洋|洪荒|白电|高通|马云说"
)


def author_node(
    page: Page,
    title: HtmlElement | None,
    time: HtmlElement | None,
    content: Content | None,
    in_text: set[HtmlElement],
    site: Collection[str],
) -> HtmlElement | None:
    """Return the node that names the author outside the text, or None.

    In this order: a label ("作者：", "记者"), an attribute or a class of an author, and a word in the form of a name
    beside the title or the date. Nodes after the title come first.
    """
    outside = content.outside if content else frozenset()
    order = {node: position for position, node in enumerate(page.tree.iter("*"))}
    start = order.get(title, 0) if title is not None else 0
    nodes = [
        node
        for node in page.tree.iter("*")
        if node not in in_text
        and node.tag not in ("html", "head", "body", "script", "style", "title", "meta", "option", "h1")
        and node is not title
        and len(node) <= 12
        and not outside.intersection((node, *node.iterancestors()))
        and 0 < len(text(node)) <= MAX_LINE
    ]

    def nearest(found: Iterator[HtmlElement]) -> HtmlElement | None:
        return min(found, key=lambda node: (order[node] < start, abs(order[node] - start), -order[node]), default=None)

    labelled = {node for node in nodes if labelled_byline(text(node))}
    inner = {parent for node in labelled for parent in node.iterancestors()}
    if (node := nearest(each for each in nodes if each in labelled and each not in inner)) is not None:
        return node
    if (node := nearest(_marked(nodes, site))) is not None:
        return node
    return nearest(node for node in nodes if _is_name(node, title, time, order, site))


def metadata_author(page: Page, site_names: set[str]) -> str:
    """Return where the metadata of *page* names the author; see `ArticleSelectors.metadata_author`.

    *site_names* are known names of the site.
    """
    candidates = Candidates(page)
    names = {*site_names, candidates.metas.get("og:site_name", ""), candidates.metas.get("application-name", "")}
    for place, name in (("fields", candidates.author({})), ("meta", candidates.metas.get("author", ""))):
        if name:
            is_site = name in names or is_medium(name) or any(name in each for each in site_names)
            return "site" if is_site else place
    return ""


def _marked(nodes: list[HtmlElement], site: Collection[str]) -> Iterator[HtmlElement]:
    """Yield the innermost nodes with a name that have, or are in a small node that has, the attributes of an author."""
    for node in nodes:
        words = text(node)
        around = [node, *(each for each in list(node.iterancestors())[:5] if len(text(each)) <= MAX_LINE)]
        if (
            _EDITOR.search(words)
            or not any(map(_is_marked, around))
            or any(text(child) == words for child in node.iterchildren("*"))
        ):
            continue
        name = byline(words, site)
        if name and (_is_marked(node) or is_person(name) or "name" in node.get("class", "") or node.tag == "a"):
            yield node


def _is_marked(node: HtmlElement) -> bool:
    values = (node.get("rel", ""), node.get("itemprop", ""), node.get("class", ""), node.get("id", ""))
    return any(_NAMES.search(value) for value in values) and not _EDITOR.search(" ".join(values))


def _is_name(
    node: HtmlElement,
    title: HtmlElement | None,
    time: HtmlElement | None,
    order: dict[HtmlElement, int],
    site: Collection[str],
) -> bool:
    """Return whether *node* has the form of a Chinese name and is near the title or the date."""
    if len(node) > 3 or title is None:
        return False
    name = byline(text(node), site)
    if not (2 <= len(name) <= 3 and is_person(name) and name[0] in _FAMILY_NAMES) or _NO_NAMES.match(name):
        return False
    near = {each for anchor in (time, title) if anchor is not None for each in list(anchor.iterancestors())[:2]}
    return order[node] > order[title] - 5 and bool(near.intersection(node.iterancestors()) or node is time)
