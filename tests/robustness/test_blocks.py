"""Generate block, login, captcha and soft-404 pages: none is stored as an article, and all good articles are stored.

Usage: python -m tests.robustness.test_blocks [--pages 1000] [--seed 1]

Read the given number of pages of each source, and print the outcomes by kind.
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
from tests.robustness.hostile_server.crawl import crawl_and_measure
from tests.robustness.hostile_server.sites import SITE_KINDS, Site, SiteKind
from tests.robustness.hostile_server.totals import totals
from tests.support.flaky_server import wire
from tests.support.server import Answer
from tests.support.toy.toy import ToySpider

SOURCES: dict[str, type[Source]] = {
    "toy": ToySpider, "qq": QqSpider, "hibor": HiborSpider, "iyiou": IyiouSpider, "woshipm": WoshipmSpider,
    "epaper-epaper.shanqiao.example": EpaperSpider,
}  # fmt: skip
# Kind of refusal -> words of such pages.
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
SENTENCES = (  # complete sentences, addressed to the reader
    "请登录后查看。", "登录后可阅读全文！", "您还没有登录。", "您访问的页面不存在。", "抱歉，您要查看的文章找不到了。",
    "该内容已被发布者删除。", "本文仅对注册用户开放。",
)  # fmt: skip
HEAD = "<html><head><title>{words}</title>"
# Templates of pages.
TEMPLATES = (
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


def bad_pages(site_kind: SiteKind, number: int, seed: int) -> Iterator[tuple[str, int, str]]:
    """Yield kind of refusal, status and HTML of *number* pages without an article."""
    random = Random(f"{seed} {site_kind.source}")
    source = SOURCES[site_kind.source]
    for index in range(number):
        kind = random.choice(list(WORDS))
        words = random.choice(WORDS[kind])
        name = site_kind.article_id(90000 + index)
        others = [site_kind.url(site_kind.article_id(random.randrange(99))) for _ in range(9)]
        suffix = next(iter(source.title_suffixes), "")
        template = random.choice(TEMPLATES)
        html = template.format(
            words=words,
            more=random.choice(("", f"错误编号 {random.randrange(10**9)}", "返回首页")),
            links="".join(f"<li><a href={url}>{site_kind.title}</a></li>" for url in others),
            noise="".join(random.choices("0123456789ABCDEF", k=random.randrange(40, 400))),
            title=f"{site_kind.title} {name}",
            suffix=suffix,
            site=suffix.lstrip("_-– |") or "首页",
        )
        yield kind, random.choice((200, 200, 200, 403, 404, 429, 503) if kind != "login" else (200, 200, 401)), html


def article_with_text(site_kind: SiteKind, words: str, name: str) -> str:
    """Return the page of an article with its text replaced by *words*."""
    page = site_kind.article(name)
    marks = {
        "toy": ("<article>", "</article>"),
        "qq": ("rich_media_content", "</div>"),
        "hibor": ('<div class="abstruct-info">', "</div>"),
        "iyiou": ('<article class="post-body', "</article>"),
        "woshipm": ("article--content", "</div>"),
    }
    begin, end = marks.get(site_kind.source, ("<founder-content>", "</founder-content>"))
    head, _, rest = page.partition(begin)
    opening = begin if begin.endswith(">") else begin + rest.partition(">")[0] + ">"
    return head + opening + f"<p>{words}</p>" + rest[rest.index(end) :]


def outcome_of(site_kind: SiteKind, name: str, html: str, status: int = 200) -> str:
    """Return "article", the kind of the refusal, or "second" if the source requests a second page."""
    source = SOURCES[site_kind.source]
    link = source.article_link(site_kind.url(name))
    assert link
    link = replace(link, page_label="第A01版：头版")  # for a newspaper, the listing has the label
    headers = {"content-type": "text/html; charset=utf-8"}
    page = Page(site_kind.url(name), html.encode(), status, headers, fetched_at="2026-11-22T00:00:00+00:00", link=link)
    try:
        result = read_article(source, page)
    except PageError as error:
        return error.kind
    return "article" if isinstance(result, Article) else "second"


@pytest.mark.parametrize("source", SITE_KINDS)
def test_read_article_refuses_pages_without_an_article(source: str) -> None:
    site_kind = SITE_KINDS[source]
    found = [
        (kind, html)
        for index, (kind, status, html) in enumerate(bad_pages(site_kind, 200, seed=1))
        if outcome_of(site_kind, site_kind.article_id(90000 + index), html, status) == "article"
    ]
    assert found == []


@pytest.mark.parametrize("source", SITE_KINDS)
def test_read_article_refuses_words_of_refusal_instead_of_the_text(source: str) -> None:
    site_kind = SITE_KINDS[source]
    name = site_kind.article_id(1)
    words = [*chain(*WORDS.values()), *SENTENCES]
    assert [
        text for text in words if outcome_of(site_kind, name, article_with_text(site_kind, text, name)) == "article"
    ] == []


# "toy" refuses every page that contains its only block mark.
@pytest.mark.parametrize("source", [source for source in SITE_KINDS if source != "toy"])
def test_read_article_accepts_words_of_refusal_in_title_and_text(source: str) -> None:
    site_kind = SITE_KINDS[source]
    name = site_kind.article_id(1)
    for words in chain(*WORDS.values()):
        page = site_kind.article(name).replace(f"{site_kind.title} {name}", f"{words}：{site_kind.title}")
        page = page.replace("</p>", f"，页面上说：“{words}”。</p>", 2)
        assert outcome_of(site_kind, name, page) == "article"


def refusing(html: str, status: int, page: bytes, url: str) -> Answer:
    """Return the response that replaces *page*: a fault, once *html* and *status* are bound."""
    return Answer(raw=wire(html.encode(), f"{status} x"))


def mixed(site_kind: SiteKind, good: int, bad: int) -> tuple[Site, set[str]]:
    """Return a site with good and bad pages in random order, and the file stems of the good ones."""
    names = [site_kind.article_id(number) for number in range(good + bad)]
    Random(site_kind.source).shuffle(names)
    pages = dict(zip(names[good:], bad_pages(site_kind, bad, seed=2), strict=True))
    fault_of = {name: name if name in pages else "" for name in sorted(names)}
    faults = {name: partial(refusing, html, status) for name, (_, status, html) in pages.items()}
    return Site(site_kind, fault_of, faults), {site_kind.file_stem(name) for name in names[:good]}


@pytest.mark.parametrize("source", SITE_KINDS)
def test_crawl_stores_all_good_articles_if_a_few_pages_are_bad(tmp_path: Path, source: str) -> None:
    site, good = mixed(SITE_KINDS[source], 60, 12)
    result = crawl_and_measure(SITE_KINDS[source], site, tmp_path, "-s", "RETRY_TIMES=0")
    assert {path.stem for path in (tmp_path / "output").glob("*/[0-9]*/*/*.md")} == good
    assert result.run.exit_code == 1
    before, after = totals(result.run.log).fetched
    assert before == after


@pytest.mark.parametrize("source", SITE_KINDS)
def test_crawl_ends_if_blocked_and_the_next_run_stores_the_rest(tmp_path: Path, source: str) -> None:
    site_kind = SITE_KINDS[source]
    site, good = mixed(site_kind, 90, 0)
    blocks = [html for kind, status, html in bad_pages(site_kind, 900, seed=3) if (kind, status) == ("blocked", 200)]
    faults = {name: partial(refusing, html, 200) for name, html in zip(site.fault_of, blocks, strict=False)}
    fault_of = {name: name if number >= 40 else "" for number, name in enumerate(site.fault_of)}
    result = crawl_and_measure(site_kind, Site(site_kind, fault_of, faults), tmp_path, "-s", "RETRY_TIMES=0")
    assert result.run.exit_code == 3
    crawl_and_measure(site_kind, site, tmp_path, "-s", "REJECTED_BACKOFF_FACTOR=0")
    assert {path.stem for path in (tmp_path / "output").glob("*/[0-9]*/*/*.md")} == good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    wrong = 0
    for source, site_kind in SITE_KINDS.items():
        outcomes: Counter[str] = Counter()
        for index, (kind, status, html) in enumerate(bad_pages(site_kind, arguments.pages, arguments.seed)):
            outcome = outcome_of(site_kind, site_kind.article_id(90000 + index), html, status)
            outcomes[f"{kind}{f' {status}' if status != 200 else ''} -> {outcome}"] += 1
            wrong += outcome == "article"
        summary = ", ".join(f"{outcome}: {count}" for outcome, count in sorted(outcomes.items()))
        print(f"{source}: {arguments.pages} pages; {summary}")
    print(f"articles among them: {wrong}")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
