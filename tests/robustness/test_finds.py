"""What nasty records and fuzzing have found: each fault once more, by its name."""

from __future__ import annotations

import json
import re
import time
import tracemalloc
from dataclasses import replace
from html import escape
from pathlib import Path

import pytest
import yaml
from lxml import html

from crawler.corpus.store import safe_name
from crawler.items import Article, Link
from crawler.layouts import gitbook, hugo, identify, jsonl
from crawler.markdown.convert import convert, to_markdown
from crawler.markdown.escape import link
from crawler.markdown.summary import text_of
from crawler.newspapers.issue import newest_issue
from crawler.pipelines.normalize import normalize
from crawler.reading.charset import decode
from crawler.reading.errors import LayoutChanged
from crawler.reading.html import parse_fragment
from crawler.reading.page import Page
from crawler.reading.query import all_of
from crawler.reading.read import make_urls_absolute, read_article, read_listing
from crawler.recordings.cases import load_case, save_case
from crawler.recordings.protocol import RecordingError
from crawler.spiders.hibor import HiborSpider, with_broker
from crawler.spiders.qq import QqSpider
from crawler.spiders.woshipm import WoshipmSpider

FIXTURES = Path(__file__).parents[1] / "fixtures"


def article(**facts: object) -> Article:
    known = {
        "source": "s",
        "id": "1",
        "url": "https://a.example/1",
        "title": "题",
        "date": "2025-02-11",
        "markdown": "文",
    }
    return Article(**(known | facts))  # type: ignore[arg-type]


def loaded(**facts: object) -> dict[str, object]:
    text = hugo.render(normalize(article(**facts)), hugo.EXTRA)
    text.encode()
    known: dict[str, object] = yaml.safe_load(text.partition("\n---\n")[0])
    return known


@pytest.mark.parametrize("field", ["page", "section", "pretitle", "subtitle"])
def test_half_a_character_in_what_a_newspaper_prints_lost_the_article(field: str) -> None:
    assert loaded(**{field: "甲\ud83d\n\u202e\x1b乙"})[field] == "甲\ufffd 乙"


def test_half_a_character_in_a_count_s_name_lost_the_article() -> None:
    assert loaded(counts={"\ud83d\x00": 1})["counts"] == {"\ufffd": 1}


def test_half_a_character_in_an_id_lost_the_article_and_its_row() -> None:
    assert loaded(id="\ud83d")["id"] == "\ufffd"
    json.dumps(jsonl.row(article(id="\ud83d")), ensure_ascii=False).encode()


def test_marks_of_direction_stayed_in_a_cover_s_address() -> None:
    assert loaded(thumbnail="https://a.example/\u202egpj.1")["thumbnail"] == "https://a.example/gpj.1"


def test_hugo_makes_one_page_of_names_that_differ_in_case_alone() -> None:
    assert safe_name("aBc1").lower() != safe_name("abc1")
    assert safe_name("20250211A08TG500") == "20250211A08TG500"


@pytest.mark.parametrize("name", ["SUMMARY", "summary", "Con", "nul", "COM1", "lpt9"])
def test_names_that_mean_something_elsewhere(name: str) -> None:
    assert safe_name(name).startswith(f"{name}-")


@pytest.mark.parametrize("blank", ["\u3000", "\u2028", "\x85", "\u00a0"])
def test_a_blank_in_an_address_made_the_file_unknown(blank: str) -> None:
    assert " " not in link("甲", f"https://a.example/{blank}x").replace(blank, " ")
    assert identify(hugo.render(article(url=f"https://a.example/{blank}x")))[0] == "题"


@pytest.mark.parametrize("title", ["甲\\<b>", "{{\\<x", "\\\\<b>", "\\&lt;", "\\&x", "&ltb", "`\\<b>"])
def test_a_backslash_before_an_escape_changed_a_book_s_title(title: str) -> None:
    assert identify(gitbook.render(article(title=title)))[0] == title


