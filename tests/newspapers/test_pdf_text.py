"""Lines, headlines and letters of PDFs."""

from __future__ import annotations

import pytest
from reportlab.pdfbase.pdfmetrics import stringWidth

from crawler.newspapers.radicals import to_letters
from tests.newspapers.typeset import FONT, Sheet, prose, read_one

TITLE = "水库满了以后的山桥镇"


def text_of(*lines: tuple[float, float, str, float], order: str = "columns", font: str = FONT) -> str:
    """Return the body of a page with these lines (x, y, text, size) below a headline."""
    sheet = Sheet()
    sheet.say(60, 780, TITLE, 20)
    for x, y, text, size in lines:
        sheet.say(x, y, text, size, font)
    sheet.end_page(order)
    return read_one(sheet.data()).markdown


def test_ligatures_and_radicals_are_ordinary_letters() -> None:
    markdown = text_of((60, 740, "该公司的 oﬃcial proﬁt 与 ﬂuﬀy ⽔库⻓⾥，⻔⼾⻅⻰，⾦⼭。", 10))
    assert markdown == "该公司的 official profit 与 fluffy 水库长里，门户见龙，金山。"


def test_letters_of_every_block() -> None:
    for start, end in ((0x2E80, 0x2EF4), (0x2F00, 0x2FD6), (0xFB00, 0xFB07), (0xF900, 0xFA0E)):
        for code in range(start, end):
            letters = to_letters(chr(code))
            assert code in (0x2E80, 0x2E9A) or not any(start <= ord(letter) < end for letter in letters), hex(code)
    assert to_letters("，（Ａ１）℃①") == "，（Ａ１）℃①"


@pytest.mark.parametrize("order", ["columns", "rows"])
@pytest.mark.parametrize("size", [18, 24, 40])
def test_headline_of_several_lines_is_one(size: float, order: str) -> None:
    sheet = Sheet()
    for number, (line, x) in enumerate((("水库满了以后", 160), ("山桥镇的纸厂", 150), ("与农户怎么办", 170))):
        sheet.say(x, 780 - 1.25 * size * number, line, size)
    sheet.fill(1, [(60.0, 640.0, 100.0)], 10, 15, 475)
    sheet.end_page(order)
    article = read_one(sheet.data())
    assert article.title == "水库满了以后山桥镇的纸厂与农户怎么办"
    assert "".join(article.markdown.split()) == "".join("".join(sheet.expected[3:]).split())


def test_headline_of_several_lines_in_columns() -> None:
    sheet = Sheet()
    sheet.say(60, 780, "水库满了以后，", 28)
    sheet.say(60, 745, "农户怎么办？", 28)
    sheet.fill(1, [(60.0, 700.0, 100.0), (310.0, 700.0, 100.0)], 9, 14, 225)
    sheet.end_page("rows")
    assert read_one(sheet.data()).title == "水库满了以后，农户怎么办？"


def test_english_headline_of_several_lines_keeps_its_spaces() -> None:
    sheet = Sheet()
    sheet.say(60, 780, "OpenWell measures the", 24, "Helvetica-Bold")
    sheet.say(60, 750, "water of 36 valleys", 24, "Helvetica-Bold")
    sheet.fill(1, [(60.0, 700.0, 100.0)], 10, 15, 475)
    sheet.end_page()
    assert read_one(sheet.data()).title == "OpenWell measures the water of 36 valleys"


def test_kicker_and_subhead_are_separate_from_the_headline() -> None:
    sheet = Sheet()
    sheet.say(60, 790, "十年来第一次蓄满", 14)
    sheet.say(60, 755, "水库满了以后", 28)
    sheet.say(60, 720, "纸厂重新开工", 28)
    sheet.say(60, 690, "——山桥镇的三天", 14)
    sheet.fill(1, [(60.0, 660.0, 100.0)], 10, 15, 475)
    sheet.end_page()
    article = read_one(sheet.data())
    assert article.title == "水库满了以后纸厂重新开工"
    assert (article.pretitle, article.subtitle) == ("十年来第一次蓄满", "——山桥镇的三天")
    assert "".join(article.markdown.split()) == "".join("".join(sheet.expected[4:]).split())


