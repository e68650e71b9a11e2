"""Running headers, footers, page numbers and watermarks of PDFs."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.newspapers.typeset import FONT, Sheet, prose, read_one

TITLE = "水库满了以后的山桥镇"


def pages(number: int, decorate: Callable[[Sheet, int], None], size: float = 10) -> tuple[str, str]:
    """Return the body of a PDF with *number* decorated pages, and the text that was typeset; without white space."""
    sheet = Sheet()
    for page in range(number):
        decorate(sheet, page)
        if page == 0:
            sheet.say(60, 750, TITLE, 20)
        sheet.fill(page, [(60.0, 710.0, 70.0)], size, 1.5 * size, 475)
        sheet.end_page("rows")
    article = read_one(sheet.data())
    assert article.title == TITLE
    return "".join(article.markdown.split()).replace("\\", ""), "".join("".join(sheet.expected[1:]).split())


NUMBERS = (
    "- {} -",
    "第{}版",
    "A0{}",
    "{} / 4",
    "{}",
    "第 {} 页",
    "第{}页 共4页",
    "Page {} of 4",
    "· {} ·",
    "—{}—",
    "P{}",
)


@pytest.mark.parametrize("form", NUMBERS)
@pytest.mark.parametrize("count", [1, 2, 4])
@pytest.mark.parametrize("y", [35, 805])
def test_page_numbers_are_left_out(form: str, count: int, y: float) -> None:
    def decorate(sheet: Sheet, page: int) -> None:
        sheet.say(280, y, form.format(page + 1), 9, expected=False)

    found, expected = pages(count, decorate)
    assert found == expected


@pytest.mark.parametrize("count", [2, 3, 5])
def test_headers_that_alternate_are_left_out(count: int) -> None:
    def decorate(sheet: Sheet, page: int) -> None:
        if page % 2:
            sheet.say(60, 800, f"{page + 1}", 9, expected=False)
            sheet.say(400, 800, "山桥日报年度报告", 9, expected=False)
        else:
            sheet.say(60, 800, "第三章 造纸行业", 9, expected=False)
            sheet.say(520, 800, f"{page + 1}", 9, expected=False)
        sheet.say(60, 36, "请务必阅读正文之后的免责声明", 8, expected=False)
        sheet.say(60, 26, "山桥证券研究所", 8, expected=False)

    found, expected = pages(count, decorate)
    assert found == expected


@pytest.mark.parametrize("size", [7, 10, 12])
def test_header_with_section_date_and_number_is_left_out(size: float) -> None:
    sections = ("要闻", "财经", "文化·副刊", "体育")

    def decorate(sheet: Sheet, page: int) -> None:
        sheet.say(60, 800, f"A0{page + 1} {sections[page]}", size, expected=False)
        sheet.say(230, 800, "2025年2月11日 星期二", size, expected=False)
        sheet.say(430, 800, "责编 王山 美编 李桥", size, expected=False)

    found, expected = pages(4, decorate)
    assert re.sub("责编.*?李桥", "", found) == expected


@pytest.mark.parametrize("name", ["要闻", "财经周刊"])
def test_header_of_a_single_page_is_left_out(name: str) -> None:
    def decorate(sheet: Sheet, page: int) -> None:
        sheet.say(60, 805, f"A03 {name}", 9, expected=False)

    found, expected = pages(1, decorate)
    assert found == expected


def test_page_of_the_header_is_the_page_of_the_article() -> None:
    sheet = Sheet()
    sheet.say(60, 805, "第A03版：要闻", 9)
    sheet.say(60, 750, TITLE, 20)
    sheet.flow(prose(1, 6), [(60.0, 700.0, 70.0)], 10, 15, 475)
    sheet.end_page()
    article = read_one(sheet.data())
    assert (article.title, article.page) == (TITLE, "A03")


def test_equal_lines_within_the_text_are_kept() -> None:
    sheet = Sheet()
    for page in range(3):
        sheet.say(60, 750, f"{page + 1}. 第{'一二三'[page]}次谈判的经过与结果", 10)
        sheet.fill(page, [(60.0, 720.0, 70.0)], 10, 15, 475)
        sheet.end_page()
    article = read_one(sheet.data())
    assert all(f"第{number}次谈判" in article.title + article.markdown for number in "一二三")


def inclined(sheet: Sheet, text: str, x: float, y: float, size: float, angle: float, gray: float) -> None:
    sheet.canvas.saveState()
    sheet.canvas.translate(x, y)
    sheet.canvas.rotate(angle)
    sheet.canvas.setFillGray(gray)
    sheet.canvas.setFont(FONT, size)
    sheet.canvas.drawString(0, 0, text)
    sheet.canvas.restoreState()


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(
    ("size", "angle", "gray"),
    [(60, 45, 0.8), (60, 30, 0.0), (90, 0, 0.85), (60, 0, 0.5), (50, -45, 0.9), (12, 45, 0.7)],
)
def test_watermarks_are_left_out(size: float, angle: float, gray: float, count: int) -> None:
    def decorate(sheet: Sheet, page: int) -> None:
        inclined(sheet, "内部资料 CONFIDENTIAL"[: 4 if size > 60 else 17], 100, 400, size, angle, gray)

    found, expected = pages(count, decorate)
    assert found == expected


def test_tiles_of_a_light_watermark_are_left_out() -> None:
    def decorate(sheet: Sheet, page: int) -> None:
        for x in (80, 230, 380):
            for y in (150, 350, 550):
                inclined(sheet, "山桥日报", x, y + 4, 14, 0, 0.85)

    found, expected = pages(2, decorate)
    assert found == expected


def test_sideways_margin_text_of_all_pages_is_left_out() -> None:
    def decorate(sheet: Sheet, page: int) -> None:
        inclined(sheet, "证券研究报告", 30, 400, 12, 90, 0.0)

    found, expected = pages(3, decorate)
    assert found == expected


def test_white_headline_on_a_bar_is_kept() -> None:
    sheet = Sheet()
    sheet.canvas.setFillGray(0.2)
    sheet.canvas.rect(50, 735, 495, 45, fill=1)
    sheet.canvas.setFillGray(1)
    sheet.canvas.setFont(FONT, 24)
    sheet.canvas.drawString(60, 750, TITLE)
    sheet.canvas.setFillGray(0)
    sheet.flow(prose(3, 8), [(60.0, 700.0, 70.0)], 10, 15, 475)
    sheet.end_page()
    assert read_one(sheet.data()).title == TITLE


def test_masthead_with_date_and_imprint_is_left_out() -> None:
    sheet = Sheet()
    sheet.say(60, 790, "山桥日报", 36)
    sheet.say(300, 800, "2025年2月11日 星期二", 9)
    sheet.say(300, 786, "国内统一刊号CN 00-0001 第12345期", 9)
    sheet.say(60, 735, TITLE, 26)
    sheet.fill(1, [(60.0, 700.0, 100.0), (310.0, 700.0, 100.0)], 9, 14, 225)
    sheet.end_page()
    article = read_one(sheet.data())
    assert article.title == TITLE
    assert "".join(article.markdown.split()) == "".join("".join(sheet.expected[4:]).split())


def test_jump_line_is_text() -> None:
    sheet = Sheet()
    sheet.say(60, 780, TITLE, 20)
    sheet.fill(1, [(60.0, 745.0, 300.0)], 10, 15, 475)
    sheet.say(60, 250, "（下转第三版）", 9)
    sheet.end_page()
    article = read_one(sheet.data())
    assert article.markdown.endswith("（下转第三版）")
    assert article.page == ""
