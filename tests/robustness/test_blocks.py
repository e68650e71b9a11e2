"""Block, login, captcha and soft-404 pages among good ones: none becomes an article, and no good one is lost.

python -m tests.robustness.test_blocks [--pages 1000] [--seed 1]: so many for each source, by class.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path
from random import Random

import pytest

from crawler.items import Article
from crawler.reading.errors import PageError
from crawler.reading.page import Page
from crawler.reading.read import read_article
from crawler.reading.source import Source
from crawler.spiders.epaper import EpaperSpider
from crawler.spiders.hibor import HiborSpider
from crawler.spiders.iyiou import IyiouSpider
from crawler.spiders.qq import QqSpider
from crawler.spiders.woshipm import WoshipmSpider
from tests.robustness.hostile_server import SORTS, Site, Sort, accounts, watch
from tests.support.flaky_server import wire
from tests.support.server import Answer
from tests.support.toy.toy import ToySpider

SOURCES: dict[str, type[Source]] = {
    "toy": ToySpider, "qq": QqSpider, "hibor": HiborSpider, "iyiou": IyiouSpider, "woshipm": WoshipmSpider,
    "epaper-epaper.shanqiao.example": EpaperSpider,
}  # fmt: skip
WORDS = {
    "blocked": (
        "安全验证", "访问过于频繁，请稍后再试", "您的访问被阻断", "请输入验证码", "拖动滑块完成拼图",
        "系统检测到异常流量", "Access Denied",
        "Just a moment...", "Checking your browser before accessing", "405 Not Allowed",
        "请求过于频繁", "人机验证", "您的IP已被限制访问", "网站防火墙", "请开启JavaScript并刷新该页",
        "Too Many Requests", "请完成安全验证后继续访问",
    ),
    "login": (
        "请登录后查看", "登录后阅读全文", "扫码登录", "您还没有登录", "请先登录", "会员专享，登录后可见",
        "Sign in to continue", "本文仅对注册用户开放", "登录已过期，请重新登录",
    ),
    "gone": (
        "页面不存在", "您访问的页面不存在或已被删除", "404 Not Found", "文章已删除", "该内容已下线", "内容不存在",
        "抱歉，您要查看的文章找不到了", "Page Not Found", "该文章因违规已被删除", "啊哦，页面走丢了",
    ),
}  # fmt: skip
SENTENCES = (  # the same as whole sentences, which speak to the reader
    "请登录后查看。", "登录后可阅读全文！", "您还没有登录。", "您访问的页面不存在。", "抱歉，您要查看的文章找不到了。",
    "该内容已被发布者删除。", "本文仅对注册用户开放。",
)  # fmt: skip
HEAD = "<html><head><title>{words}</title>"
FORMS = (
    HEAD + "</head><body><h1>{words}</h1><p>{more}</p></body></html>",
    "<html><head><title></title></head><body><div class=tip>{words}</div></body></html>",
    "<!DOCTYPE html>" + HEAD + '<script src="/waf.js"></script></head><body><div id="app">{words}'
    '<form action="/verify"><input name="code"><img src="/captcha.png"></form></div></body></html>',
    HEAD + '<meta http-equiv="refresh" content="3;url=/"></head><body>{words} {more}</body></html>',
    "<html><script>var arg1='{noise}';setTimeout('reload()',2);</script><noscript>{words}</noscript></html>",
    "<html><head><title>{site}</title></head><body><h1>{words}</h1><div>热门推荐</div><ul>{links}</ul></body></html>",
    "<html><head><title>{title}{suffix}</title></head><body><div class=box><h1>{words}</h1></div>{links}</body></html>",
    "<html><head><title>{title}{suffix}</title>"
    "<meta property='article:published_time' content='2026-03-16 07:52:18'></head><body><h1>{title}</h1>"
    "<time>2026-03-16</time><div class=login-wall>{words}</div>{links}</body></html>",
    "{words}",
    "<html><body></body></html>",
    '{{"code":403,"message":"{words}"}}',
)


def bad_pages(sort: Sort, number: int, seed: int) -> Iterator[tuple[str, int, str]]:
    """Class, status and text of pages that are none."""
    chance = Random(f"{seed} {sort.source}")
    source = SOURCES[sort.source]
    for index in range(number):
        kind = chance.choice(list(WORDS))
        words = chance.choice(WORDS[kind])
        name = sort.name(90000 + index)
        others = [sort.url(sort.name(chance.randrange(99))) for _ in range(9)]
        site = next(iter(source.title_suffixes), "")
        form = chance.choice(FORMS)
        html = form.format(
            words=words,
            more=chance.choice(("", f"错误编号 {chance.randrange(10**9)}", "返回首页")),
            links="".join(f"<li><a href={url}>{sort.title}</a></li>" for url in others),
            noise="".join(chance.choices("0123456789ABCDEF", k=chance.randrange(40, 400))),
            title=f"{sort.title} {name}",
            suffix=site,
            site=site.lstrip("_-– |") or "首页",
        )
        yield kind, chance.choice((200, 200, 200, 403, 404, 429, 503) if kind != "login" else (200, 200, 401)), html


def in_template(sort: Sort, words: str, name: str) -> str:
    """The article's own page, in whose body stand these words alone."""
    page = sort.article(name)
    marks = {
        "toy": ("<article>", "</article>"),
        "qq": ("rich_media_content", "</div>"),
        "hibor": ('<div class="abstruct-info">', "</div>"),
        "iyiou": ('<article class="post-body', "</article>"),
        "woshipm": ("article--content", "</div>"),
    }
    begin, end = marks.get(sort.source, ("<founder-content>", "</founder-content>"))
    head, _, rest = page.partition(begin)
    opening = begin if begin.endswith(">") else begin + rest.partition(">")[0] + ">"
    return head + opening + f"<p>{words}</p>" + rest[rest.index(end) :]


