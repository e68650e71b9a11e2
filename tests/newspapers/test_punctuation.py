"""Half-width punctuation in bodies."""

from __future__ import annotations

from lxml.html import fragment_fromstring

from crawler.newspapers.punctuation import widen_body


def test_widen_body_across_elements() -> None:
    body = fragment_fromstring("<div><p><b>水库</b>,纸厂</p><p>(well)</p></div>")
    widen_body(body)
    assert [node.text_content() for node in body] == ["水库，纸厂", "(well)"]
