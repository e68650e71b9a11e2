"""Newspapers: addresses, the papers by name, the fields no file shows, and how days are walked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from scrapy.settings import Settings
from scrapy.spiderloader import SpiderLoader

from crawler.crawl.arguments import ArgumentError
from crawler.items import Article
from crawler.newspapers.issue import article_link, is_credit, label
from crawler.newspapers.papers import PAPERS
from crawler.newspapers.urls import article_address, page_address
from crawler.reading.read import read_article, read_listing
from crawler.recordings.cases import load_case
from crawler.spiders.epaper import EpaperSpider, of_paper
from tests.conftest import FIXTURES
from tests.support.mirror import FAST, Run, crawl
from tests.support.server import Answer, Played, play

LOADER = SpiderLoader.from_settings(Settings({"SPIDER_MODULES": ["crawler.spiders"]}))

# Addresses ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "identifier", "address"),
    [
        ("http://a.example/html/2025-02/11/content_31.htm?div=-1", "20250211-31", "html/2025-02/11/content_31.htm"),
        ("http://a.example/html/2025-02/11/content_31_7.htm#a", "20250211-31", "html/2025-02/11/content_31_7.htm"),
        ("http://a.example/x/html/2025-02/11/nw.D1x_20250211_2-01.htm", "20250211-2-01", ""),
        ("http://a.example/x/pc/content/202502/11/content_31.html", "20250211-31", ""),
        ("http://a.example/x/pc/con/202502/11/content_31.html", "20250211-31", ""),
        ("http://a.example/x/20250211/html/content_20250211001.htm", "20250211-20250211001", ""),
        ("http://a.example/x/20250211/html/page_02_content_003.htm", "20250211-page_02_content_003", ""),
        ("http://a.example/shtml/x/20250211/957587.shtml", "20250211-957587", ""),
        ("http://a.example/html/2025-02/30/content_31.htm", None, ""),
        ("http://a.example/html/2025-02/11/node_2.htm", None, ""),
        ("http://a.example/shtml/x/20250211/vA1.shtml", None, ""),
        ("http://a.example/?u=/html/2025-02/11/content_31.htm", None, ""),
        ("javascript:void(0)", None, ""),
    ],
)
def test_an_article_has_one_id_and_one_address(url: str, identifier: str | None, address: str) -> None:
    found = article_address(url)
    assert (article_link(found).id if found else None) == identifier
    if found:
        assert found.day == "2025-02-11"
        assert found.url == (f"http://a.example/{address}" if address else url)
        assert EpaperSpider.article_link(found.url) == article_link(found)


@pytest.mark.parametrize(
    ("url", "other"),
    [
        ("http://a.example/html/2025-02/11/node_187.htm?v=1", "http://a.example/html/2024-12/31/node_187.htm"),
        ("http://a.example/x/html/2025-02/11/nbs.D1x_01.htm", "http://a.example/x/html/2024-12/31/nbs.D1x_01.htm"),
        ("http://a.example/pc/layout/202502/11/node_A01.html", "http://a.example/pc/layout/202412/31/node_A01.html"),
        ("http://a.example/pc/layout/202502/11/col01.html", "http://a.example/pc/layout/202412/31/col01.html"),
        ("http://a.example/x/html/layout/202502/11/node_01.html",
         "http://a.example/x/html/layout/202412/31/node_01.html"),
        ("http://a.example/x/20250211/html/index.htm", "http://a.example/x/20241231/html/index.htm"),
        ("http://a.example/shtml/x/20250211/vA1.shtml", "http://a.example/shtml/x/20241231/vA1.shtml"),
    ],
)  # fmt: skip
def test_a_page_of_an_issue_names_that_of_every_other_day(url: str, other: str) -> None:
    found = page_address(url)
    assert found
    assert found.day == "2025-02-11"
    assert found.on("2024-12-31") == other


@pytest.mark.parametrize("url", ["http://a.example/", "http://a.example/paperindex.htm", "http://a.example/html/x.htm"])
def test_an_entry_is_no_page_of_an_issue(url: str) -> None:
    assert page_address(url) is None


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("第A02版：要闻", ("A02", "要闻")),
        ("A01： 头版", ("A01", "头版")),
        ("第 1 版：头版", ("1", "头版")),
        ("b03:体育", ("B03", "体育")),
        ("05版", ("05", "")),
        ("下一版", ("", "")),
    ],
)
def test_the_label_of_a_page_is_a_number_and_a_name(words: str, expected: tuple[str, str]) -> None:
    assert label(words) == expected


@pytest.mark.parametrize(
    ("title", "is_one"),
    [
        ("本版责编：林小满", True),
        ("版责编 林小满", True),
        ("■本版编辑 林小满 版式 周石", True),
        ("责任编辑：林小满　责任校对：周石", True),
        ("编辑：一个职业的黄昏", False),
        ("责任编辑制度进车间", False),
        ("版式的变迁", False),
        ("", False),
    ],
)
def test_credits_are_known_by_their_words(title: str, is_one: bool) -> None:
    assert is_credit(title) is is_one


# Papers by name -----------------------------------------------------------------------------------------------------


def test_every_paper_of_the_table_is_a_source() -> None:
    assert {f"epaper-{paper.name}" for paper in PAPERS} <= set(LOADER.list())
    assert len({paper.name for paper in PAPERS}) == len({paper.entry for paper in PAPERS}) == len(PAPERS)
    for paper in PAPERS:
        source = LOADER.load(f"epaper-{paper.name}")
        assert issubclass(source, EpaperSpider)
        assert source.hosts == (paper.host,)
        assert source.open_channel("newest").url == paper.entry
        assert isinstance(EpaperSpider(paper=paper.name), source)
        assert isinstance(EpaperSpider(url=paper.entry), source)


def test_an_address_belongs_to_the_paper_in_whose_folder_it_lies() -> None:
    assert EpaperSpider(url="https://epaper.gmw.cn/wzb/html/layout/202601/06/node_01.html").name == "epaper-wzb"
    assert EpaperSpider(url="https://epaper.gmw.cn/gmrb/html/2024-01/06/nbs.D110000gmrb_01.htm").name == "epaper-gmrb"
    rmrb = LOADER.load("epaper-rmrb")
    assert issubclass(rmrb, EpaperSpider)
    assert rmrb.article_link("https://paper.people.com.cn/rmrbhwb/pc/content/202601/06/content_1.html") is None
    assert rmrb.open_listing("https://paper.people.com.cn/rmrb/html/2022-03/15/nbs.D110000renmrb_01.htm")


def test_any_other_paper_is_named_after_its_host() -> None:
    spider = EpaperSpider(url="http://epaper.some-where.example/")
    assert spider.name == "epaper-epaper-some-where-example"
    assert spider.hosts == ("epaper.some-where.example",)
    assert spider.arguments.url == ()  # the paper itself, of which earlier runs may have left something
    article = "http://epaper.some-where.example/html/2025-02/11/content_1.htm"
    assert EpaperSpider(url=article).arguments.url == (article,)


@pytest.mark.parametrize(
    ("source", "typed", "said"),
    [
        ("epaper", {}, "which paper? paper=NAME (rmrb, "),
        ("epaper", {"papr": "rmrb"}, "epaper has no argument 'papr'; allowed are: paper, url, "),
        ("epaper", {"paper": "rmb"}, "there is no paper 'rmb' (rmrb is meant?); allowed are: rmrb, "),
        ("epaper", {"url": "epaper.example"}, "start with http:// or https://"),
        ("epaper", {"url": "http://[epaper/"}, "start with http:// or https://"),
        ("epaper", {"url": "http://a.example/,http://b.example/"}, "names several papers"),
        ("epaper", {"paper": "rmrb", "channel": "sport"}, "epaper-rmrb has no channel 'sport'; allowed are: newest"),
        ("epaper-rmrb", {"paper": "gmrb"}, "epaper-rmrb is a paper itself"),
        ("epaper-rmrb", {"url": "https://epaper.gmw.cn/gmrb/"}, "neither an article nor a listing of epaper-rmrb"),
        ("woshipm", {"paper": "rmrb"}, "woshipm has no argument 'paper'; allowed are: url, "),
    ],
)
def test_what_cannot_be_is_answered_with_what_is_allowed(source: str, typed: dict[str, str], said: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        LOADER.load(source)(**typed)
    assert said in str(caught.value)


# Fields that no file shows ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "author", "publisher", "reader"),
    [
        ("a-article-gbk", "记者 田野 通讯员 何苗", "山桥日报", "A"),
        ("a-article-cells", "本报记者 田野", "山桥日报", "A"),
        ("a-article-comment", "记者何苗", "山桥日报", "A"),
        ("a-article-of-another-page", "本报记者 何苗", "山桥日报", "A"),
        ("a-article-picture-news", "", "山桥日报", "A"),
        ("b-article", "记者 秦朗", "青滩晨报", "B"),
        ("b-article-author-below", "本报记者 秦朗", "青滩晨报", "B"),
        ("b-article-author-before-date", "顾小北", "青滩晨报", "B"),
        ("b-article-other-template", "苏岸", "", "B"),
        ("c-article", "通讯员陆舟 记者温岚", "", "C"),
        ("e-article", "本报记者 江岚", "", "E"),
        ("nbs-article", "", "", "nbs"),
    ],
)
def test_author_publisher_and_family(case: str, author: str, publisher: str, reader: str) -> None:
    article = read_article(EpaperSpider, load_case(FIXTURES / "epaper" / case))
    assert isinstance(article, Article)
    assert (article.author, article.publisher, article.reader) == (author, publisher, reader)


def test_a_listing_says_on_which_page_its_articles_stand() -> None:
    for case, place in {"a-page-gbk": "第A01版：头版", "b-page": "第01版：要闻", "c-page": "第01版：要闻"}.items():
        listing = read_listing(EpaperSpider, load_case(FIXTURES / "epaper" / case))
        assert {link.page_label for link in listing.links} == {place}


def test_without_the_listings_word_the_page_of_the_issue_is_asked() -> None:
    page = load_case(FIXTURES / "epaper" / "b-article-without-listing")
    request = read_article(EpaperSpider, replace(page, second_page=None))
    assert not isinstance(request, Article)
    assert page.second_page
    assert request.url == page.second_page.url


# Days ---------------------------------------------------------------------------------------------------------------

PAPER = of_paper(EpaperSpider(url="http://paper.example/").paper)
SECTIONS = {"01": "要闻", "02": "副刊"}


class Site:
    """A paper of family B with two pages of two articles each on the 6th, 8th and 9th of July."""

    def __init__(self) -> None:
        self.newest = "09"
        self.days = ["06", "08", "09"]
        self.pages = ["01", "02"]

    def answer(self, path: str, _: int) -> Answer:
        parts = path.strip("/").split("/")
        if path == "/robots.txt":
            return Answer(status=404)
        if path == "/":
            return Answer(f'<meta http-equiv=refresh content="0;URL=/pc/layout/202607/{self.newest}/node_01.html">')
        if len(parts) < 5 or parts[3] not in self.days:
            return Answer("<html>404</html>", 404)
        day, name = parts[3], parts[4].partition(".")[0].partition("_")[2]
        html = self.page(day, name) if parts[1] == "layout" else self.article(day, name)
        return Answer(f"<html><body>{html}</body></html>")

    def page(self, day: str, number: str) -> str:
        pages = [f'<a id=pageLink href="node_{other}.html">第{other}版：{SECTIONS[other]}</a>' for other in self.pages]
        folder = f"../../../content/202607/{day}"
        articles = [f'<a href="{folder}/content_{number}{article}.html">第{article}篇</a>' for article in (1, 2)]
        return "".join(pages + articles)

    def article(self, day: str, name: str) -> str:
        number = name[:2]
        return (
            f"<div class=article><h1>{day}日第{name}号</h1>"
            f"<p class=sec><span class=date>（2026年07月{day}日 第 {number} 版）</span></p>"
            f"<div id=ozoom><p>{day}日的第{name}号文章。</p></div></div>"
            f'<a href="../../../layout/202607/{day}/node_{number}.html">返回</a>'
        )


@contextmanager
def playing(site: Site) -> Iterator[Played]:
    with play(site.answer) as played:
        yield played


def run(played: Played, output: Path, *options: str) -> Run:
    del played.asked[:]
    return crawl("epaper", output, *FAST, "-a", "url=http://paper.example/", *options, environment=played.environment)


def listings(played: Played) -> list[str]:
    return [path.removeprefix("/pc/layout/202607/") for path in played.paths if "/layout/" in path]


def test_days_are_walked_from_the_newest_backwards(tmp_path: Path) -> None:
    with playing(Site()) as played:
        done = run(played, tmp_path, "-a", "since=2026-07-06", "-a", "until=2026-12-31")
    assert done.exit_code == 0
    assert sorted({name[:8] for name in done.files(PAPER.name)}) == ["20260706", "20260708", "20260709"]
    assert listings(played) == [
        "09/node_01.html", "09/node_02.html", "08/node_01.html", "08/node_02.html", "07/node_01.html",
        "06/node_01.html", "06/node_02.html",
    ]  # fmt: skip
    assert "links.new=12 links.no_issue=1" in done.log


def test_a_limit_spares_the_days_behind_it(tmp_path: Path) -> None:
    with playing(Site()) as played:
        done = run(played, tmp_path, "-a", "since=2026-07-01", "-a", "limit=2")
    assert len(done.files(PAPER.name)) == 2
    assert listings(played) == ["09/node_01.html"]


@pytest.mark.parametrize(("day", "number"), [("2026-07-08", 4), ("2026-07-07", 0)])
def test_until_alone_is_that_day(tmp_path: Path, day: str, number: int) -> None:
    with playing(Site()) as played:
        done = run(played, tmp_path, "-a", f"until={day}")
    assert done.exit_code == 0
    assert len(done.files(PAPER.name)) == number
    assert {path[:2] for path in listings(played)} == {day[-2:]}


def test_nothing_is_wrong_when_the_days_issue_is_not_there_yet(tmp_path: Path) -> None:
    with playing(Site()) as played:
        done = run(played, tmp_path, "-a", "since=2026-07-10")
    assert done.exit_code == 0
    assert listings(played) == []


def test_an_entry_that_names_an_issue_which_is_not_there_asks_for_a_look(tmp_path: Path) -> None:
    site = Site()
    site.newest = "10"
    with playing(site) as played:
        done = run(played, tmp_path)
    assert done.exit_code == 1
    assert "changed: http://paper.example/pc/layout/202607/10/node_01.html: the entry names an issue" in done.log


def test_an_issue_that_was_cut_short_by_a_limit_is_taken_up_where_it_was_left(tmp_path: Path) -> None:
    with playing(Site()) as played:
        run(played, tmp_path, "-a", "limit=2")
        done = run(played, tmp_path)
        assert len(done.files(PAPER.name)) == 4
        run(played, tmp_path)
        assert listings(played) == ["09/node_01.html"]  # its day is over, and all of it known


def test_a_rejected_page_of_an_unnamed_paper_is_tried_again_by_its_entry(tmp_path: Path) -> None:
    site = Site()
    article, site.article = site.article, lambda *_: "<p>正在更新</p>"  # type: ignore[method-assign]
    with playing(site) as played:
        assert run(played, tmp_path).exit_code == 1
        site.article = article  # type: ignore[method-assign]
        again = run(played, tmp_path, "-a", "from=rejected")
    assert again.exit_code == 0
    assert len(again.files(PAPER.name)) == 4
    assert b'page: "02"\nsection: "\xe5\x89\xaf\xe5\x88\x8a"\n' in again.files(PAPER.name)["20260709-021"]


def test_a_page_keeps_its_place_when_it_is_looked_at_again(tmp_path: Path) -> None:
    with playing(Site()) as played:
        before = run(played, tmp_path).files(PAPER.name)
        assert b'page: "02"\nsection: "\xe5\x89\xaf\xe5\x88\x8a"\n' in before["20260709-021"]
        again = run(played, tmp_path, "-a", "refresh=10000")
    assert again.files(PAPER.name) == before
    assert "articles.unchanged=4" in again.log