def read(sort: Sort, name: str, html: str, status: int = 200) -> str:
    """What becomes of a page: "article", or the class of its refusal."""
    source = SOURCES[sort.source]
    link = source.article_link(sort.url(name))
    assert link
    link = replace(link, page_label="第A01版：头版")  # a newspaper's listing says it
    headers = {"content-type": "text/html; charset=utf-8"}
    page = Page(sort.url(name), html.encode(), status, headers, fetched_at="2026-11-22T00:00:00+00:00", link=link)
    try:
        found = read_article(source, page)
    except PageError as error:
        return error.kind
    return "article" if isinstance(found, Article) else "second"


@pytest.mark.parametrize("source", SORTS)
def test_no_such_page_is_an_article(source: str) -> None:
    sort = SORTS[source]
    found = [
        (kind, html)
        for index, (kind, status, html) in enumerate(bad_pages(sort, 200, seed=1))
        if read(sort, sort.name(90000 + index), html, status) == "article"
    ]
    assert found == []


@pytest.mark.parametrize("source", SORTS)
def test_words_of_refusal_in_the_place_of_the_text_are_no_article(source: str) -> None:
    sort = SORTS[source]
    words = [*chain(*WORDS.values()), *SENTENCES]
    assert [
        some for some in words if read(sort, sort.name(1), in_template(sort, some, sort.name(1))) == "article"
    ] == []


@pytest.mark.parametrize("source", [source for source in SORTS if source != "toy"])  # which knows one word, and no more
def test_articles_may_speak_of_all_that(source: str) -> None:
    sort = SORTS[source]
    for words in chain(*WORDS.values()):
        page = sort.article(sort.name(1)).replace(f"{sort.title} {sort.name(1)}", f"{words}：{sort.title}")
        page = page.replace("</p>", f"，页面上说：“{words}”。</p>", 2)
        assert read(sort, sort.name(1), page) == "article"


def refusing(html: str, status: int, page: bytes, url: str) -> Answer:
    """The answer instead of *page*."""
    return Answer(raw=wire(html.encode(), f"{status} x"))


def mixed(sort: Sort, good: int, bad: int) -> tuple[Site, set[str]]:
    names = [sort.name(number) for number in range(good + bad)]
    Random(sort.source).shuffle(names)
    pages = dict(zip(names[good:], bad_pages(sort, bad, seed=2), strict=True))
    befalls = {name: name if name in pages else "" for name in sorted(names)}
    faults = {name: partial(refusing, html, status) for name, (_, status, html) in pages.items()}
    return Site(sort, befalls, faults), {sort.stored(name) for name in names[:good]}


@pytest.mark.parametrize("source", SORTS)
def test_a_few_among_good_ones_cost_nothing(tmp_path: Path, source: str) -> None:
    site, good = mixed(SORTS[source], 60, 12)
    seen = watch(SORTS[source], site, tmp_path, "-s", "RETRY_TIMES=0")
    assert {path.stem for path in (tmp_path / "output").glob("*/[0-9]*/*/*.md")} == good
    assert seen.run.exit_code == 1
    before, after = accounts(seen.run.log).fetched
    assert before == after


@pytest.mark.parametrize("source", SORTS)
def test_a_rise_ends_the_run_and_the_next_one_has_the_rest(tmp_path: Path, source: str) -> None:
    sort = SORTS[source]
    site, good = mixed(sort, 90, 0)
    blocks = [html for kind, status, html in bad_pages(sort, 900, seed=3) if (kind, status) == ("blocked", 200)]
    faults = {name: partial(refusing, html, 200) for name, html in zip(site.befalls, blocks, strict=False)}
    befalls = {name: name if number >= 40 else "" for number, name in enumerate(site.befalls)}
    seen = watch(sort, Site(sort, befalls, faults), tmp_path, "-s", "RETRY_TIMES=0")
    assert seen.run.exit_code == 3
    watch(sort, site, tmp_path, "-s", "REJECTED_BACKOFF_FACTOR=0")
    assert {path.stem for path in (tmp_path / "output").glob("*/[0-9]*/*/*.md")} == good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    told = parser.parse_args()
    wrong = 0
    for source, sort in SORTS.items():
        became: Counter[str] = Counter()
        for index, (kind, status, html) in enumerate(bad_pages(sort, told.pages, told.seed)):
            what = read(sort, sort.name(90000 + index), html, status)
            became[f"{kind}{f' {status}' if status != 200 else ''} -> {what}"] += 1
            wrong += what == "article"
        said = ", ".join(f"{what}: {count}" for what, count in sorted(became.items()))
        print(f"{source}: {told.pages} pages; {said}")
    print(f"articles among them: {wrong}")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
