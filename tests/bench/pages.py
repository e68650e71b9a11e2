"""Pages of the benchmark's site, in two kinds: heavy and realistic.

Around the body are scripts, styles, navigation and 150 links. All text is generated from random words, with fixed
seeds: it is the same in every run.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

HOST = "bench.example"
LISTED = 20  # articles on a listing page
VARIANTS = 64  # different pages; articles with the same variant differ only in their number
_NUMBER = "@NUMBER@"  # placeholder, as long as a formatted number


@dataclass(frozen=True)
class Kind:
    """A kind of article pages. Sizes are in bytes of UTF-8."""

    name: str
    page: int  # size of the page
    body: int  # size of the inner HTML of the body, or one block more
    sentences: int  # at most, in a paragraph
    styles: int  # style rules for each tag


HEAVY = Kind("heavy", 99_000, 28_000, 4, 22)  # as the largest pages of qq and woshipm; the body has about 270 nodes
REALISTIC = Kind("realistic", 45_000, 10_000, 2, 6)  # the body has about 150 nodes
KINDS = {kind.name: kind for kind in (HEAVY, REALISTIC)}

_NOUNS = [
    "芯片",
    "工厂",
    "产量",
    "会议",
    "报告",
    "市场",
    "团队",
    "用户",
    "订单",
    "价格",
    "渠道",
    "门店",
    "仓库",
    "算法",
    "模型",
    "数据",
    "平台",
    "城市",
    "电池",
    "材料",
    "设备",
    "零件",
    "港口",
    "农场",
    "医院",
    "学校",
    "项目",
    "预算",
    "合同",
    "客户",
    "供应商",
    "工程师",
    "研究员",
    "经理",
    "股东",
    "董事会",
    "实验室",
    "生产线",
    "供应链",
    "消费者",
    "分析师",
    "季度",
    "年度",
]
_VERBS = [
    "提高",
    "降低",
    "发布",
    "建设",
    "测试",
    "购买",
    "出售",
    "比较",
    "调整",
    "公布",
    "讨论",
    "评估",
    "推迟",
    "完成",
    "取消",
    "扩大",
    "缩短",
    "改进",
    "记录",
    "统计",
    "安排",
    "检查",
    "说明",
    "签署",
    "投入",
    "带动",
    "影响",
    "支持",
    "限制",
    "取代",
]
_TURNS = ["此外", "同时", "不过", "因此", "目前", "据介绍", "从数字看", "另一方面", "与去年相比", "在这一阶段"]
_ENDS = "。。。。。；！？"


class _Words:
    """Generates random Chinese text from *seed*. A paragraph has at most *sentences*."""

    def __init__(self, seed: str, sentences: int = 1) -> None:
        self.random, self.sentences = random.Random(seed), sentences

    def phrase(self) -> str:
        choice = self.random.choice
        return f"{choice(_NOUNS)}的{choice(_NOUNS)}{choice(_VERBS)}了{choice(_NOUNS)}"

    def sentence(self) -> str:
        parts = [self.phrase() for _ in range(self.random.randint(1, 3))]
        if self.random.random() < 0.3:
            parts[0] = f"{self.random.choice(_TURNS)}，{parts[0]}"
        if self.random.random() < 0.25:
            parts.append(f"约{self.random.randint(2, 990)}.{self.random.randint(0, 9)}%")
        if self.random.random() < 0.15:
            parts[-1] = f"“{parts[-1]}”"
        return "，".join(parts) + self.random.choice(_ENDS)

    def text(self, sentences: int) -> str:
        return "".join(self.sentence() for _ in range(sentences))

    def paragraph(self) -> str:
        """Return a paragraph as HTML; one of its sentences may be bold, a link or a styled span."""
        parts = [self.sentence() for _ in range(self.random.randint(1, self.sentences))]
        index, kind = self.random.randrange(len(parts)), self.random.random()
        if kind < 0.45:
            parts[index] = f"<strong>{parts[index]}</strong>"
        elif kind < 0.6:
            parts[index] = f'<a href="/tag/{self.random.randint(1, 900)}?from=body&amp;pos=2">{parts[index]}</a>'
        elif kind < 0.7:
            parts[index] = f'<span style="color: rgb(51, 51, 51); font-size: 16px;">{parts[index]}</span>'
        return "".join(parts)


@cache
def _blocks(variant: int, kind: Kind) -> str:
    """Return the inner HTML of a body."""
    words, parts, size = _Words(f"body {variant}", kind.sentences), [f"<blockquote><p>第{_NUMBER}号。"], 0
    parts[0] += words.text(3) + "</p></blockquote>\n"
    while size < kind.body:
        part = _block(words)
        size += len(part.encode())
        parts.append(part)
    return "".join(parts)


def _block(words: _Words) -> str:
    choice = words.random.choices(
        ("paragraph", "heading", "picture", "list", "numbers", "quote", "table", "rule"), (62, 12, 5, 8, 3, 3, 1, 1)
    )[0]
    if choice == "heading":
        level = words.random.choice("233")
        return f"<h{level}>{words.phrase()}</h{level}>\n"
    if choice == "picture":
        name = f"https://img.{HOST}/2025/02/{words.random.randrange(16**12):012x}.jpg"
        return f'<p class="picture"><img class="aligncenter" src="{name}" alt="{words.phrase()}" width="900" /></p>\n'
    if choice in ("list", "numbers"):
        tag = "ul" if choice == "list" else "ol"
        items = "\n".join(f"<li>{words.paragraph()}</li>" for _ in range(words.random.randint(2, 5)))
        return f"<{tag}>\n{items}\n</{tag}>\n"
    if choice == "quote":
        return f"<blockquote><p>{words.text(2)}</p></blockquote>\n"
    if choice == "table":
        rows = [[words.random.choice(_NOUNS) for _ in range(4)]]
        rows += [[str(words.random.randint(1, 9999)) for _ in range(4)] for _ in range(4)]
        lines = ["".join(f"<td>{cell}</td>" for cell in row) for row in rows]
        return f"<table><tbody><tr>{'</tr><tr>'.join(lines)}</tr></tbody></table>\n"
    return "<hr />\n" if choice == "rule" else f"<p>{words.paragraph()}</p>\n"


def _furniture(words: _Words) -> str:
    """Return elements inside the body's node that a reader must remove."""
    advert = f'<div class="story-advert"><a href="/course">{words.phrase()}</a></div>'
    return f'{advert}\n<p class="story-rights">转载须注明</p>\n'