def test_hugo_s_links_took_the_backquote_that_began_the_code() -> None:
    """What was code then stood in the open: Hugo's links go on behind a ">"."""
    body = parse_fragment("https://a.example/x&gt;<code>&lt;b></code>")
    assert to_markdown(body) == "https://a.example/x>`<\u200bb>`"
    body = parse_fragment("<a href='https://a.example/'>https://a.example/</a><code>&lt;b></code>")
    assert to_markdown(body) == "<https://a.example/>`<b>`"


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<h3>甲 {onclick=x style='y'}</h3>", "### 甲 &#123;onclick=x style='y'}"),
        ("<h1>甲 {a=b}</h1>", "甲 &#123;a=b}\n======="),
        ("<p># 甲 {#a} #</p>", "# 甲 &#123;#a} #"),
        ("<p>甲 {a=b}<br>===</p>", "甲 &#123;a=b}  \n==="),
        ("<h3>{甲} 乙</h3><p>丙 {a=b}</p>", "### {甲} 乙\n\n丙 {a=b}"),
    ],
)
def test_braces_behind_a_heading_became_its_attributes(page: str, text: str) -> None:
    assert to_markdown(parse_fragment(page)) == text


@pytest.mark.parametrize("text", ["{", "{}", "<b>|-", "-", "`{", "\\", "# {", "> -"])
def test_these_rules_take_no_time(text: str) -> None:
    began = time.process_time()
    to_markdown(parse_fragment(f"<code>&lt;b>|</code><p>{escape(text * 30_000)}|</p>"))
    gitbook.entry("x", "\\" * 100_000)
    assert time.process_time() - began < 3


def test_a_line_of_text_made_a_table_whose_columns_cut_code_in_two() -> None:
    body = parse_fragment("甲<br>|-<br><code>&lt;b>|</code>")
    assert to_markdown(body) == "甲  \n|-  \n`<\u200bb>|`"
    body = parse_fragment("<table><tr><td><code>&lt;b>|</code></td></tr></table><p><code>&lt;b>|</code></p>")
    assert to_markdown(body).count("<b>") == 2


@pytest.mark.parametrize("charset", ["idna", "undefined"])
def test_a_charset_that_python_alone_knows_is_none(charset: str) -> None:
    assert decode("文".encode("gb18030"), f"text/html; charset={charset}") == ("文", "gb18030")


def test_utf_16_without_a_mark_of_its_order() -> None:
    assert "\ufffd" in decode(b"\x00\xf5\xff", "text/html; charset=utf-16")[0]


@pytest.mark.parametrize("wrong", [{"link": {"id": "1"}}, {"link": [1]}, {"sent": None}, {"sent": 1}])
def test_a_case_that_says_too_little_is_named(tmp_path: Path, wrong: dict[str, object]) -> None:
    (tmp_path / "page.html").write_text("x")
    (tmp_path / "page.json").write_text(json.dumps({"url": "http://a.example/"} | wrong))
    with pytest.raises(RecordingError):
        load_case(tmp_path)


def test_a_refused_page_is_kept_whatever_its_link_says(tmp_path: Path) -> None:
    page = Page("http://a.example/", b"x", link=Link("1", "http://a.example/", "甲\ud83d"))
    save_case(tmp_path / "case", page)
    assert load_case(tmp_path / "case").link is not None


def test_a_broker_with_a_control_character() -> None:
    body = with_broker(html.fragment_fromstring("<div></div>"), "光大\x01")
    assert body.text_content() == "来源: 光大"


def test_texts_between_comments_took_quadratic_time() -> None:
    body = parse_fragment("字<!-- -->" * 40_000 + "<script>1</script>")
    began = time.process_time()
    assert text_of(body) == "字" * 40_000
    assert time.process_time() - began < 3