def test_section_headings_are_not_subheads() -> None:
    sheet = Sheet()
    sheet.say(60, 780, TITLE, 24)
    for number, heading in enumerate(("纸厂重新开工", "农户不必再等", "图书馆的新书")):
        sheet.say(60, 740 - 200 * number, heading, 13)
        sheet.fill(number, [(60.0, 715.0 - 200 * number, 600.0 - 200 * number)], 10, 15, 475)
    sheet.end_page()
    article = read_one(sheet.data())
    assert article.subtitle == ""
    assert all(f"{heading}\n---" in article.markdown for heading in ("纸厂重新开工", "农户不必再等", "图书馆的新书"))


@pytest.mark.parametrize("order", ["columns", "rows", "random"])
@pytest.mark.parametrize("capital", ["水", "D"])
def test_drop_capital_begins_the_paragraph(capital: str, order: str) -> None:
    lines = ["库在三月里蓄满了水，镇上的人说，这是十年来的第一", "次，河边的纸厂因此又能开工，而下游的农户也不必再",
             "等雨，他们可以提前两周插秧，这在山桥镇是一件大事。图", "书馆延长了开放时间。"]  # fmt: skip
    markdown = text_of(
        (60, 706, capital, 38), (100, 728, lines[0], 10), (100, 713, lines[1], 10),
        (60, 698, lines[2], 10), (60, 683, lines[3], 10), order=order,
    )  # fmt: skip
    assert markdown == capital + "".join(lines)


def test_spaces_are_kept() -> None:
    assert text_of((60, 740, "王山  李桥　张河在 2025 年 2 月开了 OpenWell 的会。", 10)) == (
        "王山 李桥 张河在 2025 年 2 月开了 OpenWell 的会。"
    )
    english = [(60 + x, 740, word, 10) for x, word in ((0, "The"), (24, "water"), (55, "of"), (70, "2025."))]
    assert text_of(*english, font="Helvetica") == "The water of 2025."


def test_wide_spaces_of_justified_text() -> None:
    rows = (
        "The river is high and the paper mill works again",
        "this year as before and nobody in the village has",
        "seen so much water for a decade while farmers who",
        "wait below hope that rain will come in the spring",
    )
    lines = []
    for number, row in enumerate(rows):
        words = row.split()
        rest = 290 - sum(stringWidth(word, "Times-Roman", 10) for word in words)
        x = 60.0
        for word in words:
            lines.append((x, 740.0 - 15 * number, word, 10.0))
            x += stringWidth(word, "Times-Roman", 10) + rest / (len(words) - 1)
    assert text_of(*lines, (60, 680, "season.", 10), font="Times-Roman") == f"{' '.join(rows)} season."


def test_justified_chinese_with_wide_gaps() -> None:
    lines = [
        (60 + 13 * number, 740 - 16 * row, char, 10)
        for row in range(4)
        for number, char in enumerate("水库在三月里蓄满了水，镇上的人说这是十年来的第一次啊")
    ]
    assert text_of(*lines, (60, 676, "大家都很高兴。", 10)).count(" ") == 0


@pytest.mark.parametrize(
    ("first", "second", "joined"),
    [
        ("the new measure-", "ments of the water", "the new measurements of the water"),
        ("a state-of-the-", "art machine works", "a state-of-the-art machine works"),
        ("from Open-", "Well came news of", "from Open-Well came news of"),
        ("between 2024-", "2025 the water was", "between 2024-2025 the water was"),
        ("the new machine", "works every day", "the new machine works every day"),
        ("see the measure\u00ad", "ments of the water", "see the measurements of the water"),
    ],
)
def test_words_across_lines(first: str, second: str, joined: str) -> None:
    assert text_of((60, 740, first, 10), (60, 725, second, 10), (60, 710, "in the end.", 10), font="Helvetica") == (
        f"{joined} in the end."
    )


