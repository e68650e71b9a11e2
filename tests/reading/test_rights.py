"""What a page states about its rights, in each of the places."""

from __future__ import annotations

import pytest

from crawler.reading.page import Page
from crawler.reading.rights import LONGEST, rights_of


def page(head: str = "", body: str = "", headers: dict[str, str] | None = None) -> Page:
    html = f"<html><head>{head}</head><body><h1>标题</h1>{body}</body></html>"
    return Page("https://a.example/x/1.html", html.encode(), headers={"content-type": "text/html", **(headers or {})})


def json_ld(fields: str) -> str:
    return f'<script type="application/ld+json">{{"@type": "NewsArticle", "headline": "标题", {fields}}}</script>'


@pytest.mark.parametrize(
    ("head", "body", "expected"),
    [
        ('<meta name="copyright" content=" 版权所有  某报 ">', "", "版权所有 某报"),
        ('<META NAME="Copyright" CONTENT="某报">', "", "某报"),
        ('<meta name="DC.Rights" content="CC BY 4.0">', "", "CC BY 4.0"),
        ('<meta property="dcterms.rights" content="a &amp; b">', "", "a & b"),
        ('<meta name="copyright" content=""><meta name="copyright">', "", ""),
        ('<link rel="license" href="/legal">', "", "https://a.example/legal"),
        ("", '<a rel="nofollow License" href="https://l.example/by">CC</a>', "https://l.example/by"),
        ("", "<A class=x REL=license href='//l.example/by'>CC</A>", "https://l.example/by"),
        ("", '<a href="/license" class="license">no statement</a>', ""),
        (json_ld('"license": "https://l.example/by"'), "", "https://l.example/by"),
        (json_ld('"license": {"@type": "CreativeWork", "url": "https://l.example"}'), "", "https://l.example"),
        (json_ld('"copyrightNotice": "© 某报"'), "", "© 某报"),
        (json_ld('"copyrightHolder": [{"@type": "Organization", "name": "某报"}, {"name": "某社"}]'), "", "某报; 某社"),
        (json_ld('"license": null, "copyrightHolder": 5'), "", ""),
        ('<meta name="copyright" content="某报"><meta name="rights" content="某报">', "", "某报"),
    ],
)
def test_rights(head: str, body: str, expected: str) -> None:
    assert rights_of(page(head, body)) == (expected, "")


@pytest.mark.parametrize(
    ("head", "headers", "expected"),
    [
        ("", {"tdm-reservation": "1"}, "tdm-reservation: 1"),
        ("", {"tdm-reservation": "1", "tdm-policy": "https://p.example/p.json"},
         "tdm-reservation: 1\ntdm-policy: https://p.example/p.json"),
        ('<meta name="TDM-Reservation" content="1"><meta name="tdm-policy" content="/p.json">', {},
         "tdm-reservation: 1\ntdm-policy: https://a.example/p.json"),
        ('<meta name="tdm-reservation" content="1">', {"tdm-reservation": "1"}, "tdm-reservation: 1"),
        ('<meta name="tdm-reservation" content="1">', {"tdm-reservation": "0"},
         "tdm-reservation: 0\ntdm-reservation: 1"),
        ('<meta name="tdm-reservation" content="">', {"tdm-policy": ""}, ""),
    ],
)  # fmt: skip
def test_reservations(head: str, headers: dict[str, str], expected: str) -> None:
    assert rights_of(page(head, headers=headers)) == ("", expected)


def test_the_headers_of_json_count_too() -> None:
    found = Page(
        "https://a.example/1", b'{"license": "x"}', headers={"tdm-reservation": "1", "content-type": "text/html"}
    )
    assert rights_of(found) == ("", "tdm-reservation: 1")
    assert "tree" not in vars(found)  # parsing it would take time


def test_a_long_statement_is_one_line_and_cut() -> None:
    long, word = "长\n" * 5000, "a" * 5000
    head = f'<meta name="copyright" content="{long}"><meta name="tdm-policy" content="{word}">'
    rights, tdm = rights_of(page(head))
    assert len(rights) in (LONGEST - 1, LONGEST)
    assert len(tdm) == LONGEST
    assert "\n" not in rights + tdm