def test_an_address_with_an_ampersand_that_is_its_own_text() -> None:
    address = "http://a.example/?a=1&amp;b=2"
    for more in ("", "<video>"):  # which is markdownify's
        assert to_markdown(parse_fragment(f'<a href="{address}">{address}</a>{more}')) == "<http://a.example/?a=1&b=2>"


def test_a_tab_in_a_heading() -> None:
    assert to_markdown(parse_fragment("<h3><pre>a\tb</pre></h3>")) == "### `a b`"


@pytest.mark.parametrize("head", ["x", "- a", "", "1"])
def test_front_matter_without_keys_is_none(head: str) -> None:
    with pytest.raises(ValueError, match="without keys"):
        identify(f"---\n{head}\n---\n\nx\n")


def test_a_search_whose_number_is_none_says_so() -> None:
    page = load_case(FIXTURES / "hibor/search")
    tree = page.text.replace('id="hidTotal" value="', 'id="hidTotal" value="x')
    assert tree != page.text
    with pytest.raises(LayoutChanged, match="not a number: 'x"):
        read_listing(HiborSpider, replace(page, body=tree.encode()))


def test_half_a_character_in_a_link_s_title_stopped_the_run() -> None:
    page = load_case(FIXTURES / "qq/author-0")
    titles = re.sub(r'("title": *"[^"]*)"', r'\1\\ud83d\\n"', page.text)
    links = read_listing(QqSpider, replace(page, body=titles.encode())).links
    assert all(link.title.endswith("\ufffd") for link in links)


@pytest.mark.parametrize(
    "page",
    [
        pytest.param("<table><tr>" + "<td colspan=1000>x" * 2_000, id="a row of two million cells"),
        pytest.param("<dl><dd>x</dl><table><tr>" + "<td colspan=1000>x" * 200, id="cells, for markdownify"),
        pytest.param("<blockquote>" * 900 + "x<br>" * 20_000, id="lines deep in quotes"),
        pytest.param("<ul><li>" * 900 + "x<br>" * 20_000, id="lines deep in lists"),
        pytest.param("<code>" + "<blockquote>" * 900 + "x<br>" * 20_000, id="quotes in code"),
        pytest.param("<dl><dd>x</dl>" + "<ol>" + "<li>x" * 20_000, id="a long list, for markdownify"),
        pytest.param("<dl><dd>x</dl>" + "<div>" * 150 + "x<br>" * 20_000, id="a deep nest, for markdownify"),
        pytest.param("<dl><dd>x</dl>" + "<blockquote>" * 99 + "<pre>" + "x\n" * 110_000, id="lines, for markdownify"),
    ],
)
def test_a_page_that_would_take_minutes_or_make_gigabytes_becomes_plain_text(page: str) -> None:
    body = parse_fragment(page)
    began = time.process_time()
    made = convert(body)
    assert made.by == "plain text"
    assert len(made.text) < 2 * len(page)
    assert time.process_time() - began < 3


@pytest.mark.parametrize("text", ["> ", "- ", "# ", "1. "])
def test_a_line_of_marks_took_hundreds_of_megabytes(text: str) -> None:
    """Each of them was remembered, for a way back that leads nowhere."""
    body = parse_fragment(f"<p>{escape(text * 500_000)}</p>")
    tracemalloc.start()
    to_markdown(body)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 30_000_000


def test_an_offset_that_is_none_says_so() -> None:
    page = load_case(FIXTURES / "qq/author-0")
    answer = page.json | {"hasNext": True}
    assert "offset_info=7" in read_listing(QqSpider, with_json(page, answer | {"offsetInfo": 7})).next[0].url
    assert read_listing(QqSpider, with_json(page, answer | {"offsetInfo": "\ud83d"})).next
    with pytest.raises(LayoutChanged, match="offsetInfo is"):
        read_listing(QqSpider, with_json(page, answer | {"offsetInfo": ["a"]}))


