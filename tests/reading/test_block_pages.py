"""Block pages and login pages are recognized in the place of an article; articles about them are stored."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from crawler.items import Article, Link
from crawler.reading.block_pages import block_page, refusal_of_url
from crawler.reading.errors import Blocked, LayoutChanged, LoginRequired, PageError
from crawler.reading.page import Page
from crawler.reading.read import read_article, read_listing
from crawler.spiders.epaper import EpaperSpider
from crawler.spiders.hibor import HiborSpider
from crawler.spiders.paper import PaperSpider
from crawler.spiders.qq import QqSpider
from crawler.spiders.woshipm import WoshipmSpider
from tests.robustness.hostile_server.sites import SITE_KINDS
from tests.robustness.test_blocks import SOURCES, article_with_text

URL = "https://a.example/news/1.html"
HTML = {"content-type": "text/html; charset=utf-8"}
LINK = Link("1", URL, "渡口的摆渡船改为电动")

BLOCKED = {
    "title": "<title>安全验证 - 某网</title><body><div id=box></div></body>",
    "heading": "<title>某网</title><body><h3>请完成安全验证</h3></body>",
    "sentence": "<title>提示</title><body><p>系统检测到您的网络环境存在异常，请完成下方操作后继续</p></body>",
    "slider": "<body><div class='slide-verify'></div></body>",
    "picture": "<body><form><img src='/code/captcha.png'><input name=answer></form></body>",
    "tencent": "<body><script src='https://t.captcha.qq.example/TCaptcha.js'></script></body>",
    "geetest": "<body><script>initGeetest({gt:'1'}, show)</script></body>",
    "aliyun": "<script>var arg1='0123456789ABCDEF0123456789ABCDEF01234567';</script><body></body>",
    "cookie": "<script>document.cookie='a=1;path=/';location.href=location.href</script><body></body>",
    "jump": "<script>window.location.replace('https://a.example/antispider/?u=1')</script><body></body>",
    "refresh": "<meta http-equiv=refresh content='0;url=/captcha?u=1'><body></body>",
    "rate": "<body>您的请求过于频繁，请稍后再试</body>",
    "threat": "<body><h2>您的请求可能存在威胁，已被拦截</h2><p>事件编号 12</p></body>",
    "cloudflare": "<title>Attention Required! | Cloudflare</title><body><h1>Sorry, you have been blocked</h1></body>",
    "empty": "<head></head><body><div></div></body>",
}
LOGIN = {
    "title": "<title>用户登录_某网</title><body><form><input name=a></form></body>",
    "sentence": "<title>某网</title><body><p>请先登录，再查看全文</p></body>",
    "field": "<title>某网</title><body><form><input type=password></form></body>",
    "jump": "<script>location.href='https://passport.a.example/?u=1'</script><body></body>",
    "wall": f"<title>{LINK.title}</title><h1>{LINK.title}</h1><p>渡口……</p><div>登录后阅读全文</div>",
}
# No reader can read these pages either, but they are pages of the site.
OTHER = {
    "layout": f"<title>{LINK.title}</title><h1>{LINK.title}</h1><p>新船用拖动滑块的方式调速，须输入验证码启动。</p>",
    "shell": "<body><div id=app></div><noscript>请开启JavaScript</noscript><script src=/app.js></script>",
    "shell with a captcha service": "<body><div id=app></div><script src='/TCaptcha.js'></script></body>",
    "comments": f"<h1>{LINK.title}</h1><p>渡口每天七点开船。</p><div>请先登录后发表评论</div>",
    "menu": "<title>某网</title>"
    + 12 * "<a href=/x>栏目</a>"
    + "<p>账号登录</p><label>验证码：<input type=password></label>",
    "article": "<meta property='article:published_time' content='2026-03-01'><p>研究者称，人机验证已失效。</p>",
    "menu and cookies": 4 * "<a href=/x>栏目</a>"
    + "<p>内容不存在</p><script>document.cookie='a=1';location.reload()</script>",
    "scripts": "<p>内容不存在</p><script>a.cookie=b.then;c.location=d.x;e.href==f</script>",
    "deleted": "<title>提示</title><body><p>该内容已被作者删除</p></body>",
    "long": "<title>某网</title><body>" + "<p>工程师谈如何完成安全验证。</p>" * 80 + "</body>",
}


def page_of(html: str, **values: object) -> Page:
    return replace(Page(URL, f"<html>{html}</html>".encode(), headers=HTML, link=LINK), **values)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", BLOCKED)
def test_block_pages(name: str) -> None:
    assert isinstance(block_page(page_of(BLOCKED[name])), Blocked)


@pytest.mark.parametrize("name", LOGIN)
def test_login_pages(name: str) -> None:
    assert isinstance(block_page(page_of(LOGIN[name])), LoginRequired)


@pytest.mark.parametrize("name", OTHER)
def test_other_pages_without_an_article(name: str) -> None:
    assert block_page(page_of(OTHER[name])) is None


def test_short_json() -> None:
    body = json.dumps({"code": 403, "message": "访问过于频繁"}).encode()
    assert isinstance(block_page(Page(URL, body, headers={"content-type": "application/json"})), Blocked)
    body = json.dumps({"code": 0, "data": []}).encode()
    assert block_page(Page(URL, body, headers={"content-type": "application/json"})) is None


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://passport.a.example/?back=1", LoginRequired),
        ("https://a.example/sso/?u=1", LoginRequired),
        ("https://a.example/user-login.html", LoginRequired),
        ("https://a.example/captcha?u=/news/login.html", Blocked),
        ("https://waf.a.example/501", Blocked),
        ("https://b.example/news/passports-and-captchas.html", None),
    ],
)
def test_redirects(url: str, kind: type[PageError] | None) -> None:
    assert refusal_of_url(url) is kind


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("name", BLOCKED)
def test_every_source_recognizes_block_pages(source: str, name: str) -> None:
    site = SITE_KINDS[source]
    url = site.url(site.article_id(1))
    link = SOURCES[source].article_link(url)
    assert link
    with pytest.raises((Blocked, LoginRequired)):
        read_article(SOURCES[source], page_of(BLOCKED[name], url=url, link=replace(link, title=LINK.title)))


@pytest.mark.parametrize("source", [source for source in SOURCES if source != "toy"])
@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("多家平台调整验证码规则", "多家平台调整规则，短信验证码有效期改为60秒。"),
        ("拖动滑块将退出历史", "谷歌称，拖动滑块、人机验证将退出历史。"),
        ("安全验证成新赛道", "安全验证市场一季度增长12%，三家公司获投。"),
        ("某云访问异常已恢复", "某云一度访问异常，请求被拦截，公司称已恢复。"),
        ("网站登录方式更新", "登录后可查看新版首页，公司称本周起推送。"),
    ],
)
def test_every_source_stores_short_news_about_captchas(source: str, title: str, words: str) -> None:
    site = SITE_KINDS[source]
    name = site.article_id(1)
    html = article_with_text(site, words, name).replace(f"{site.title} {name}", title)
    link = SOURCES[source].article_link(site.url(name))
    assert link
    for listed in ("", title):
        page = Page(
            site.url(name), html.encode(), headers=HTML, fetched_at="2026-11-22T00:00:00+00:00",
            link=replace(link, title=listed, page_label="第A01版：头版"),
        )  # fmt: skip
        article = read_article(SOURCES[source], page)
        assert isinstance(article, Article)
        assert words[:8] in article.markdown


CAPTCHA = "<title>安全验证</title><body><div class=content><h1>安全验证</h1><p>{}</p></div></body>"
ASKS = (
    "为保障您的正常访问，系统检测到异常流量后会要求验证。请按住滑块，拖动到最右边，"
    "完成后页面将自动返回到原来的地址，如有疑问请联系客服。"
)


def test_a_captcha_that_a_reader_takes_for_an_article_is_blocked() -> None:
    url = "http://epaper.shanqiao.example/html/2026-07/18/content_500001.htm"
    link = replace(EpaperSpider.article_link(url) or LINK, page_label="第A01版：头版", title="山路上的邮车每天出发")
    with pytest.raises(Blocked):
        read_article(EpaperSpider, page_of(CAPTCHA.format(ASKS), url=url, link=link))


@pytest.mark.parametrize(("text", "is_refused"), [(ASKS, True), ("研究者回顾了三十年的历史。" * 9, False)])
def test_a_captcha_in_a_local_file_is_blocked(text: str, is_refused: bool) -> None:
    url = "2026-07-18_captcha.html"
    page = page_of(CAPTCHA.format(text), url=url, link=PaperSpider.article_link(url))
    page = replace(page, headers=HTML | {"last-modified": "Sat, 18 Jul 2026 00:00:00 GMT"})
    if is_refused:
        with pytest.raises(Blocked):
            read_article(PaperSpider, page)
    else:
        assert isinstance(read_article(PaperSpider, page), Article)


@pytest.mark.parametrize(
    ("source", "url"),
    [
        (QqSpider, "https://i.news.qq.com/web_feed/getPCList"),
        (HiborSpider, "https://www.hibor.com.cn/elitelist.html"),
        (WoshipmSpider, "https://www.woshipm.com/api2/app/article/popular/daily"),
        (EpaperSpider, "http://epaper.shanqiao.example/html/2026-07/18/node_1.htm"),
    ],
)
def test_a_captcha_instead_of_a_listing_is_blocked(source: type[QqSpider], url: str) -> None:
    html = BLOCKED["title"] + "<!--" + "x" * 4000 + "-->"
    with pytest.raises(Blocked):
        read_listing(source, page_of(html, url=url, link=None))


@pytest.mark.parametrize("body", [b"<html><p>\xe8\xaf\xb7\xe7\x99\xbb\xe5\xbd\x95", b"<html><div>"])
def test_a_truncated_page_is_not_an_error_of_the_check(body: bytes) -> None:
    with pytest.raises(PageError) as found:
        read_article(QqSpider, Page("https://new.qq.com/rain/a/20260316A01RTE00", body, headers=HTML, link=LINK))
    assert not isinstance(found.value, LayoutChanged)
