"""The newest issue, from the entry page of a newspaper."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawler.newspapers.entry import newest_issue
from crawler.reading.errors import LayoutChanged
from crawler.reading.page import Page

ENTRY = "http://epaper.example/rb/index.htm"
NEW = "http://epaper.example/rb/html/2025-02/11/node_2.htm"
OLD = '<a href="html/2024-12/31/node_2.htm">往期</a>'
LONG = "<p>" + "水库在三月里蓄满了水，镇上的人说，这是十年来的第一次。" * 20 + "</p>"


def newest(html: str, url: str = ENTRY) -> str:
    return newest_issue(Page(url, html.encode()))


LEADING = {
    "refresh": '<meta http-equiv="refresh" content="0;url=html/2025-02/11/node_2.htm">',
    "refresh without quotes": "<META HTTP-EQUIV=REFRESH CONTENT=0;URL=html/2025-02/11/node_2.htm>",
    "frame": '<frameset><frame src="html/2025-02/11/node_2.htm"></frameset>',
    "iframe": '<iframe width="100%" src="html/2025-02/11/node_2.htm"></iframe>',
    "location": '<script>location="html/2025-02/11/node_2.htm"</script>',
    "href": "<script>window.location.href = 'html/2025-02/11/node_2.htm';</script>",
    "replace": "<script>self.location.replace('html/2025-02/11/node_2.htm')</script>",
    "assign": '<script>window.location.assign( "html/2025-02/11/node_2.htm" )</script>',
    "variable": '<script>var first = "html/2025-02/11/node_2.htm"; top.location.href = first;</script>',
    "written element": "<script>document.write('<meta http-equiv=refresh "
    """content="0;url=html/2025-02/11/node_2.htm">')</script>""",
    "escaped": r'<script>var paper = {"url": "html\/2025-02\/11\/node_2.htm"}; location.href = paper.url</script>',
    "handler": """<body onload="location.href='html/2025-02/11/node_2.htm'">""",
}


@pytest.mark.parametrize("form", LEADING)
@pytest.mark.parametrize("long", ["", LONG])
def test_link_to_an_old_issue_does_not_precede(form: str, long: str) -> None:
    assert newest(f"<html>{LEADING[form]}<body>{OLD}{long}</body></html>") == NEW
    assert newest(f"<html><body>{OLD}{OLD}{long}{LEADING[form]}</body></html>") == NEW


@pytest.mark.parametrize(
    "html",
    [
        '<meta http-equiv="refresh" content="0;url=pc/layout/index.html">',
        "<script>location.href='pc/layout/index.html'</script>",
        '<frameset><frame src="pc/layout/index.html"></frameset>',
    ],
)
def test_element_that_leads_to_another_entry_page_precedes_an_old_issue(html: str) -> None:
    assert newest(f"<html><body>{OLD}{html}</body></html>") == "http://epaper.example/rb/pc/layout/index.html"


@pytest.mark.parametrize(
    "html",
    [
        "<script>if (isPhone) {{location.href='{other}'}} else {{location.href='{own}'}}</script>",
        '<a href="{other}">手机版</a><a href="{own}">电脑版</a>',
        '<meta http-equiv="refresh" content="0;url={other}"><a href="{own}">电脑版</a>',
        '<iframe src="{other}"></iframe><a href="{own}">电脑版</a>',
    ],
)
@pytest.mark.parametrize("folder", ["mobile", "pad", "wap", "m", "H5", "phone"])
def test_other_editions_are_ignored(html: str, folder: str) -> None:
    own = "pc/layout/202502/11/node_01.html"
    found = newest(html.format(other=f"{folder}/layout/202502/12/node_01.html", own=own))
    assert found == f"http://epaper.example/rb/{own}"


def test_edition_that_the_user_names_is_read() -> None:
    found = newest('<a href="html5/2025-02/11/node_1.htm">今日</a>', "http://epaper.example/h5/index.html")
    assert found == "http://epaper.example/h5/html5/2025-02/11/node_1.htm"


def test_only_another_edition_is_a_layout_change() -> None:
    with pytest.raises(LayoutChanged):
        newest("<script>location.href='mobile/2025/20250211/20250211_m.html'</script>")


def test_newest_link_of_the_own_newspaper() -> None:
    html = (
        '<a href="/weekly/html/2025-02/13/node_1.htm">周刊</a><a href="http://other.example/html/2025-02/14/node_1.htm">友报</a>'
        '<a href="html/2025-02/10/node_2.htm">昨日</a><a href="html/2025-02/11/node_2.htm">第01版</a>'
        '<a href="html/2025-02/11/node_3.htm">第02版</a>'
    )
    assert newest(html + LONG) == NEW


CALENDAR = """<?xml version="1.0" encoding="utf-8"?><period_list>
<period id="1"><period_date>2025-02-10</period_date><front_page>node_2.htm</front_page></period>
<period id="2"><period_date>2025-02-11</period_date><front_page>node_2.htm</front_page></period>
<period id="3"><period_date>2025-02-09</period_date><front_page>node_2.htm</front_page></period></period_list>"""


def test_calendar_of_a_month() -> None:
    entry = "<html><body><script>loadXML('html/2025-02/period.xml')</script></body></html>"
    calendar = "http://epaper.example/rb/html/2025-02/period.xml"
    assert newest(entry) == calendar
    assert newest(f"<html><body>{LONG}<script>var x = 'html/2025-02/period.xml';</script></body></html>") == calendar
    assert newest(CALENDAR, calendar) == NEW


@pytest.mark.parametrize(
    "calendar",
    [
        '{"list": [{"date": "2025-02-10", "url": "html/2025-02/10/node_2.htm"},'
        ' {"url": "html/2025-02/11/node_2.htm"}]}',
        '["html/2025-02/11/node_2.htm", "html/2025-02/09/node_2.htm", 7, null]',
    ],
)
def test_calendar_in_json(calendar: str) -> None:
    assert newest(calendar) == NEW


@pytest.mark.parametrize("calendar", ["{", "[]", '{"a": "b"}', "<period_list></period_list>", "[" * 100_000])
def test_calendar_without_an_issue_is_a_layout_change(calendar: str) -> None:
    with pytest.raises(LayoutChanged, match="the calendar has no issue"):
        newest(calendar)


@pytest.mark.parametrize(
    "entry", ['<meta http-equiv="refresh" content="0;url=http://[x">', "<script>location.href='http://[x'</script>"]
)
def test_entry_page_with_an_invalid_url_is_a_layout_change(entry: str) -> None:
    with pytest.raises(LayoutChanged, match=r"redirects to an invalid URL: http://\[x"):
        newest(f"<html><body>{entry}</body></html>")


def test_entry_pages_of_the_shared_case(shared: Path) -> None:
    folders = sorted((shared / "cases/54-epaper-entry/pages").iterdir())
    assert len(folders) == 3
    for folder in folders:
        url = f"http://{folder.name}.epaper.example/"
        assert newest_issue(Page(url, (folder / "page.html").read_bytes())) == f"{url}html/2025-02/11/node_2.htm"
