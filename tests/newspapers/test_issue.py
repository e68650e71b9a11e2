"""Pages of an issue: lists of pages and articles, labels, reading guides."""

from __future__ import annotations

import pytest

from crawler.newspapers.issue import articles_of, label_of, pages_of
from crawler.newspapers.labels import parse_label
from crawler.newspapers.links import is_button
from crawler.newspapers.urls import parse_page_url
from crawler.reading.page import Page


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("第A02版：要闻", ("A02", "要闻")),
        ("A01： 头版", ("A01", "头版")),
        ("第 1 版：头版", ("1", "头版")),
        ("b03:体育", ("B03", "体育")),
        ("05版", ("05", "")),
        ("第一版：要闻", ("1", "要闻")),
        ("第十二版 副刊", ("12", "副刊")),
        ("第二十版", ("20", "")),
        ("下一版", ("", "")),
        ("上一版", ("", "")),
    ],
)
def test_parse_label(label: str, expected: tuple[str, str]) -> None:
    assert parse_label(label) == expected


FOLDER = "http://epaper.example/html/2026-07/18/"
LIST = '<ul><li><a href="node_1.htm">第01版：头版</a></li><li><a href="node_2.htm">第02版：要闻</a></li></ul>'
TWO = '<li><a href="content_1.htm">渡口的灯</a></li><li><a href="content_2.htm">桥上的雾</a></li>'


def page_of(html: str, file: str = "node_1.htm") -> Page:
    return Page(FOLDER + file, f"<html><body>{html}</body></html>".encode())


def pages(html: str, file: str = "node_1.htm") -> dict[str, str]:
    page = page_of(html, file)
    issue = parse_page_url(page.url)
    assert issue
    return {url.removeprefix(FOLDER): label for url, label in pages_of(page, issue).items()}


def label(html: str, file: str = "node_1.htm") -> tuple[str, str]:
    page = page_of(html, file)
    issue = parse_page_url(page.url)
    assert issue
    return parse_label(label_of(page, issue))


def articles(html: str, file: str = "node_1.htm") -> dict[str, tuple[str, str]]:
    page = page_of(html, file)
    issue = parse_page_url(page.url)
    assert issue
    found = articles_of(page, issue).values()
    return {link.url.removeprefix(FOLDER): (link.title, parse_label(link.page_label)[1]) for link in found}


BOTH = {"node_1.htm": "第01版：头版", "node_2.htm": "第02版：要闻"}


@pytest.mark.parametrize(
    "html",
    [
        LIST,
        LIST + '<a href="node_3.htm">下一版</a><a href="node_9.htm">末页</a>',
        LIST + '<a href="node_3.htm"><img src="next.gif" alt="下一版"></a>',
        LIST + """<a onclick="location.href='node_3.htm'">后一版</a>""",
        "<select>"
        '<option value="node_1.htm">第01版：头版</option><option value="node_2.htm">第02版：要闻</option></select>',
        '<div data-href="node_1.htm">第01版：头版</div><div data-href="node_2.htm">第02版：要闻</div>',
        """<td onclick="location.href='node_1.htm'">第01版：头版</td>"""
        """<td onclick="window.open('node_2.htm')">第02版：要闻</td>""",
        '<a href="node_1.htm"><img src="1.jpg" title="第01版：头版"></a>'
        '<a href="node_2.htm"><img src="2.jpg" alt="第02版：要闻"></a>',
    ],
)
def test_list_of_pages(html: str) -> None:
    assert pages(html) == BOTH


def test_numbers_and_names_in_links_of_their_own() -> None:
    assert pages("<a href=node_1.htm>01</a>:<a href=node_1.htm>头版</a><a href=node_2.htm>A2 要闻</a>") == {
        "node_1.htm": "01版：头版",
        "node_2.htm": "A2版：要闻",
    }


def test_buttons_lead_on_if_there_is_no_list_of_pages() -> None:
    assert list(pages('<a href="node_2.htm">下一版</a>')) == ["node_2.htm"]
    assert list(pages('<a href="node_1.htm">第01版：头版</a><a href="node_2.htm">下一版</a>')) == [
        "node_1.htm",
        "node_2.htm",
    ]


@pytest.mark.parametrize(
    "caption", ["下一版", "<< 上一版", "[返回目录]", "后一期", "PDF下载", "版面导航", ">>", "返回首页"]
)
def test_buttons(caption: str) -> None:
    assert is_button(caption)