def with_json(page: Page, value: object) -> Page:
    return replace(page, body=json.dumps(value).encode())


def test_a_selector_with_a_comma_took_quadratic_time() -> None:
    page = Page("http://a.example/", b"<html><body>" + b"<a href=x>x</a><area href=x>" * 20_000)
    began = time.process_time()
    found = all_of(page, "a[href], area[href], a")
    assert [node.tag for node in found] == ["a", "area"] * 20_000
    assert time.process_time() - began < 2


def test_tags_that_json_hides_were_not_counted() -> None:
    page = load_case(FIXTURES / "qq/g3-data")
    start = r"\u003cdiv class=\"rich_media_content\"\u003e"
    article = page.text.replace(start, start + r"\u003cp\u003e" * 450_000, 1)
    assert article != page.text
    with pytest.raises(LayoutChanged, match="no page has so much: 45"):
        read_article(QqSpider, replace(page, body=article.encode()))


def test_a_count_with_an_endless_name_can_be_read_again() -> None:
    article = Article(
        source="s", id="1", url="https://a.example/1", title="题", date="2025-02-01", counts={"长" * 2000: 2}
    )
    metadata, _ = hugo.load(hugo.render(normalize(article), extra=("counts",)))
    assert list(metadata["counts"].values()) == [2]


def test_a_selector_that_leads_out_of_its_node_is_put_together_with_others() -> None:
    first, second = parse_fragment("<p class='a b'></p><p class='a b'></p>")
    assert all_of(first, ".a, .a + .b") == [first, second]


@pytest.mark.parametrize(
    "advert",
    [
        '<p class="js-star"><a href="https://ke.qidianla.com/c">课程</a></p>',
        '<a class="js-star" href="https://ke.qidianla.com/c">课程</a>',
    ],
)
def test_an_advert_that_is_furniture_too_lost_the_article(advert: str) -> None:
    page = load_case(FIXTURES / "woshipm/article-grap-2016")
    pages = [page.text.replace("<h2>脏", f"{more}<h2>脏", 1) for more in ("", advert)]
    plain, other = (read_article(WoshipmSpider, replace(page, body=text.encode())) for text in pages)
    assert isinstance(plain, Article)
    assert isinstance(other, Article)
    assert pages[0] != pages[1]
    assert jsonl.row(plain) == jsonl.row(other)


def test_a_video_s_own_address_led_nowhere() -> None:
    body = parse_fragment(
        '<video poster="/p.jpg"><source src="v.mp4"></video><video src="w.mp4"></video><a href="#n">x</a>'
    )
    make_urls_absolute(body, "https://a.example/b/c.html")
    assert to_markdown(body) == (
        "[![](https://a.example/p.jpg)](https://a.example/b/v.mp4)[](https://a.example/b/w.mp4)[x](#n)"
    )


@pytest.mark.parametrize(
    "entry", ['<meta http-equiv="refresh" content="0;url=http://[x">', "<script>location.href='http://[x'</script>"]
)
def test_an_entry_that_leads_to_no_address_is_named(entry: str) -> None:
    with pytest.raises(LayoutChanged, match=r"redirects to an invalid URL: http://\[x"):
        newest_issue(Page("http://epaper.example/", f"<html><body>{entry}</body></html>".encode()))


def test_what_the_body_holds_of_other_fields_is_read_though_it_leaves_the_body() -> None:
    page = load_case(FIXTURES / "woshipm/article-grap-2016")
    tags = '<div class="taglist"><a href="https://www.woshipm.com/tag/x">表单</a></div>'
    article = read_article(WoshipmSpider, replace(page, body=page.text.replace("<h2>脏", f"{tags}<h2>脏", 1).encode()))
    plain = read_article(WoshipmSpider, page)
    assert isinstance(article, Article)
    assert isinstance(plain, Article)
    assert article.keywords == ("表单", *plain.keywords)
    assert article.markdown == plain.markdown
