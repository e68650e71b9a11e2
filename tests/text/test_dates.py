"""Parsing of dates and times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.text.dates import BEIJING, beijing, beijing_after, day_of_id, is_exact, read_date
from tests.support.cpu_time import within

NOW = "2025-02-11T14:17:09+00:00"  # 22:17:09 in Beijing


@pytest.mark.parametrize(
    ("page", "corpus"),
    [
        ("2025-02-05 17:39:11", "2025-02-05 17:39:11"),
        ("发布于 2025/2/5 7:39", "2025-02-05 07:39:00"),
        ("2025年2月5日", "2025-02-05"),
        ("日期：2025-02-05", "2025-02-05"),
        ("20250205", "2025-02-05"),
        ("2/5/2025, 05:39:11 PM", "2025-02-05 17:39:11"),
        ("2/5/2025, 5:39:11\u202fPM", "2025-02-05 17:39:11"),  # Chrome since version 110
        (1738748351, "2025-02-05 17:39:11"),
        ("1738748351000", "2025-02-05 17:39:11"),
        ("1738748351.25", "2025-02-05 17:39:11"),
        ("/Date(1738748351000)/", "2025-02-05 17:39:11"),
        ("/Date(1738748351000+0800)/", "2025-02-05 17:39:11"),
        (r"\/Date(1738748351000-0500)\/", "2025-02-05 17:39:11"),
        ("2025-02-05 17:39:11 CST", "2025-02-05 17:39:11"),
        ("2025-02-05 09:00 -5℃", "2025-02-05 09:00:00"),
        ("2025-02-05 17:39 Zhang", "2025-02-05 17:39:00"),
        ("2024-02-29", "2024-02-29"),
        ("2014-02-0517:39", "2014-02-05 17:39:00"),  # the texts of two elements
        ("二〇二五年二月十五日", "2025-02-15"),
        ("二零二五年十二月三十一日 22:17", "2025-12-31 22:17:00"),
        ("2025-02-11、2025-02-12", "2025-02-11"),
        ("2025-02-11 至 2025-02-13", "2025-02-11"),
    ],
)
def test_beijing_reads_a_time_without_zone_as_beijing_time(page: str | int, corpus: str) -> None:
    assert beijing(page) == corpus


@pytest.mark.parametrize(
    ("clock", "corpus"),
    [
        ("10:17 PM", "22:17:00"),
        ("10:17 pm", "22:17:00"),
        ("10:17:09 p.m.", "22:17:09"),
        ("10:17:09pm", "22:17:09"),
        ("PM 10:17", "22:17:00"),
        ("12:05 am", "00:05:00"),
        ("12:05 PM", "12:05:00"),
        ("0:05 am", "00:05:00"),
        ("22:17 PM", "22:17:00"),
        ("上午12:05", "00:05:00"),
        ("上午9:05", "09:05:00"),
        ("早上7点", "07:00:00"),
        ("凌晨12:05", "00:05:00"),
        ("凌晨 1:05", "01:05:00"),
        ("中午12:05", "12:05:00"),
        ("中午1:05", "13:05:00"),
        ("中午11:30", "11:30:00"),
        ("下午10:17", "22:17:00"),
        ("下午12:05", "12:05:00"),
        ("下午 22:17", "22:17:00"),
        ("傍晚6时", "18:00:00"),
        ("晚10:17", "22:17:00"),
        ("晚上 10 点 17 分", "22:17:00"),
        ("晚间10点半", "22:30:00"),
        ("下午3点一刻", "15:15:00"),
        ("22点整", "22:00:00"),
        ("22时17分", "22:17:00"),
        ("22时17分09秒", "22:17:09"),
        ("22時17分", "22:17:00"),
        ("22：17：09", "22:17:09"),
        ("２２：１７", "22:17:00"),
        ("22∶17", "22:17:00"),
        ("9:05", "09:05:00"),
        ("22:17:09.123", "22:17:09"),
        ("22:17:09,2025-02-12 08:00", "22:17:09"),
        ("22:17 来源：测试", "22:17:00"),
        ("10:17 P. M.", "22:17:00"),
        ("10.17pm", "22:17:00"),
        ("夜10:17", "22:17:00"),
        ("早间7:05", "07:05:00"),
        ("午间12:05", "12:05:00"),
        ("午前10:17", "10:17:00"),
        ("午後10:17", "22:17:00"),
    ],
)
def test_beijing_reads_a_time_of_day(clock: str, corpus: str) -> None:
    assert beijing(f"2025-02-11 {clock}") == beijing(f"2025年2月11日{clock}") == f"2025-02-11 {corpus}"


@pytest.mark.parametrize(
    "gap",
    [
        " ", "  ", "\n", "\t", "\xa0", "\u3000", "\u2003", " \u200b", ", ", "，", " | ", "｜", "_", "-", " - ",
        " – ", "T", " at ", "·",
        " · ", " 周二 ", "(周二) ", "（周二）", "　星期二　", " 星期二", " Tuesday, ", " Tue ", " / ", "[星期二]",
        "（二）", " (二) ", " @ ", ": ", "：", "；", " ▪ ", " ● ",
        " 时间：", " 北京时间 ", " 火曜日 ", " 星期二 农历正月十四 ",
    ],
)  # fmt: skip
def test_beijing_reads_a_time_after_a_gap(gap: str) -> None:
    assert beijing(f"2025-02-11{gap}22:17") == "2025-02-11 22:17:00"


@pytest.mark.parametrize(
    "page",
    [
        "20250211221709", "发布时间：20250211221709", "20250211T221709", "2025 年 2 月 11 日 22:17:09",
        "２０２５年２月１１日　２２：１７：０９", "2025.02.11 22:17:09", "2025/02/11 22:17:09", "2025‐02‐11 22:17:09",
        "Feb 11, 2025 10:17:09 PM", "February 11th, 2025 at 10:17:09 p.m.", "Feb. 11 2025, 22:17:09",
        "11 February 2025 22:17:09",
        "11 Feb, 2025 22:17:09", "11-Feb-2025 22:17:09", "Tue, 11 Feb 2025 22:17:09 +0800",
        "Tue, 11 Feb 25 22:17:09 +0800",
        "Tue, 11 Feb 2025 22:17:09 CST", "Tuesday, 11-Feb-25 14:17:09 GMT", "Tue Feb 11 22:17:09 CST 2025",
        "Tue Feb 11 22:17:09 +0800 2025", "Tue Feb 11 22:17:09 2025", "Tue Feb 11 14:17:09 UTC 2025",
        "Tue Feb 11 2025 22:17:09 GMT+0800 (中国标准时间)", "2/11/2025, 10:17:09 PM", "D:20250211221709",
        "D:20250211221709+08'00'",
        "D:20250211141709Z", "D:20250211141709Z00'00'", "D:20250211221709+08'00",
        "2025-02-11T22:17:09+08:00[Asia/Shanghai]",
        "2025-02-11T22:17:09.123456789+08:00", "2025-02-11T22:17:09,5+0800", "2025-02-11T22:17:09.1+08",
        "20250211T141709Z",
        "20250211T221709+0800",
        "2025 02/11 22:17:09", "202502/1122:17:09",  # the year in an element of its own
        "下午10:17:09 2025-02-11", "10:17:09 PM, Feb 11, 2025", "10:17:09 p.m. on Tuesday, 11 February 2025",
    ],
)  # fmt: skip
def test_beijing_reads_each_form_to_the_second(page: str) -> None:
    assert beijing(page) == "2025-02-11 22:17:09"


@pytest.mark.parametrize(
    "page",
    [
        "2025-02-05T17:39:11Z",
        "2025-02-05T17:39:11+00:00",
        "2025-02-05 12:39:11 -0500",
        "2025-02-05T12:39:11-05",
        "Wed, 05 Feb 2025 17:39:11 +0000",
        "Wed, 05 Feb 2025 17:39:11 -0000",
        "Wed, 05 Feb 2025 12:39:11 EST",
        "2025-02-05t17:39:11z",
        "2025-02-05 17:39:11+00",
        "2025-02-05 17:39:11 UTC",
        "2025-02-05 18:39:11 GMT+1",
        "2025-02-05 09:09:11 UTC-08:30",
        "2025-02-06 01:39:11 GMT+0800",
        "2025-02-06T01:39:11.000+08:00",
        "2025-02-06 01:39:11 (CST)",
        "2025-02-05 5:39:11 PM GMT",
    ],
)
def test_beijing_converts_a_time_with_zone(page: str) -> None:
    assert beijing(page) == "2025-02-06 01:39:11"


@pytest.mark.parametrize(
    "page",
    [
        "2025-02-11 25:00:00",
        "2025-02-11 24:00:00",
        "2025-02-11 22:61",
        "2025-02-11T17:39:11+99:99",
        "2025-02-11 09:00-18:00",  # opening hours
        "2025-02-11 09:00-12:00",
        "2025-02-11 09:00~12:00",
        "2025-02-11 09:00 至 12:00",
        "2025-02-11 晚上12:05",  # at which end of the day?
        "2025-02-11 晚1:30",
        "2025-02-11 22时许",
        "2025年2月11日 来源：测试 22:17",
    ],
)
def test_unreadable_time_gives_the_day_alone_and_is_noted(page: str) -> None:
    assert read_date(page) == ("2025-02-11", False, True)


@pytest.mark.parametrize(
    "page", ["2025-02-11", "2025-02-11 阅读 317", "2025-02-11 3点看法", "2025-02-11 点赞", "第3点"]
)
def test_text_without_a_time_has_no_unread_time(page: str) -> None:
    assert not read_date(page).has_unread_time


@pytest.mark.parametrize(
    "page",
    [
        "",
        None,
        True,
        "2024-02-30",
        "2024年2月30日 10:00",
        "Feb 30, 2024",
        "20240230",
        "20240211256199",
        "D:20240230",
        "2024-13-45 10:00",
        "2023-02-29",
        "2100-01-01",
        "0000-00-00 00:00:00",
        "13/5/2025, 05:39:11 PM",
        "发布于 2024-02-30，更新于 2024-03-01",
        float("nan"),
        float("inf"),
        -1738748351,
        "12345678",
        0,
        7e40,
        10**400,
        [],
        {},
        "2025-2027年",
        "2025/26财年",
        "2025年",
        "2025-02",
        "1998-2025",
        "010-20250211",
        "电话：20250211",
        "手机 20101231235",
        "QQ:20101231",
        "编号20250211",
        "ID: 20250211",
        "¥20250211",
        "20250211元",
        "20250211.5",
        "20250211A08TG500",
        "202502041089250",
        "v2025.2.11",
        "版本 2025.2.11",
        "2025.2.11.3",
        "京ICP备20250211号",
        "10.2025.02.11",
        "mayor 5, 2025",
    ],
)
def test_beijing_returns_an_empty_string_without_a_valid_date(page: object) -> None:
    assert beijing(page) == beijing(page, NOW) == ""


RELATIVE = [
    ("昨天", "2025-02-10"),
    ("前天", "2025-02-09"),
    ("今天", "2025-02-11"),
    ("大前天", "2025-02-08"),
    ("昨日 22:17", "2025-02-10 22:17:00"),
    ("昨天22:17", "2025-02-10 22:17:00"),
    ("发布于昨天 下午10:17", "2025-02-10 22:17:00"),
    ("前天 8:05", "2025-02-09 08:05:00"),
    ("今天 08:05", "2025-02-11 08:05:00"),
    ("昨晚10点17分", "2025-02-10 22:17:00"),
    ("今早8点", "2025-02-11 08:00:00"),
    ("昨天下午", "2025-02-10"),
    ("昨晚", "2025-02-10"),
    ("刚刚", "2025-02-11"),
    ("30秒前", "2025-02-11 22:16:00"),
    ("5分钟前", "2025-02-11 22:12:00"),
    ("20 分钟前", "2025-02-11 21:57:00"),
    ("半小时前", "2025-02-11"),
    ("3小时前", "2025-02-11"),
    ("23 小时前", "2025-02-10"),
    ("2天前", "2025-02-09"),
    ("12天以前", "2025-01-30"),
    ("02-11", "2025-02-11"),
    ("[02-11]", "2025-02-11"),
    ("时间：02-11", "2025-02-11"),
    ("02-11 22:17", "2025-02-11 22:17:00"),
    ("2/11 22:17", "2025-02-11 22:17:00"),
    ("2月11日", "2025-02-11"),
    ("2月11日 22:17", "2025-02-11 22:17:00"),
    ("2月11日 周二 22时17分", "2025-02-11 22:17:00"),
    ("２月１１日 ２２：１７", "2025-02-11 22:17:00"),
    ("02-12", "2025-02-12"),  # up to one day after the request: clocks differ
    ("02-13", "2024-02-13"),
    ("12月31日 23:59", "2024-12-31 23:59:00"),
    ("02-29", "2024-02-29"),
    ("yesterday", "2025-02-10"),
    ("Yesterday, 10:17 PM", "2025-02-10 22:17:00"),
    ("3 hours ago", "2025-02-11"),
    ("5 minutes ago", "2025-02-11 22:12:00"),
    ("a day ago", "2025-02-10"),
]


@pytest.mark.parametrize(("page", "corpus"), RELATIVE)
def test_relative_date_refers_to_the_time_of_the_request(page: str, corpus: str) -> None:
    assert read_date(page, NOW) == (corpus, True, False)
    assert beijing(page) == ""


@pytest.mark.parametrize(
    "page",
    [
        "今日头条", "昨日，公司发布新品", "3-5", "1/3", "10-12亿元", "第02-11期", "02-30", "2月30日", "13-01 10:00",
        "3个月前", "去年", "提前3小时", "2月3日前", "24.5小时前", "比分 2-11", "昨天" + "公司宣布了新的计划" * 10,
    ],
)  # fmt: skip
def test_other_texts_are_not_relative_dates(page: str) -> None:
    assert beijing(page, NOW) == ""


def test_date_with_a_year_does_not_depend_on_the_time_of_the_request() -> None:
    assert read_date("2031-02-11 22:17", NOW) == ("2031-02-11 22:17:00", False, False)
    assert read_date("今天是2024-02-11 22:17", NOW).date == "2024-02-11 22:17:00"


def test_relative_date_near_midnight_is_a_day_of_beijing() -> None:
    assert beijing("今天", "2025-02-11T16:30:00+00:00") == "2025-02-12"
    assert beijing("3小时前", "2025-02-11T16:30:00") == "2025-02-11"


@given(st.one_of(st.text(), st.floats(), st.integers()))
def test_beijing_accepts_any_input(page: str | float | int) -> None:
    assert len(beijing(page)) in (0, 10, 19)
    assert len(beijing(page, NOW)) in (0, 10, 19)


PARTS = [
    "2025",
    "02",
    "11",
    "2",
    "-",
    "/",
    ".",
    "年",
    "月",
    "日",
    ":",
    " ",
    "T",
    "22",
    "pm",
    "下午",
    "CST",
    "+08",
    "Feb",
    "周二",
    "昨天",
    "前",
    "时",
]


@given(st.lists(st.sampled_from(PARTS), max_size=14).map("".join))
def test_beijing_accepts_any_combination_of_parts(page: str) -> None:
    assert len(beijing(page)) in (0, 10, 19)
    assert len(beijing(page, NOW)) in (0, 10, 19)


@given(st.datetimes(min_value=datetime(1950, 1, 1)))
def test_beijing_reads_its_own_format(moment: object) -> None:
    text = f"{moment:%Y-%m-%d %H:%M:%S}"
    assert beijing(text) == (text if text < "2100" else "")


MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def fields(moment: datetime) -> dict[str, object]:
    """Return the parts of *moment*, in Beijing time, for the format strings below."""
    utc = (moment - timedelta(hours=8)).replace(tzinfo=UTC)
    west = utc.replace(tzinfo=None) - timedelta(hours=3, minutes=30)
    return {
        "t": moment, "utc": utc, "west": west, "unix": int(utc.timestamp()),
        "half": "am" if moment.hour < 12 else "pm", "han_half": "上午" if moment.hour < 12 else "下午",
        "h": moment.hour % 12 or 12, "mon": MONTHS[moment.month - 1], "utc_mon": MONTHS[utc.month - 1],
        "day": DAYS[moment.weekday()], "utc_day": DAYS[utc.weekday()], "week": "一二三四五六日"[moment.weekday()],
    }  # fmt: skip


FORMATS = [
    "{t:%Y-%m-%d %H:%M:%S}", "{t:%Y/%m/%d %H:%M:%S}", "{t:%Y.%m.%d %H:%M:%S}",
    "{t.year}-{t.month}-{t.day} {t.hour}:{t:%M:%S}",
    "{t:%Y年%m月%d日 %H:%M:%S}", "{t.year}年{t.month}月{t.day}日{t.hour}时{t.minute}分{t.second}秒",
    "{t.year} 年 {t.month} 月 {t.day} 日 星期{week} {han_half}{h}:{t:%M:%S}", "{t:%Y-%m-%d}（周{week}）{t:%H：%M：%S}",
    "{t:%Y-%m-%d} {h}:{t:%M:%S} {half}", "{t:%Y-%m-%d}, {h}:{t:%M:%S} {half[0]}.m.", "{t:%Y%m%d%H%M%S}",
    "{t:%Y%m%dT%H%M%S}+0800",
    "{mon} {t.day}, {t.year} {h}:{t:%M:%S} {half}", "{t.day} {mon} {t.year} {t:%H:%M:%S}",
    "{t.month}/{t.day}/{t.year}, {h}:{t:%M:%S} {half}",
    "{day}, {t:%d} {mon} {t.year} {t:%H:%M:%S} +0800", "{utc_day}, {utc:%d} {utc_mon} {utc.year} {utc:%H:%M:%S} GMT",
    "{day} {mon} {t:%d} {t:%H:%M:%S} CST {t.year}", "{day} {mon} {t:%d} {t.year} {t:%H:%M:%S} GMT+0800", "{unix}",
    "{unix}123",
    "/Date({unix}000)/", "{t:%Y-%m-%dT%H:%M:%S}+08", "{t:%Y-%m-%dT%H:%M:%S}.123456789+0800",
    "{utc:%Y-%m-%dT%H:%M:%S}Z",
    "{west:%Y-%m-%dT%H:%M:%S},5-03:30", "D:{t:%Y%m%d%H%M%S}+08'00'", "D:{utc:%Y%m%d%H%M%S}Z",
]  # fmt: skip


@pytest.mark.parametrize("form", FORMATS)
@given(moment=st.datetimes(datetime(1990, 1, 3), datetime(2099, 12, 28)))
def test_date_in_each_format_is_read_back(form: str, moment: datetime) -> None:
    moment = moment.replace(microsecond=0)
    if "unix" in form:
        moment = max(moment, datetime(2001, 9, 10))  # ten digits
    text = form.format(**fields(moment))
    assert beijing(text) == f"{moment:%Y-%m-%d %H:%M:%S}", text
    assert beijing(f"发布时间：{text}" if not form.startswith(("{unix", "/", "D:")) else text) == f"{moment}"


@given(st.datetimes(datetime(2001, 1, 1), datetime(2090, 1, 1)), st.integers(0, 363), st.integers(0, 1439))
def test_date_without_a_year_is_read_back(now: datetime, days: int, minutes: int) -> None:
    now = now.replace(microsecond=0)
    moment = (now - timedelta(days=days)).replace(hour=minutes // 60, minute=minutes % 60, second=0)
    for form in ("{0:%m-%d %H:%M}", "{0.month}月{0.day}日 {0:%H:%M}"):
        assert beijing(form.format(moment), now.replace(tzinfo=BEIJING).isoformat()) == f"{moment}"


@pytest.mark.parametrize(
    "part",
    ["2025-", "20250211", "2025-02-11", "2", "Feb ", "11 Feb ", "12:", " ", "昨天", "上午", "(周二) ", "电话:", "D:"],
)
def test_beijing_takes_linear_time(part: str) -> None:
    text = part * (400_000 // len(part))
    within(2, lambda: (beijing(text, NOW), beijing(f"2025-02-11 {text}", NOW)))


def test_day_of_id() -> None:
    assert day_of_id("20250211A08TG500") == "2025-02-11"
    assert day_of_id("20251311A08TG500") == day_of_id("6183097") == ""


def test_beijing_after() -> None:
    assert beijing_after(NOW, 1) == "2025-02-12 22:17:09"
    assert beijing_after("2025-02-11T14:17:09", 0) == "2025-02-11 22:17:09"


def test_is_exact() -> None:
    assert is_exact("2025-02-11 22:17:09")
    assert not is_exact("2025-02-11")
    assert not is_exact("")


@pytest.mark.parametrize(
    "page",
    [
        "03:25 2025-02-11",  # the length of a video
        "08:00-10:17 PM 2025-02-11",
        "13:99 PM 2025-02-11",
        "2025-02-11 10:17 PM ET",  # the offset depends on the day
        "2025-02-11 22:17 (BST)",
    ],
)
def test_time_that_may_be_another_one_is_not_read(page: str) -> None:
    assert beijing(page) == "2025-02-11"


def test_abbreviation_in_prose_is_not_a_zone() -> None:
    assert beijing("2025-02-11 22:17 CT检查") == "2025-02-11 22:17:00"