@cache
def _page(variant: int, kind: Kind) -> str:
    words = _Words(f"page {variant}")
    title, author, day = (
        title_of(variant),
        words.random.choice(_NOUNS),
        f"2024-{variant % 12 + 1:02}-{variant % 28 + 1:02}",
    )
    url, published = f"http://{HOST}/a/{_NUMBER}.html", f"{day}T{variant % 24:02}:{variant % 60:02}:07+08:00"
    cover = f"https://img.{HOST}/2025/02/cover{variant}.jpg"
    ld = {
        "@context": "https://schema.org", "@type": "NewsArticle", "headline": title, "@id": url, "image": [cover],
        "datePublished": published, "author": {"@type": "Person", "name": author}, "description": words.text(2),
    }  # fmt: skip
    metas = {
        "description": words.text(2), "keywords": "，".join(words.random.sample(_NOUNS, 5)), "og:type": "article",
        "og:title": title, "og:description": words.text(2), "og:image": cover, "og:url": url,
        "og:site_name": "产业观察", "article:published_time": published, "article:author": author, "robots": "all",
        "twitter:card": "summary", "theme-color": "#ffffff", "renderer": "webkit", "applicable-device": "pc",
    }  # fmt: skip
    head = "\n".join(
        f'<meta {"property" if ":" in name else "name"}="{name}" content="{content}">'
        for name, content in metas.items()
    )
    body = "\n".join([
        f"<header>{_links(words, 'nav', 40)}<form action='/search'><input name='q'></form></header>",
        f'<main><article class="story"><h1 class="story-title">{title}</h1>',
        f'<div class="story-meta"><a class="story-author" href="/u/{variant}">{author}</a>'
        f"<time>{day} {variant % 24:02}:{variant % 60:02}:07</time>"
        f'<span class="story-views">{words.random.randint(10, 99_999)} 浏览</span></div>',
        f'<div class="story-body">{_blocks(variant, kind)}{_furniture(words)}</div>',
        _links(words, "story-tags", 5),
        "</article><aside>",
        *(_card(words) for _ in range(30)),
        "</aside></main>",
        *(f'<div class="comment" id="c{n}"><b>{words.phrase()}</b><p>{words.text(1)}</p></div>' for n in range(12)),
        f"<footer>{_links(words, 'foot', 40)}<p>© 产业观察</p></footer>",
    ])  # fmt: skip
    start = (
        f'<!DOCTYPE html>\n<html lang="zh-CN">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{title}_产业观察</title>\n{head}\n"
        f'<link rel="canonical" href="{url}">\n<link rel="stylesheet" href="https://static.{HOST}/main.css?v=4f0b7e">\n'
        f'<script type="application/ld+json">{json.dumps(ld, ensure_ascii=False)}</script>\n'
        f"<style>{_style(words, kind.styles)}</style>\n"
        f"</head>\n<body>\n{body}\n"
    )
    state = _state(words, kind.page - len(start.encode()) - 200)
    return f"{start}<script>window.STATE = {state};</script>\n<script src='https://static.{HOST}/main.js'></script>\n</body>\n</html>\n"