def test_mixed_words_across_lines() -> None:
    lines = (
        "　　水库管理处的 OpenWell 小组在山桥镇用",
        "Python 写的程序测量了 36 处水位，每 10 分钟记录",
        "一次，数据占 95% 以上。",
    )
    markdown = text_of(*((60, 740 - 15 * number, line, 10) for number, line in enumerate(lines)))
    assert (
        markdown
        == "水库管理处的 OpenWell 小组在山桥镇用 Python 写的程序测量了 36 处水位，每 10 分钟记录一次，数据占 95% 以上。"
    )


@pytest.mark.parametrize("angle", [0, 90, 180, 270])
@pytest.mark.parametrize("is_drawn_so", [False, True])
def test_rotated_pages(angle: int, is_drawn_so: bool) -> None:
    sheet = Sheet(842, 842)
    if angle and is_drawn_so:  # the text is drawn sideways, and the page is rotated until it is upright
        sheet.canvas.translate(842 * (angle in (180, 90)), 842 * (angle in (180, 270)))
        sheet.canvas.rotate(angle)
    sheet.canvas.setPageRotation(angle)
    sheet.say(60, 780, TITLE, 20)
    sheet.fill(1, [(60.0, 740.0, 500.0), (320.0, 740.0, 500.0)], 10, 15, 230)
    sheet.end_page("rows")
    article = read_one(sheet.data())
    assert article.title == TITLE
    assert "".join(article.markdown.split()) == "".join("".join(sheet.expected[1:]).split())


def test_bold_that_is_drawn_twice_is_read_once() -> None:
    sheet = Sheet()
    for shift in (0, 0.3):
        sheet.say(60 + shift, 780, TITLE, 20)
        sheet.say(60 + shift, 740, "河边的纸厂因此又能开工了。", 10)
    sheet.flow(prose(2, 3), [(60.0, 700.0, 100.0)], 10, 15, 475)
    sheet.end_page()
    article = read_one(sheet.data())
    assert article.title == TITLE
    assert article.markdown.startswith("河边的纸厂因此又能开工了。\n\n")


def test_superscripts_stay_in_their_line() -> None:
    markdown = text_of((60, 740, "水库在三月里蓄满了水", 10), (160, 744, "①", 6), (166, 740, "，镇上的人说。", 10))
    assert markdown == "水库在三月里蓄满了水①，镇上的人说。"


def test_letterspaced_headline_has_no_spaces() -> None:
    sheet = Sheet()
    for number, char in enumerate("水库满了以后"):
        sheet.say(80 + 60 * number, 780, char, 30)
    sheet.fill(1, [(60.0, 740.0, 300.0)], 10, 15, 475)
    sheet.end_page()
    assert read_one(sheet.data()).title == "水库满了以后"


def test_characters_and_spaces_that_are_drawn_one_by_one() -> None:
    """The font is neither embedded nor, on most machines, installed: single characters have no extent for PDFium."""
    sheet = Sheet()
    sheet.say(60, 780, TITLE, 20)
    for line, (text, gap) in enumerate((("水 库 满 了 以 后，", 6.0), ("OpenWell opened the gate", 0.0))):
        x = 60.0
        for char in text:
            sheet.say(x, 740 - 15 * line, char, 10, expected=False)
            x += gap if gap and char == " " else stringWidth(char, FONT, 10)
    sheet.end_page()
    assert read_one(sheet.data()).markdown == "水库满了以后，OpenWell opened the gate"


@pytest.mark.parametrize("x", [60, 520])
def test_vertical_headline(x: float) -> None:
    sheet = Sheet()
    for number, char in enumerate("水库满了以后"):
        sheet.say(x, 760 - 34 * number, char, 28, expected=False)
    left = 110.0 if x == 60 else 60.0
    sheet.fill(1, [(left, 775.0, 300.0), (left + 230, 775.0, 300.0)], 9, 14, 210)
    sheet.end_page("rows")
    article = read_one(sheet.data())
    assert article.title == "水库满了以后"
    assert "".join(article.markdown.split()) == "".join("".join(sheet.expected).split())
