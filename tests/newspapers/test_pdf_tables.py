"""Tables of PDFs."""

from __future__ import annotations

import pytest

from tests.newspapers.typeset import Sheet, read_one, wrap

ROWS = (
    ("项目", "2023年", "2024年", "增长"),
    ("营收（亿元）", "12.5", "15.8", "26.4%"),
    ("利润", "1.2", "1.9", "58.3%"),
    ("毛利率", "20%", "22%", "2个百分点"),
    ("员工", "1,204", "1,310", "8.8%"),
)


def markdown_rows(markdown: str) -> list[list[str]]:
    lines = [line for line in markdown.splitlines() if line.startswith("|") and "---" not in line]
    return [[cell.strip().replace("\\", "") for cell in line.strip("|").split("|")] for line in lines]


def sheet_with_text(top: float, seed: int = 1, width: float = 475) -> Sheet:
    sheet = Sheet()
    sheet.say(60, 780, "山桥镇造纸行业观察", 20)
    sheet.fill(seed, [(60.0, 745.0, top + 30)], 10, 15, width)
    return sheet


@pytest.mark.parametrize("size", [7, 10, 12])
@pytest.mark.parametrize("order", ["columns", "rows", "random"])
@pytest.mark.parametrize("number", [3, 5])
def test_table_without_lines_is_a_table(size: float, order: str, number: int) -> None:
    sheet = sheet_with_text(500)
    sheet.table(ROWS[:number], (60, 200, 300, 420), 480, size, 1.6 * size)
    sheet.fill(2, [(60.0, 380.0, 100.0)], 10, 15, 475)
    sheet.end_page(order)
    article = read_one(sheet.data())
    assert markdown_rows(article.markdown) == [list(row) for row in ROWS[:number]]
    assert "营收" not in "".join(line for line in article.markdown.splitlines() if not line.startswith("|"))


def test_right_aligned_and_centered_columns() -> None:
    sheet = sheet_with_text(500)
    for number, row in enumerate(ROWS):
        for cell, right in zip(row, (150, 260, 360, 480), strict=True):
            sheet.say(right - 10 * len(cell.encode("gbk")) / 2, 480 - 15 * number, cell, 10)
    sheet.fill(2, [(60.0, 380.0, 100.0)], 10, 15, 475)
    sheet.end_page()
    assert markdown_rows(read_one(sheet.data()).markdown) == [list(row) for row in ROWS]


def test_three_line_table_and_caption() -> None:
    sheet = sheet_with_text(500)
    sheet.say(200, 498, "表1 主要指标", 9)
    for y in (492, 476, 415):
        sheet.rule(60, y, 500, y)
    sheet.table(ROWS, (60, 200, 300, 420), 480, 9, 15)
    sheet.fill(2, [(60.0, 380.0, 100.0)], 10, 15, 475)
    sheet.end_page()
    markdown = read_one(sheet.data()).markdown
    assert markdown_rows(markdown) == [list(row) for row in ROWS]
    assert "表1 主要指标\n\n" in markdown


def grid(sheet: Sheet, lefts: list[float], tops: list[float]) -> None:
    for left in lefts:
        sheet.rule(left, tops[0], left, tops[-1])
    for top in tops:
        sheet.rule(lefts[0], top, lefts[-1], top)


def test_ruled_table_with_adjacent_and_wrapped_cells() -> None:
    sheet = sheet_with_text(520)
    lefts, tops = [60.0, 140.0, 190.0, 240.0], [500.0, 482.0, 440.0, 422.0]
    grid(sheet, lefts, tops)
    rows = (("指标", "去年数值", "今年"), ("沿河两岸的造纸企业的数量", "12", "15"), ("利润", "1.2", ""))
    for row, top in zip(rows, tops, strict=False):
        for cell, left, right in zip(row, lefts, lefts[1:], strict=False):
            for number, line in enumerate(wrap(cell, 10, right - left - 4)):
                sheet.say(left + 3, top - 13 - 13 * number, line, 10)
    sheet.fill(2, [(60.0, 380.0, 100.0)], 10, 15, 475)
    sheet.end_page("rows")
    assert markdown_rows(read_one(sheet.data()).markdown) == [list(row) for row in rows]


def test_ruled_table_with_two_columns() -> None:
    sheet = sheet_with_text(520)
    grid(sheet, [60.0, 200.0, 340.0], [500.0, 482.0, 464.0])
    for number, row in enumerate((("水库", "已经蓄满"), ("纸厂", "重新开工"))):
        for cell, left in zip(row, (63, 203), strict=True):
            sheet.say(left, 487 - 18 * number, cell, 10)
    sheet.fill(2, [(60.0, 380.0, 100.0)], 10, 15, 475)
    sheet.end_page()
    assert markdown_rows(read_one(sheet.data()).markdown)[-2:] == [["水库", "已经蓄满"], ["纸厂", "重新开工"]]