def _links(words: _Words, name: str, number: int) -> str:
    entries = "".join(
        f'<li><a href="/{name}/{n}" title="{words.phrase()}">{words.random.choice(_NOUNS)}</a></li>'
        for n in range(number)
    )
    return f'<ul class="{name}">{entries}</ul>'


def _card(words: _Words) -> str:
    name = words.random.randrange(10**8)
    return (
        f'<div class="card"><a href="/a/{name:08}.html"><img src="https://img.{HOST}/thumb/{name}.jpg" alt=""></a>'
        f'<div class="card-text"><h4><a href="/a/{name:08}.html">{words.phrase()}</a></h4>'
        f"<span>{words.random.choice(_NOUNS)}</span>"
        f"<time>02-1{name % 10}</time></div></div>"
    )


def _style(words: _Words, repeated: int) -> str:
    number = words.random.randint
    rules = (
        f".story-body {tag}{{margin:{number(0, 40)}px {number(0, 9)}px;"
        f"color:#{number(0, 0xFFFFFF):06x};line-height:1.{number(0, 9)}}}"
        for tag in ("p", "h2", "h3", "ul li", "img", "blockquote", "table td") * repeated
    )
    return "".join(rules)


def _state(words: _Words, size: int) -> str:
    """Return JSON of about *size* bytes, as pages embed it in scripts."""
    rows, taken = [], 0
    while taken < size:
        number = words.random.randrange(10**8)
        row = {
            "id": f"{number:08}",
            "title": words.phrase(),
            "abstract": words.text(1),
            "show": number % 2 == 0,
            "tags": [],
        }
        taken += len(json.dumps(row, ensure_ascii=False).encode()) + 2
        rows.append(row)
    return json.dumps(rows, ensure_ascii=False)


def title_of(number: int) -> str:
    """Return the title of article *number*."""
    return _Words(f"title {number % VARIANTS}").phrase() + "，" + _Words(f"turn {number % VARIANTS}").phrase()


def body(number: int, kind: Kind = HEAVY) -> str:
    """Return the inner HTML of the body of article *number*, without the elements that a reader removes."""
    return _blocks(number % VARIANTS, kind).replace(_NUMBER, f"{number:08}")


@cache
def _encoded(variant: int, kind: Kind) -> bytes:
    return _page(variant, kind).encode()


def article(number: int, kind: Kind = HEAVY) -> bytes:
    """Return the page of article *number*."""
    return _encoded(number % VARIANTS, kind).replace(_NUMBER.encode(), b"%08d" % number)


def number_of(url: str) -> str:
    """Return the number of an article, as in its URL."""
    return url.rpartition("/")[2].removesuffix(".html")


def listing(total: int, page: int) -> bytes:
    """Return a page of the listing of *total* articles; *page* counts from 1."""
    first = (page - 1) * LISTED
    numbers = range(first, min(first + LISTED, total))
    following = f'<a class="next" href="/list/{total}/{page + 1}.html">下一页</a>' if numbers.stop < total else ""
    entries = "\n".join(
        f'<li class="entry"><h2><a href="/a/{number:08}.html">{title_of(number)}</a></h2></li>' for number in numbers
    )
    return (
        f'<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><title>产业观察</title></head><body>'
        f'<ul class="list">\n{entries}\n</ul>{following}</body></html>'
    ).encode()


def paths(total: int) -> Iterator[str]:
    """Yield the path of every page of the listing of *total* articles, each followed by the paths of its articles."""
    for page, first in enumerate(range(0, total, LISTED), start=1):
        yield f"/list/{total}/{page}.html"
        yield from (f"/a/{number:08}.html" for number in range(first, min(first + LISTED, total)))
