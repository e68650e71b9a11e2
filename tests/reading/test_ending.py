"""The end of HTML pages: `</html>`, and complete pages without it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.reading.ending import html_end, is_closed
from tests.support.cpu_time import within

HEAD = '<!DOCTYPE html><html><head><meta charset="utf-8"><title>标题</title></head><body>'
COMPLETE = [
    HEAD + "<h1>标题</h1><div class=art><p>一。</p><p>二。</p></div>",
    HEAD + "<h1>标题</h1><div class=art><p>一。<p>二。</div>\n",
    HEAD + "<ul><li><a href=/1>一</a><li><a href=/2>二</a></ul><table><tr><td>甲<td>乙</table>",
    "<!doctype html><title>标题</title><article><p>一。</article><footer>© 2026</footer><script src=/a.js></script>",
    "<!doctype html><meta charset=utf-8><title>标题</title><main><p>一。</main><p>© 2026",
    "<div class=row><a href='/1'>一</a></div><div class=row><img src=x></div>",
    HEAD + '<div title="a > b" data-x=\'"\'>一<br/>二<hr>三</div><!-- end -->',
    HEAD + "<div><svg><path d=M0/><circle r='1'/></svg></div>",
    HEAD + "<div>1 < 2 <3</div>",
    HEAD + "<p>一。<div>二。</div>三。<p>四。",
    HEAD + "<script>if (a<b) document.write('<div>')</script><div>一</div>",
    HEAD + "<div><textarea><div></textarea></div>",
    HEAD + "<DIV><B><I>一</B></I></DIV>",
    HEAD + "<p>一。</p></div>",
    '<META HTTP-EQUIV=REFRESH CONTENT="0;URL=paperindex.htm">',
    "<html><head><script>window.location.href='/a/1.htm'</script></head><body>",
    "<html><body>文",
]
TRUNCATED = [
    "",
    HEAD,
    HEAD + "\n",
    HEAD + "<script>var a = 1</script>",
    HEAD + "<div><p>一。</p>",
    HEAD + "<div><p>一。</p></di",
    HEAD + "<div>一</div><",
    HEAD + "<div>一</div></",
    HEAD + "<div>一</div><div class='a",
    HEAD + "<div>一</div><div class='a>b",
    HEAD + "<div>一</div><!-- a > b --",
    HEAD + "<div>一</div><script>a = '</div>'",
    HEAD + "<div>一</div><style>a {}</sty",
    HEAD + "<div>一</div><p class=author>记者 王",
    HEAD + "<div>一</div><ul><li>一</li>",
    HEAD + "<div>一</div><table><tr><td>甲</td></tr>",
    HEAD + "<div>一</div><span>甲",
    HEAD + "<div>一</div></body>",
    "<!DOCTYPE html><html><head><title>标题</title>",
    "<!DOCTYPE html><html><head><title>标",
    "<founder-content><p>一。</p>",
]


@pytest.mark.parametrize("html", COMPLETE)
def test_is_closed_accepts_complete_pages_without_closing_tags(html: str) -> None:
    assert is_closed(html)
    assert html_end(html) == -1


@pytest.mark.parametrize("html", TRUNCATED)
def test_is_closed_refuses_truncated_pages(html: str) -> None:
    assert not is_closed(html)


CONTAINER = (
    "<div class=art><h2>一</h2><p>二<a href='/x?a=1>0'>三</a><img src=y alt=\"四>\"><!-- 五 --><p>六<br>七</div>"
)


@given(st.integers(1, len(CONTAINER) - 1))
def test_is_closed_refuses_a_page_that_ends_in_its_container(length: int) -> None:
    assert not is_closed(HEAD + CONTAINER[:length])
    assert is_closed(HEAD + CONTAINER)


@pytest.mark.parametrize(
    "html",
    [
        "<html><body>文</body></html>",
        "<html><body>文</body></HTML >\n\n",
        "<html><body>文</body></Html>",
        "<html><body><script>a = '<html></html>'</script></body></html>",
        "<html><body><!-- <script> --></body></html>",
        "<html><body><!-- </html> --></body></html>",
        "<html><body><script><!-- a = 1</script></body></html>",
        "<!--[if IE]><html class=ie><![endif]--><html><body>文</body></html>",
        "<html></html><html><body>文</body></html>",
    ],
)
@pytest.mark.parametrize(
    "trailer", ["", "\n", "<!-- 17 ms -->", "<script>a = '</html>'</script>", "<!-- </html>", "<div>文"]
)
def test_html_end_finds_the_last_closing_tag(html: str, trailer: str) -> None:
    assert html_end(html + trailer) == len(html.rstrip())


@pytest.mark.parametrize(
    "html",
    [
        "",
        "<html><body><div>文</div>",
        "<html><body>&lt;/html&gt;",
        "<html><body></html",
        "<html><body><script>a = '<html></html>",
        "<html><body><!-- </html>",
        "<html><body></htmlx>",
    ],
)
def test_html_end_of_a_page_without_closing_tag(html: str) -> None:
    assert html_end(html) == -1


@pytest.mark.parametrize(
    "html",
    [
        "<script></html>" * 20_000, "</html>" * 33_000 + "<!--", "<li>" * 66_000, "<p>" * 66_000 + "</x>" * 33_000,
        "<a b='" * 50_000, '<a b="x" ' * 33_000, "<!-- " * 50_000, "<script>" * 33_000, "< " * 133_000,
        "</" * 100_000, "<div>" * 33_000 + "</div>" * 32_999, "<title></titl" * 20_000, "http-equiv=" * 26_000,
        "http-equiv" + " " * 266_000,
    ],
    ids=lambda html: html[:14],
)  # fmt: skip
def test_the_end_is_found_in_linear_time(html: str) -> None:
    within(2, lambda: (html_end(html), is_closed(html)))