def test_merged_cells() -> None:
    sheet = sheet_with_text(520)
    for y, left in ((500, 60), (482, 140), (464, 60), (446, 140), (428, 60)):
        sheet.rule(left, y, 380, y)
    for x, top in ((60, 500), (140, 500), (220, 500), (300, 482), (380, 500)):
        sheet.rule(x, top, x, 428)
    sheet.say(63, 479, "地区", 10)
    sheet.say(143, 487, "水位", 10)
    sheet.say(223, 487, "去年与今年的营收", 10)
    sheet.say(143, 469, "米", 10)
    for x, year in ((223, "2024年"), (303, "2025年")):
        sheet.say(x, 469, year, 10)
    sheet.say(63, 442, "华东", 10)
    for y, row in ((451, ("31", "4.1", "5.2")), (433, ("32", "6.1", "7.2"))):
        for x, cell in zip((143, 223, 303), row, strict=True):
            sheet.say(x, y, cell, 10)
    sheet.fill(2, [(60.0, 380.0, 100.0)], 10, 15, 475)
    sheet.end_page()
    assert markdown_rows(read_one(sheet.data()).markdown) == [
        ["地区", "水位", "去年与今年的营收", ""],
        ["地区", "米", "2024年", "2025年"],
        ["华东", "31", "4.1", "5.2"],
        ["华东", "32", "6.1", "7.2"],
    ]


@pytest.mark.parametrize("ruled", [False, True])
def test_table_that_continues_on_the_next_page_is_one(ruled: bool) -> None:
    sheet = sheet_with_text(300)
    lefts, right = (60, 200, 300, 420), 500.0
    for top, rows in ((280, ROWS[:3]), (780, (ROWS[0], *ROWS[3:]))):
        sheet.table(rows, lefts, top, 10, 18)
        if ruled:
            tops = [top + 13.0 - 18 * number for number in range(len(rows) + 1)]
            grid(sheet, [left - 3.0 for left in lefts] + [right], tops)
        if top == 280:
            sheet.say(280, 30, "- 1 -", 8)
            sheet.end_page()
    sheet.fill(2, [(60.0, 680.0, 100.0)], 10, 15, 475)
    sheet.say(280, 30, "- 2 -", 8)
    sheet.end_page()
    assert markdown_rows(read_one(sheet.data()).markdown) == [list(row) for row in ROWS]


def test_table_in_a_column() -> None:
    sheet = Sheet()
    sheet.say(60, 780, "山桥镇造纸行业观察", 20)
    sheet.fill(1, [(50.0, 745.0, 100.0)], 9, 14, 235)
    sheet.fill(2, [(310.0, 745.0, 500.0)], 9, 14, 235)
    sheet.table(ROWS, (310, 390, 450, 500), 470, 8, 14)
    sheet.fill(3, [(310.0, 380.0, 100.0)], 9, 14, 235)
    sheet.end_page("rows")
    article = read_one(sheet.data())
    assert markdown_rows(article.markdown) == [list(row) for row in ROWS]
    text = "".join(line for line in article.markdown.splitlines() if not line.startswith("|"))
    cells = {cell for row in ROWS for cell in row}
    assert "".join(text.split()) == "".join("".join(part for part in sheet.expected[1:] if part not in cells).split())


def test_table_without_lines_with_wrapped_cells() -> None:
    sheet = sheet_with_text(500)
    rows = (("企业", "业务", "营收"), ("山桥纸厂", "新闻纸与", "12.5"), ("", "包装纸", ""), ("老站物流", "邮车", "3.4"))
    sheet.table(rows, (60, 200, 330), 480, 10, 14)
    sheet.fill(2, [(60.0, 380.0, 100.0)], 10, 15, 475)
    sheet.end_page()
    assert markdown_rows(read_one(sheet.data()).markdown) == [
        ["企业", "业务", "营收"], ["山桥纸厂", "新闻纸与包装纸", "12.5"], ["老站物流", "邮车", "3.4"],
    ]  # fmt: skip


@pytest.mark.parametrize("columns", [3, 4, 5])
def test_narrow_columns_of_text_are_not_a_table(columns: int) -> None:
    sheet = Sheet()
    step = 500 / columns
    for number in range(columns):
        sheet.fill(number, [(50 + step * number, 745.0, 300.0)], 9, 14, step - 14)
    sheet.end_page("rows")
    article = read_one(sheet.data())
    assert "|" not in article.markdown
    assert "".join(article.markdown.split()) == "".join("".join(sheet.expected).split())


def test_frames_of_articles_are_not_a_table() -> None:
    sheet = Sheet()
    grid(sheet, [50.0, 300.0, 550.0], [800.0, 450.0, 100.0])
    for number, (left, top) in enumerate(((60, 780), (310, 780), (60, 430), (310, 430))):
        sheet.say(left, top, f"第{'一二三四'[number]}个家庭的故事", 16)
        sheet.fill(number, [(left, top - 30, top - 300)], 9, 14, 220)
    sheet.end_page("rows")
    article = read_one(sheet.data())
    assert "|" not in article.markdown


def test_columns_that_spaces_align() -> None:
    sheet = sheet_with_text(560)
    for number, line in enumerate(
        ("项目      2023年     2024年", "营收      12.5       15.8", "利润      1.2        1.9")
    ):
        sheet.say(60, 530 - 15 * number, line, 10)
    sheet.fill(2, [(60.0, 440.0, 200.0)], 10, 15, 475)
    sheet.end_page()
    assert markdown_rows(read_one(sheet.data()).markdown) == [
        list(row[:3]) for row in (ROWS[0], ("营收", *ROWS[1][1:]), ROWS[2])
    ]


def test_pairs_of_a_name_and_a_figure() -> None:
    sheet = sheet_with_text(560)
    rows = [["营收", "12.5亿元"], ["利润", "1.2亿元"], ["毛利率", "20%"], ["员工", "1,204人"]]
    sheet.table(rows, (60, 200), 530, 10, 15)
    sheet.fill(2, [(60.0, 440.0, 200.0)], 10, 15, 475)
    sheet.end_page()
    assert markdown_rows(read_one(sheet.data()).markdown)[-4:] == rows
