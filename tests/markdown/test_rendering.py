"""Readers of the rendered Markdown see each text and picture of the page, in order and once."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawler.markdown.convert import convert
from tests.markdown.bodies import Bodies
from tests.markdown.render_property import faults_of, losses, parsed
from tests.markdown.rendering import differences, render_gfm, rendered_content, source_content


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False))
def test_github_shows_the_text_of_any_body(random: Random) -> None:
    page = Bodies(random).body()
    shown = rendered_content(render_gfm(convert(parsed(page)).text))
    assert faults_of(page, shown) == []


@pytest.mark.slow
def test_hugo_shows_the_text_of_many_bodies() -> None:
    found = losses([Bodies(Random(f"test-{number}")).body() for number in range(600)])
    assert [(loss.renderer, loss.faults, loss.page) for loss in found] == []


@pytest.mark.parametrize(
    ("page", "markdown", "fault"),
    [
        ("<p>甲乙</p>", "甲", "lost: '乙'"),
        ("<p>甲</p>", "甲乙", "more: '乙'"),
        ("<p>甲乙</p>", "乙甲", "lost: '甲'"),
        ("<p>甲</p>", "~~甲~~", "甲 is struck out"),
        ("<p>甲</p>", "[甲](/x)", "甲 is linked"),
        ("<p>甲</p>", "`甲`", "甲 became code"),
        ("<p><img src=/1.png></p>", "", "pictures: "),
        ("<p><img src=/1.png></p>", "![](/1.png)![](/1.png)", "pictures: "),
        ("<table><tr><td rowspan=2>甲<td>1<tr><td>2</table>", "甲 1 2", "lost: '甲'"),
        ("<p>甲<code>a\n</code>+ 乙</p>", "甲`a`\n+ 乙", "lost: '+'"),
        ("<p>甲<code>a<br>+</code> 乙</p>", "甲`a`\n+ 乙", "lost: '+'"),
    ],
)
def test_comparison_finds_faults(page: str, markdown: str, fault: str) -> None:
    found = differences(source_content(page), rendered_content(render_gfm(markdown)))
    assert [line for line in found if line.startswith(fault)] == found
    assert found


@pytest.mark.parametrize(
    "page",
    [
        "<b><del>甲<i>，</i>乙</del></b>",  # Markdown recognizes none of the marks
        "<s>，</s>甲<b>乙<s>丙</s>丁</b>",
        # The code block makes it a table for layout, whose cells are not repeated.
        "<table><tr><td rowspan=2>甲<td>乙<tr><td><samp>a<br>b</samp></table>",
        "<p>甲<code>a<br> </code>+ 乙</p>",  # in a browser, too, "+" begins a line after the code
        # Code is text: a heading in it does not make the table one for layout, but lines do.
        "<table><tr><th rowspan=2>甲<th>乙<tr><td>丙<code>a<a href=/x><h5>b</h5></a></code></table>",
        "<table><tr><th rowspan=2>甲<th>乙<tr><td><code><h5>a</h5>b</code></table>",
        "<table><tr><th rowspan=2>甲<th>乙<tr><td><code><!-- x -->a<span style=display:block>b</span></code></table>",
        "<code><table><tfoot><tr><td>甲</tfoot><tr><td>乙</table></code>丙",
        "<ul><li>甲</li><details>-<div>乙</div></details></ul>",  # text in a list is part of its item
        "<h6><li>甲<br>+ 乙</li></h6>",  # the list is not part of the heading: "+" becomes a bullet
        "<h3><blockquote>甲<br>- 乙</blockquote></h3>",
    ],
)
def test_comparison_accepts_what_the_format_keeps(page: str) -> None:
    assert faults_of(page, rendered_content(render_gfm(convert(parsed(page)).text))) == []