@pytest.mark.parametrize(
    "caption", ["第01版：头版", "头版", "下一站", "返回故乡的人们", "01", "放大镜里的春天", "目录学"]
)
def test_titles_are_not_buttons(caption: str) -> None:
    assert not is_button(caption)


@pytest.mark.parametrize(
    "html",
    [
        '<table><tr><td class="x1">第02版：要闻</td></tr></table>',
        "<table><tr><td>第02版：</td><td>要闻</td></tr></table>",
        "<table><tr><td><b>第02版</b></td><td><strong>要闻</strong></td></tr></table>",
        '<table><tr><td width="50%">【02版】 要闻</td></tr></table>',
        "<table><tr><td>第二版：要闻</td></tr></table>",
        '<a href="node_2.htm">02版</a><table><tr><td>第02版：要闻</td></tr></table>',
    ],
)
def test_section_in_a_cell_of_any_class(html: str) -> None:
    others = (
        '<table><tr><td><a href="node_1.htm">第01版：头版</a></td><td><a href="node_3.htm">03版</a></td></tr></table>'
    )
    number, name = label(others + html, "node_2.htm")
    assert (number.lstrip("0"), name) == ("2", "要闻")


def test_text_of_an_article_is_not_a_label() -> None:
    html = (
        LIST + "<table><tr><td>第05版：要闻里的那篇文章，写的是三十年前的第06版：副刊，编辑至今记得。</td></tr></table>"
    )
    assert label(html) == ("01", "头版")


@pytest.mark.parametrize(
    "guide",
    [
        '<div><h3>今日导读</h3><ul><li><a href="content_9.htm">山里的邮车</a></li></ul></div>',
        '<h3>导读</h3><p><a href="content_9.htm">山里的邮车</a></p><h3>本版新闻</h3>',
        '<table><tr><td>【导读】</td></tr><tr><td><a href="content_9.htm">山里的邮车</a></td></tr></table>',
        '<table><tr><td>要闻导读</td><td><a href="content_9.htm">山里的邮车</a></td></tr></table>',
        '<dl><dt>本报导读</dt><dd><a href="content_9.htm">山里的邮车</a></dd><dd><a href="content_8.htm">井</a></dd>'
        "</dl>",
    ],
)
def test_reading_guide_is_not_a_list_of_articles(guide: str) -> None:
    expected = {"content_1.htm": ("渡口的灯", "头版"), "content_2.htm": ("桥上的雾", "头版")}
    assert articles(f"{LIST}{guide}<ul>{TWO}</ul>") == expected
    assert articles(f"{LIST}<ul>{TWO}</ul>{guide}") == expected


@pytest.mark.parametrize(
    "html",
    [
        LIST + f"<h3>本版导读</h3><ul>{TWO}</ul>",  # the list of this page
        LIST.replace("头版", "导读") + f"<h3>导读</h3><ul>{TWO}</ul>",  # the name of this page
        f"<h3>导读</h3><ul>{TWO}</ul>",  # the only list of an issue without a list of pages
        LIST + f"<ul>{TWO}<li>导读：怎样读一本旧书</li></ul>",
        LIST + '<map><area href="content_1.htm" title="渡口的灯"><area href="content_2.htm" alt="桥上的雾"></map>',
        LIST + "<table><tr data-url=content_1.htm><td>1</td><td>渡口的灯</td></tr>"
        "<tr data-url=content_2.htm><td>2</td><td>· 桥上的雾</td></tr></table>",
        LIST + '<ul><li><a href="content_1.htm">■ 渡口的灯</a></li><li><a href="content_2.htm">全文</a>'
        '<a href="content_2.htm">桥上的雾</a></li></ul>',
    ],
)
def test_lists_of_articles(html: str) -> None:
    found = articles(html)
    assert {file: title for file, (title, _) in found.items()} == {
        "content_1.htm": "渡口的灯",
        "content_2.htm": "桥上的雾",
    }


def test_page_that_lists_the_whole_issue() -> None:
    html = (
        '<h4><a href="node_1.htm">第01版：头版</a></h4><p><a href="content_1.htm">渡口的灯</a></p>'
        '<h4><a href="node_2.htm">第02版：要闻</a></h4><p><a href="content_2.htm">桥上的雾</a></p>'
    )
    assert articles(html) == {"content_1.htm": ("渡口的灯", "头版"), "content_2.htm": ("桥上的雾", "要闻")}
