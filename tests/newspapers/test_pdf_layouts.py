"""Reading order: six newspaper layouts are typeset, read, and compared with their text."""

from __future__ import annotations

from collections.abc import Callable
from difflib import SequenceMatcher

import pytest

from crawler.newspapers.pdf import read_pdf
from tests.newspapers.typeset import Sheet, prose

SHARE = 0.98  # of the characters, in order


def broadsheet() -> Sheet:
    """Five narrow columns below a headline of two lines, with a kicker, a subhead and column rules."""
    sheet = Sheet(1100, 1600)
    sheet.say(60, 1540, "山桥日报", 40, expected=False)
    sheet.say(800, 1540, "2025年2月5日 星期三 A01", 11, expected=False)
    sheet.rule(60, 1520, 1040, 1520)
    sheet.say(60, 1480, "十年来第一次蓄满 下游可以提前插秧", 18)
    sheet.say(60, 1430, "水库满了之后，纸厂与农户", 40)
    sheet.say(60, 1380, "都在等一场新的谈判", 40)
    sheet.say(60, 1345, "记者走访山桥镇三天，见到了两位站长", 16)
    columns = [(60 + 200 * number, 1310.0, 700.0) for number in range(5)]
    for left, _, _ in columns[1:]:
        sheet.rule(left - 13, 1320, left - 13, 700)
    sheet.fill(1, columns, size=10, leading=15, width=175)
    sheet.end_page("columns")
    return sheet


def stacked_articles() -> Sheet:
    """Two articles of three columns, one below the other, with the same gutters; the second headline is short."""
    sheet = Sheet(800, 1100)
    sheet.say(50, 1030, "镇上的图书馆搬进了老车站", 28)
    sheet.fill(2, [(50 + 240 * number, 990.0, 610.0) for number in range(3)], width=215)
    sheet.rule(50, 590, 750, 590)
    sheet.say(50, 550, "邮车改走新路", 24)
    sheet.fill(3, [(50 + 240 * number, 515.0, 100.0) for number in range(3)], width=215)
    sheet.end_page("rows")
    return sheet


def sidebar() -> Sheet:
    """Two columns of text, and a framed column at the right over the full height."""
    sheet = Sheet(700, 950)
    sheet.say(40, 880, "纸厂重新开工以后", 30)
    sheet.fill(4, [(40.0, 840.0, 400.0), (250.0, 840.0, 400.0)], width=190)
    sheet.say(40, 360, "河水清了，鱼也回来了", 22)
    sheet.fill(5, [(40.0, 325.0, 60.0), (250.0, 325.0, 60.0)], width=190)
    sheet.canvas.rect(460, 50, 210, 850)
    sheet.say(475, 870, "三问水位", 18)
    sheet.fill(6, [(475.0, 840.0, 60.0)], size=9, width=180)
    sheet.end_page("random")
    return sheet


def narrow_gutters() -> Sheet:
    """Four columns with rules in narrow gutters, subheads within the columns, drawn across the page."""
    sheet = Sheet(780, 1080)
    sheet.say(40, 1010, "水位线上的四个家庭", 32)
    lefts = [40 + 178 * number for number in range(4)]
    for number, left in enumerate(lefts):
        if number:
            sheet.rule(left - 5, 975, left - 5, 60, 0.4)
        sheet.fill(10 + number, [(left, 970.0, 540.0)], width=168, justify=True)
        sheet.say(left, 500, ("堤上的人家", "船上的人家", "山上的人家", "镇上的人家")[number], 13)
        sheet.fill(20 + number, [(left, 475.0, 60.0)], width=168, justify=True)
    sheet.end_page("rows")
    return sheet


def report() -> Sheet:
    """Three pages of one column with running headers, page numbers, a table, and sentences across pages."""
    sheet = Sheet()
    sheet.say(60, 760, "一季度山桥镇造纸行业观察", 22)
    table = (("项目", "2023年", "2024年", "2025年"), ("营收", "12.5", "15.8", "17.0"), ("利润", "1.2", "1.9", "2.4"))
    text = prose(30, 14, 9)
    pages = (text[:5], text[5:10], text[10:])
    for number, part in enumerate(pages, 1):
        sheet.say(60, 800, "行业研究 | 造纸", 8, expected=False)
        sheet.flow(part, [(60.0, 720.0, 100.0)], size=11, leading=17, width=470)
        if number == 2:
            sheet.table(table, (60, 180, 300, 420), 180, size=10)
        sheet.say(280, 40, f"- {number} -", 8, expected=False)
        sheet.end_page("rows")
    return sheet


def mixed() -> Sheet:
    """A picture between the columns of a justified article with Latin words, a caption, credits, and a brief below."""
    sheet = Sheet(650, 900)
    sheet.say(40, 830, "OpenWell 小组在 36 处测量水位", 26)
    sheet.fill(40, [(40.0, 795.0, 420.0)], width=270, justify=True, size=10, leading=15)
    sheet.fill(41, [(340.0, 600.0, 420.0)], width=270, justify=True, size=10, leading=15)
    sheet.canvas.rect(340, 640, 270, 160, fill=1)
    sheet.expected.insert(6, "清晨的水库堤坝")
    sheet.say(340, 625, "清晨的水库堤坝", 8, expected=False)
    sheet.rule(40, 400, 610, 400)
    sheet.say(40, 370, "简讯：老车站的钟修好了", 18)
    sheet.fill(42, [(40.0, 340.0, 80.0), (340.0, 340.0, 80.0)], width=270, size=10, leading=15)
    sheet.end_page("columns")
    return sheet


LAYOUTS = (broadsheet, stacked_articles, sidebar, narrow_gutters, report, mixed)


def letters(text: str) -> str:
    return "".join(text.split())


def share_in_order(expected: str, found: str) -> float:
    """Return the share of the characters of *expected* that *found* has in the same order, less what it adds."""
    blocks = SequenceMatcher(None, expected, found, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks) / max(len(expected), len(found))


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.__name__)
def test_layout_is_read_in_order(layout: Callable[[], Sheet], record_property: Callable[[str, object], None]) -> None:
    sheet = layout()
    document = read_pdf(sheet.data())
    found = "".join(part.text + "".join(map("".join, part.rows)) for part in document.paragraphs)
    share = share_in_order(letters("".join(sheet.expected)), letters(found))
    record_property("share", round(share, 4))
    assert share >= SHARE
