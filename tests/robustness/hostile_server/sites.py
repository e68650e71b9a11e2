"""The sites of the sources: a listing, and articles derived from a recorded page."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

from tests.robustness.hostile_server.faults import Fault
from tests.support.flaky_server import wire
from tests.support.server import Answer

FIXTURES = Path(__file__).parents[2] / "fixtures"


@dataclass(frozen=True)
class SiteKind:
    """The pages of one source: a listing, and articles with the id, title and text of *page* replaced."""

    source: str
    listing_path: str
    article_url: str  # template with {id}
    recorded_id: str  # id of the article in *page*
    title: str  # title of the article in *page*
    page: str  # HTML of an article, recorded or written here
    render_listing: Callable[[Mapping[str, str]], str]  # {URL: title} -> body of the listing
    options: tuple[str, ...] = ()  # options of `scrapy crawl`
    listing_type: str = "text/html; charset=utf-8"  # Content-Type of the listing
    first_words: str = ""  # words in the body of *page*, to which the id is added

    def article_id(self, number: int) -> str:
        """Return the id of article *number*."""
        return self.recorded_id[: len(self.recorded_id) - 5] + f"{number:05d}"

    def file_stem(self, article_id: str) -> str:
        """Return the name of the corpus file of an article, without suffix."""
        return f"20260718-{article_id}" if self.source.startswith("epaper") else article_id

    def url(self, article_id: str) -> str:
        return self.article_url.format(id=article_id)

    def path(self, article_id: str) -> str:
        return urlsplit(self.url(article_id)).path

    def article(self, article_id: str) -> str:
        """Return the page of an article, with its id in title and text."""
        page = self.page.replace(self.recorded_id, article_id)
        page = page.replace(self.title, f"{self.title} {article_id}")
        return page.replace(self.first_words, f"{self.first_words} {article_id} ", 1)

    def listing(self, article_ids: Sequence[str]) -> str:
        return self.render_listing({self.url(article_id): f"{self.title} {article_id}" for article_id in article_ids})


def _html_listing(item: str, page: str) -> Callable[[Mapping[str, str]], str]:
    """Return a function that renders a listing. *item* is a template with {url} and {title}, *page* one with %s."""

    def render(titles: Mapping[str, str]) -> str:
        return page % "".join(item.format(url=url, title=title) for url, title in titles.items())

    return render


def _feed(titles: Mapping[str, str]) -> str:
    rows = [
        {"id": url.rpartition("/")[2], "title": title, "articletype": "0", "publish_time": "2026-03-16 07:52:18",
         "link_info": {"url": url}}
        for url, title in titles.items()
    ]  # fmt: skip
    return json.dumps({"code": 0, "data": rows})


def _recorded(source: str, case: str) -> str:
    return (FIXTURES / source / case / "page.html").read_text(encoding="utf-8")


TOY = SiteKind(
    source="toy",
    listing_path="/news",
    article_url="http://toy.example/a/{id}.html",
    recorded_id="a00000",
    title="仓库里的叉车",
    page="<html><head><title>仓库里的叉车</title></head><body><h1>仓库里的叉车</h1><time>2025-02-11</time>"
    "<article><p>订单回升。</p></article></body></html>",
    render_listing=_html_listing('<li><a href="{url}">{title}</a></li>', "<html><body><ul>%s</ul></body></html>"),
    options=("-s", "SPIDER_MODULES=tests.support.toy"),
    first_words="订单回升。",
)
SITE_KINDS = {kind.source: kind for kind in (
    TOY,
    SiteKind(
        source="qq",
        listing_path="/web_feed/getPCList",
        article_url="https://new.qq.com/rain/a/{id}",
        recorded_id="20260316A01RTE00",
        title="仓库里的叉车不再按喇叭：临川粮油一季度净利预增",
        page=_recorded("qq", "g4-dom"),
        render_listing=_feed,
        options=("-a", "channel=tech", "-a", "pages=1"),
        listing_type="application/json",
        first_words="临川粮油一季度",
    ),
    SiteKind(
        source="hibor",
        listing_path="/elitelist.html",
        article_url="https://www.hibor.com.cn/data/{id}.html",
        recorded_id="eaa43e4b28cbfc9419a230efed0cc6a6",
        title="秋季投资策略：在分化中寻找确定性",
        page=_recorded("hibor", "inline"),
        render_listing=_html_listing(
            '<tr class="trContent"><td></td><td><a href="{url}">云杉证券-{title}-260901</a></td>'
            "<td>2026-09-01 20:11:48</td></tr>",
            "<html><body><table>%s</table><span>下一页</span></body></html>",
        ),
        first_words="回顾：三季度以来",
    ),
    SiteKind(
        source="iyiou",
        listing_path="/news",
        article_url="https://www.iyiou.com/analysis/{id}",
        recorded_id="202503181099088",
        title="储能的第二个十年：从“装上去”到“用起来”",
        page=_recorded("iyiou", "page-analysis"),
        render_listing=_html_listing(
            '<div class="info-item"><a class="webTitleShow" href="{url}">{title}</a></div>',
            '<html><title>资讯_亿欧</title><body>%s<a class="more" href="/news?page=9">x</a></body></html>',
        ),
        first_words="",
    ),
    SiteKind(
        source="woshipm",
        listing_path="/",
        article_url="https://www.woshipm.com/ai/{id}.html",
        recorded_id="9410273",
        title="把 AI 客服请下神坛：一家记账软件的 90 天",
        page=_recorded("woshipm", "article-content"),
        render_listing=_html_listing(
            '<article class="postlist-item"><h2><a href="{url}">{title}</a></h2></article>',
            "<html><body><template v-if=\"homeTab == 'all'\">%s</template></body></html>",
        ),
        options=("-a", "pages=1"),
        first_words="",
    ),
    SiteKind(
        source="epaper-epaper.shanqiao.example",
        listing_path="/html/2026-07/18/node_1.htm",
        article_url="http://epaper.shanqiao.example/html/2026-07/18/content_{id}.htm",
        recorded_id="500000",
        title="山路上的邮车",
        page="<html><head><meta charset=utf-8><title>山桥日报</title></head><body>"
        "<founder-title>山路上的邮车</founder-title>"
        "<div><a href=node_1.htm>第A01版：头版</a><founder-content><P>邮车每天七点出发。</P></founder-content></div>"
        "</body></html>",
        render_listing=_html_listing(
            "<li><a href={url}>{title}</a></li>", "<html><a href=node_1.htm>第A01版：头版</a>%s</html>"
        ),
        options=("-a", "url=http://epaper.shanqiao.example/html/2026-07/18/node_1.htm"),
        first_words="邮车每天",
    ),
)}  # fmt: skip


@dataclass
class Site:
    """A site of *kind*, for `play`.

    Its listing links to the articles in *fault_of*: id -> name of the fault in *faults*, "" for a good page.
    """

    kind: SiteKind
    fault_of: Mapping[str, str]
    faults: Mapping[str, Fault]
    robots: Answer | None = None  # response to a request for robots.txt; None: 404

    def __call__(self, path: str, number: int) -> Answer:
        if path == "/robots.txt":
            return self.robots or Answer("", 404)
        if path == self.kind.listing_path:
            article_ids = list(self.fault_of) if number == 1 else []
            return Answer(self.kind.listing(article_ids), headers={"Content-Type": self.kind.listing_type})
        if path.startswith("/hop/"):  # a chain of redirects, see `redirect_chain`
            article_id, _, hops = path.removeprefix("/hop/").partition("/")
            target = f"/hop/{article_id}/{int(hops) - 1}" if int(hops) else self.kind.url(article_id) + "?end"
            return Answer(raw=wire(b"", "302 Found", Location=target))
        article_id = next((article_id for article_id in self.fault_of if self.kind.path(article_id) == path), "")
        if not article_id:
            return Answer("not found", 404)
        page, fault = self.kind.article(article_id).encode(), self.fault_of[article_id]
        return self.faults[fault](page, self.kind.url(article_id)) if fault else Answer(raw=wire(page))


def site_with_faults(kind: SiteKind, faults: Mapping[str, Fault], good: int = 5) -> tuple[Site, dict[str, str]]:
    """Return a site with one article for each of *faults* and *good* good articles, and the fault of each article."""
    article_ids = [kind.article_id(number) for number in range(len(faults) + good)]
    names = [*faults, *[""] * good]
    Random(1).shuffle(names)  # a sequence of faults that look like block pages would end the run
    fault_of = dict(zip(article_ids, names, strict=True))
    return Site(kind, fault_of, faults), fault_of
