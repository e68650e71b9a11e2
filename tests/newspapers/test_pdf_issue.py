"""A whole issue of a newspaper as one PDF."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawler.layouts import hugo
from crawler.spiders.paper import PaperSpider
from tests.newspapers.typeset import Sheet, prose, read_articles, read_one
from tests.support.mirror import crawl

HEADS = ("水库满了", "纸厂开工", "邮车改道", "图书馆搬家", "车站修钟", "农户插秧", "堤坝加高")


def head(number: int) -> str:
    return f"{HEADS[number % 7]}之后的第{number + 1}天"


def issue(pages: int, label: str = "第A{:02}版：要闻", columns: int = 3, size: float = 26) -> Sheet:
    sheet = Sheet(780, 1080)
    width = 680 / columns - 15
    for page in range(pages):
        if label:
            sheet.say(50, 1050, label.format(page + 1), 10)
            sheet.say(600, 1050, "山桥日报 2025年2月11日", 10)
        sheet.say(50, 1000, head(page), size + page % 3)
        sheet.fill(page, [(50 + 680 / columns * n, 960.0, 500.0) for n in range(columns)], 9, 14, width)
        sheet.end_page("rows")
    return sheet


@pytest.mark.parametrize(
    ("pages", "label", "columns"),
    [pytest.param(40, "第A{:02}版：要闻", 3, marks=pytest.mark.slow), (6, "", 1), (2, "{}版", 2), (5, "- {} -", 4)],
)
def test_each_page_of_an_issue_is_an_article(pages: int, label: str, columns: int) -> None:
    articles = read_articles(issue(pages, label, columns).data())
    assert [article.title for article in articles] == [head(number) for number in range(pages)]
    assert [article.id for article in articles[:2]] == ["20250211-a-pdf-p01", "20250211-a-pdf-p02"]
    assert articles[1].url == "2025-02-11_a.pdf#page=2"
    if label.startswith("第A"):
        assert [article.page for article in articles] == [f"A{number + 1:02}" for number in range(pages)]
    assert all(len(article.markdown) > 300 for article in articles)
    assert not any("山桥日报" in article.markdown for article in articles)


def two_articles(sheet: Sheet, page: int, ruled: bool = True) -> None:
    sheet.say(50, 1050, f"A0{page + 1} 要闻", 10)
    sheet.say(50, 1000, head(2 * page), 28)
    sheet.fill(2 * page, [(50 + 230 * n, 960.0, 580.0) for n in range(3)], 9, 14, 215)
    if ruled:
        sheet.rule(50, 560, 730, 560)
    sheet.say(50, 540, "来自山桥镇的报道", 13)
    sheet.say(50, 510, head(2 * page + 1), 24)
    sheet.fill(2 * page + 1, [(50 + 230 * n, 470.0, 80.0) for n in range(3)], 9, 14, 215)
    sheet.end_page("rows")


def test_articles_that_rules_separate_are_separate() -> None:
    sheet = Sheet(780, 1080)
    for page in range(4):
        two_articles(sheet, page)
    articles = read_articles(sheet.data())
    assert [article.title for article in articles] == [head(number) for number in range(8)]
    assert [article.id[-5:] for article in articles[:2]] == ["p01-1", "p01-2"]
    assert articles[1].url.endswith("#page=1&article=2")
    assert {article.pretitle for article in articles[1::2]} == {"来自山桥镇的报道"}
    letters = ["".join(article.markdown.split()) for article in articles]
    assert sum(map(len, letters)) == sum(len("".join(text.split())) for text in sheet.expected) - sum(
        len("".join(text.split())) for text in sheet.expected if text.startswith(("A0", "来自")) or "之后的第" in text
    )


def test_articles_without_rules_are_one() -> None:
    sheet = Sheet(780, 1080)
    for page in range(3):
        two_articles(sheet, page, ruled=False)
    articles = read_articles(sheet.data())
    assert [article.title for article in articles] == [head(2 * page) for page in range(3)]
    assert head(1) in articles[0].markdown


def test_articles_beside_a_vertical_rule() -> None:
    sheet = Sheet(780, 1080)
    for page in range(3):
        sheet.say(50, 1000, head(2 * page), 28)
        sheet.fill(2 * page, [(50.0, 960.0, 80.0), (280.0, 960.0, 80.0)], 9, 14, 215)
        sheet.rule(505, 1030, 505, 60)
        sheet.say(515, 1000, head(2 * page + 1), 20)
        sheet.fill(2 * page + 1, [(515.0, 960.0, 80.0)], 9, 14, 215)
        sheet.end_page("rows")
    assert [article.title for article in read_articles(sheet.data())] == [head(number) for number in range(6)]


def test_report_of_several_pages_is_one_article() -> None:
    sheet = Sheet()
    for page in range(4):
        if page == 0:
            sheet.say(60, 780, "山桥镇造纸行业年度报告", 26)
        sheet.say(60, 740, f"{'一二三四'[page]}、{HEADS[page]}", 15)
        sheet.fill(page, [(60.0, 710.0, 80.0)], 10, 15, 475)
        sheet.say(280, 40, f"第{page + 1}页", 9)
        sheet.end_page()
    article = read_one(sheet.data())
    assert article.title == "山桥镇造纸行业年度报告"
    assert all(f"、{name}\n-" in article.markdown for name in HEADS[:4])


def test_page_without_headline_continues_the_article_before_it() -> None:
    sheet = Sheet(780, 1080)
    text = prose(50, 60)
    for page in range(4):
        if page != 2:
            sheet.say(50, 1000, head(page), 28)
        top = 960.0 if page != 2 else 1000.0
        words = "".join(text[10 * page : 10 * page + 10])
        columns = [(50 + 230 * n, top, 80.0) for n in range(3)]
        sheet.flow([words[: 700 if page == 1 else 600]], columns, 9, 14, 215, indent="" if page == 2 else "　　")
        sheet.end_page()
    articles = read_articles(sheet.data())
    assert [article.title for article in articles] == [head(0), head(1), head(3)]


def test_page_of_an_issue_without_headline_has_its_own_name(tmp_path: Path) -> None:
    sheet = Sheet(780, 1080)
    for page in range(4):
        if page != 3:
            sheet.say(50, 1000, head(page), 28)
        sheet.fill(page, [(50 + 230 * n, 960.0, 500.0) for n in range(3)], 9, 14, 215)
        sheet.end_page()
    (tmp_path / "2025-02-11_山桥日报.pdf").write_bytes(sheet.data())
    run = crawl("paper", tmp_path / "output", "-a", f"path={tmp_path / '2025-02-11_山桥日报.pdf'}")
    assert run.exit_code == 0
    files = {name: hugo.load(text.decode())[0]["title"] for name, text in run.files("paper").items()}
    assert sorted(files.values()) == sorted([head(0), head(1), head(2), "山桥日报 p04"])
    assert "articles.unchanged=4" in crawl("paper", tmp_path / "output", "-a", f"path={tmp_path}").log


@pytest.mark.parametrize(
    ("url", "id_"),
    [("a.pdf#page=3", "a-pdf-p03"), ("x/2025-02-05_A.pdf#page=12&article=2", "x/20250205-A-pdf-p12-2"),
     ("a.pdf", "a-pdf")],
)  # fmt: skip
def test_ids_of_articles(url: str, id_: str) -> None:
    link = PaperSpider.article_link(url)
    assert link
    assert (link.id, link.url) == (id_, url)


@pytest.mark.parametrize("url", ["a.pdf#x", "a.pdf#page=", "a.pdf#page=1&x=2"])
def test_other_fragments_are_not_links(url: str) -> None:
    assert PaperSpider.article_link(url) is None
