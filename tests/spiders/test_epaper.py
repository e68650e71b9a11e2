"""Newspapers: the classes of named newspapers, fields that no fixture shows, and crawls of several days."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from scrapy.settings import Settings
from scrapy.spiderloader import SpiderLoader

from crawler.crawl.arguments import ArgumentError
from crawler.items import Article
from crawler.reading.read import read_article, read_listing
from crawler.recordings.cases import load_case
from crawler.spiders import epaper
from crawler.spiders.epaper import EpaperSpider, known_papers
from tests.conftest import FIXTURES
from tests.support.mirror import FAST, Run, crawl
from tests.support.server import Answer, Played, play

SPIDERS = Path(epaper.__file__).parent
LOADER = SpiderLoader.from_settings(Settings({"SPIDER_MODULES": ["crawler.spiders"]}))

# Newspapers and their arguments -------------------------------------------------------------------------------------


def test_every_newspaper_is_a_source() -> None:
    papers = known_papers()
    assert len(papers) == len({paper.entry for paper in papers.values()}) >= 60
    assert len({paper.title for paper in papers.values()}) == len(papers)
    for name, paper in papers.items():
        assert paper.name == f"epaper-{name}"
        assert LOADER.load(paper.name) is paper
        assert paper.hosts == (urlsplit(paper.entry).hostname,)
        assert paper.open_channel("newest").url == paper.entry
        assert isinstance(EpaperSpider(paper=name), paper)
        assert isinstance(EpaperSpider(url=paper.entry), paper)
    assert LOADER.load("epaper") is EpaperSpider
    assert EpaperSpider.schedule == ""


def test_only_newspapers_with_a_seen_entry_are_scheduled() -> None:
    lines = [
        line for file in SPIDERS.glob("papers*.py")
        for line in file.read_text(encoding="utf-8").splitlines()
    ]  # fmt: skip
    seen = {line.split('"')[1]: "# SEEN;" in line for line in lines if line.startswith("    entry = ")}
    papers = known_papers().values()
    assert {paper.entry: bool(paper.schedule) for paper in papers} == seen
    assert 10 < sum(seen.values()) < 30


def test_pages_of_the_list_belong_to_the_newspapers(shared: Path) -> None:
    rows = [line.split("\t") for line in (shared / "newspapers.tsv").read_text(encoding="utf-8").splitlines()[1:]]
    pages = {name: url for name, url, _ in reversed(rows)}
    inferred = [paper for paper in known_papers().values() if not paper.schedule and paper.title in pages]
    assert len(inferred) > 40
    for paper in inferred:
        url = pages[paper.title]
        assert paper.has_url(url), url
        assert [other for other in known_papers().values() if other.has_url(url)] == [paper]


def test_newspapers_on_one_host_are_distinguished_by_path() -> None:
    assert EpaperSpider(url="https://epaper.gmw.cn/wzb/html/layout/202601/06/node_01.html").name == "epaper-wzb"
    assert EpaperSpider(url="https://epaper.gmw.cn/gmrb/html/2024-01/06/nbs.D110000gmrb_01.htm").name == "epaper-gmrb"
    rmrb = LOADER.load("epaper-rmrb")
    assert issubclass(rmrb, EpaperSpider)
    assert rmrb.article_link("https://paper.people.com.cn/rmrbhwb/pc/content/202601/06/content_1.html") is None
    assert rmrb.open_listing("https://paper.people.com.cn/rmrb/html/2022-03/15/nbs.D110000renmrb_01.htm")


def test_unknown_newspaper_is_named_after_its_host() -> None:
    spider = EpaperSpider(url="http://epaper.some-where.example/")
    assert spider.name == "epaper-some-where-example"
    assert spider.hosts == ("epaper.some-where.example",)
    assert spider.arguments.url == ()  # a run of the whole newspaper
    article = "http://epaper.some-where.example/html/2025-02/11/content_1.htm"
    assert EpaperSpider(url=article).arguments.url == (article,)


def test_port_of_the_entry_is_allowed() -> None:
    spider = EpaperSpider(url="http://60.1.2.3:8888/epaper/")
    assert spider.name == "epaper-60-1-2-3-8888"
    assert spider.hosts == ("60.1.2.3", "60.1.2.3:8888")
    article = "epaper/html/2025-02/11/content_1.htm"
    assert spider.article_link(f"http://60.1.2.3:8888/{article}")
    assert spider.article_link(f"http://60.1.2.3/{article}")
    assert spider.article_link(f"http://60.1.2.3:8889/{article}") is None
    assert spider.article_link(f"http://60.1.2.4:8888/{article}") is None
    assert EpaperSpider(url="http://60.1.2.3:80/").hosts == ("60.1.2.3",)
    with pytest.raises(ArgumentError, match="belongs to several newspapers"):
        EpaperSpider(url="http://60.1.2.3:81/,http://60.1.2.3:92/")


@pytest.mark.parametrize(
    ("source", "arguments", "message"),
    [
        ("epaper", {}, "no newspaper: pass paper=NAME (rmrb, "),
        ("epaper", {"papr": "rmrb"}, "epaper has no argument 'papr'; allowed are: paper, url, "),
        ("epaper", {"paper": "rmb"}, "unknown newspaper 'rmb' (did you mean rmrb?); allowed are: rmrb, "),
        ("epaper", {"url": "epaper.example"}, "start with http:// or https://"),
        ("epaper", {"url": "http://[epaper/"}, "start with http:// or https://"),
        ("epaper", {"url": "http://a.example/,http://b.example/"}, "belongs to several newspapers"),
        ("epaper", {"paper": "rmrb", "channel": "sport"}, "epaper-rmrb has no channel 'sport'; allowed are: newest"),
        ("epaper-rmrb", {"paper": "gmrb"}, "epaper-rmrb is a single newspaper"),
        ("epaper-rmrb", {"url": "https://epaper.gmw.cn/gmrb/"}, "neither an article nor a listing of epaper-rmrb"),
        ("woshipm", {"paper": "rmrb"}, "woshipm has no argument 'paper'; allowed are: url, "),
    ],
)
def test_invalid_arguments_are_rejected(source: str, arguments: dict[str, str], message: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        LOADER.load(source)(**arguments)
    assert message in str(caught.value)


# Fields that no fixture shows ---------------------------------------------------------------------------------------


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


def test_links_of_a_listing_have_its_page_label() -> None:
    for case, label in {"a-page-gbk": "第A01版：头版", "b-page": "第01版：要闻", "c-page": "第01版：要闻"}.items():
        listing = read_listing(EpaperSpider, load_case(FIXTURES / "epaper" / case))
        assert {link.page_label for link in listing.links} == {label}


def test_page_of_the_issue_is_requested_without_a_page_label() -> None:
    page = load_case(FIXTURES / "epaper" / "b-article-without-listing")
    request = read_article(EpaperSpider, replace(page, second_page=None))
    assert not isinstance(request, Article)
    assert page.second_page
    assert request.url == page.second_page.url


# Days ---------------------------------------------------------------------------------------------------------------

SOURCE = EpaperSpider(url="http://paper.example/").name
SECTIONS = {"01": "要闻", "02": "副刊"}


class Site:
    """A newspaper of family B with two pages of two articles each on the 6th, 8th and 9th of July."""

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


def test_days_are_crawled_from_the_newest_backwards(tmp_path: Path) -> None:
    with playing(Site()) as played:
        done = run(played, tmp_path, "-a", "since=2026-07-06", "-a", "until=2026-12-31")
    assert done.exit_code == 0
    assert sorted({name[:8] for name in done.files(SOURCE)}) == ["20260706", "20260708", "20260709"]
    assert listings(played) == [
        "09/node_01.html", "09/node_02.html", "08/node_01.html", "08/node_02.html", "07/node_01.html",
        "06/node_01.html", "06/node_02.html",
    ]  # fmt: skip
    assert "links.new=12 links.no_issue=1" in done.log


def test_limit_ends_the_crawl_before_older_days(tmp_path: Path) -> None:
    with playing(Site()) as played:
        done = run(played, tmp_path, "-a", "since=2026-07-01", "-a", "limit=2")
    assert len(done.files(SOURCE)) == 2
    assert listings(played) == ["09/node_01.html"]


@pytest.mark.parametrize(("day", "number"), [("2026-07-08", 4), ("2026-07-07", 0)])
def test_until_without_since_is_a_single_day(tmp_path: Path, day: str, number: int) -> None:
    with playing(Site()) as played:
        done = run(played, tmp_path, "-a", f"until={day}")
    assert done.exit_code == 0
    assert len(done.files(SOURCE)) == number
    assert {path[:2] for path in listings(played)} == {day[-2:]}


def test_missing_issue_of_a_future_day_is_not_an_error(tmp_path: Path) -> None:
    with playing(Site()) as played:
        done = run(played, tmp_path, "-a", "since=2026-07-10")
    assert done.exit_code == 0
    assert listings(played) == []


def test_missing_issue_that_the_entry_links_to_is_an_error(tmp_path: Path) -> None:
    site = Site()
    site.newest = "10"
    with playing(site) as played:
        done = run(played, tmp_path)
    assert done.exit_code == 1
    assert (
        "changed: http://paper.example/pc/layout/202607/10/node_01.html: the entry page links to an issue" in done.log
    )


def test_next_run_completes_an_issue_after_a_limit(tmp_path: Path) -> None:
    with playing(Site()) as played:
        run(played, tmp_path, "-a", "limit=2")
        done = run(played, tmp_path)
        assert len(done.files(SOURCE)) == 4
        run(played, tmp_path)
        assert listings(played) == ["09/node_01.html", "09/node_02.html"]  # the newest issue may still grow


def test_issue_is_complete_when_a_later_one_has_appeared(tmp_path: Path) -> None:
    with playing(Site()) as played:
        run(played, tmp_path, "-a", "since=2026-07-08")
        done = run(played, tmp_path, "-a", "since=2026-07-08", "-a", "until=2026-07-08")
        assert listings(played) == ["08/node_01.html"]
    assert len(done.files(SOURCE)) == 8


def test_issue_that_grows_during_its_day_is_completed_by_the_next_run(tmp_path: Path) -> None:
    site = Site()
    site.pages = ["01"]
    with playing(site) as played:
        assert len(run(played, tmp_path).files(SOURCE)) == 2
        site.pages = ["01", "02"]
        assert len(run(played, tmp_path).files(SOURCE)) == 4


def test_rejected_page_of_an_unknown_newspaper_is_retried_by_its_entry(tmp_path: Path) -> None:
    site = Site()
    article, site.article = site.article, lambda *_: "<p>正在更新</p>"  # type: ignore[method-assign]
    with playing(site) as played:
        assert run(played, tmp_path).exit_code == 1
        site.article = article  # type: ignore[method-assign]
        again = run(played, tmp_path, "-a", "from=rejected")
    assert again.exit_code == 0
    assert len(again.files(SOURCE)) == 4
    assert b'page: "02"\nsection: "\xe5\x89\xaf\xe5\x88\x8a"\n' in again.files(SOURCE)["20260709-021"]


def test_refreshed_articles_keep_page_and_section(tmp_path: Path) -> None:
    with playing(Site()) as played:
        before = run(played, tmp_path).files(SOURCE)
        assert b'page: "02"\nsection: "\xe5\x89\xaf\xe5\x88\x8a"\n' in before["20260709-021"]
        again = run(played, tmp_path, "-a", "refresh=10000")
    assert again.files(SOURCE) == before
    assert "articles.unchanged=4" in again.log
