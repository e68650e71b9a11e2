"""Layouts: rendering an article, and reading a file and writing it again without changes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import frontmatter
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from crawler.items import Article
from crawler.layouts import gitbook, hugo, identify, jsonl, validate
from crawler.layouts.gitbook import Entry
from crawler.markdown.convert import convert
from crawler.markdown.escape import link
from crawler.reading.html import parse_fragment
from tests.support.cpu_time import within


def article(**facts: object) -> Article:
    known = {
        "source": "demo",
        "id": "7",
        "url": "https://www.demo.cn/it/7.html",
        "title": "题目",
        "date": "2025-02-01 08:09:10",
        "markdown": "正文",
        "summary": "正文",
    }
    return Article(**(known | facts))  # type: ignore[arg-type]


RICH = {
    "author": "甲",
    "author_url": "https://www.demo.cn/u/1",
    "category": "it",
    "keywords": ("丙", "丁`戊"),
    "counts": {"views": 3, "comments": 0, "collects": 1},
}

HUGO = """\
---
title: "一\\"二\\\\三😀"
date: "2025-02-01 08:09:10"
summary: "正文"
categories:
  - "demo"
lang:
  - "zh-CN"
translations:
  - "zh-CN"
tags:
  - "demo"
menu: ""
thumbnail: ""
lead: ""
comments: false
authorbox: false
pager: true
toc: false
mathjax: false
sidebar: "right"
widgets:
  - "search"
  - "recent"
  - "taglist"
{extra}---

正文

[demo](https://www.demo.cn/it/7.html)
"""


def test_front_matter_file() -> None:
    assert hugo.render(article(title='一"二\\三😀')) == HUGO.format(extra="")


def test_extra_keys_follow_in_the_given_order() -> None:
    extra = 'counts:\n  "views": 3\n  "comments": 0\n  "collects": 1\nauthor: "甲"\nbrief: ""\n'
    text = hugo.render(article(title='一"二\\三😀', **RICH), ("counts", "author", "brief"))
    assert text == HUGO.format(extra=extra)
    assert hugo.load(hugo.render(article(), ("keywords", "chosen")))[0]["keywords"] == []


def test_a_control_character_in_the_url_is_in_neither_link_nor_key() -> None:
    text = hugo.render(article(url="https://a.example/\x0e1\t.html"), ("source_url",))
    assert 'source_url: "https://a.example/1.html"' in text
    assert text.endswith("(https://a.example/1.html)\n")


def test_render_rejects_unknown_extra_keys() -> None:
    with pytest.raises(ValueError, match="unknown extra keys: url;"):
        hugo.render(article(), ("author", "url"))


@pytest.mark.parametrize("body", ["---\n\ntitle: x\n\n---", "+++", "...", "a\n\n---\n\nb", "\ufeff---"])
def test_a_body_is_not_read_as_front_matter(body: str) -> None:
    text = hugo.render(article(markdown=body))
    assert identify(text) == ("题目", "2025-02-01 08:09:10", "https://www.demo.cn/it/7.html", body)
    post = frontmatter.loads(text)
    assert post["title"] == "题目"
    assert post.content == f"{body}\n\n[demo](https://www.demo.cn/it/7.html)"


@pytest.mark.parametrize("note", ["我的批注", "我的批注\n\n[甲](https://other.example/)", "- [demo]\n"])
def test_text_that_a_user_adds_after_the_link_belongs_to_the_body(note: str) -> None:
    text = hugo.render(article(markdown="正文")) + f"\n{note}\n"
    assert identify(text)[2:] == ("https://www.demo.cn/it/7.html", f"正文\n\n\n{note}".rstrip("\n"))


@pytest.mark.parametrize("body", ["正文", "[other](https://www.demo.cn/it/7.html)\n\n尾", "[demo](x"])
def test_a_file_without_the_link_to_its_article_is_rejected(body: str) -> None:
    text = hugo.render(article(markdown="正文")).replace("正文\n\n[demo](https://www.demo.cn/it/7.html)", body)
    with pytest.raises(ValueError, match="the link to the article is missing"):
        identify(text)


@pytest.mark.parametrize("value", ["!!python/object/apply:os.system [id]", "*nowhere", "[a", "a: b"])
def test_identify_rejects_invalid_and_unsafe_yaml(value: str) -> None:
    with pytest.raises(ValueError, match="does not load"):
        identify(hugo.render(article()).replace('"题目"', value))


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("menu:", "date: x\nmenu:", "duplicate key: date (2 times)"),
        ('"2025-02-01 08:09:10"', "2024-02-30", "day is out of range for month"),
        ('"2025-02-01 08:09:10"', "3小时前", "Invalid isoformat string: '3小时前'"),
        ('"2025-02-01 08:09:10"', "2025-02-01", ""),
        ("menu:", "menu: a: b", "mapping values are not allowed in this context"),
        ("menu:", "menu: *x", "found undefined alias"),
        ("menu:", "menu: !!python/object:os.x 1", "could not determine a constructor"),
        ("menu:", 'menu: "', "while parsing a block mapping"),
        ('title: "题目"', "titel: x", "no title"),
        ("\n---\n", "\n--\n", "Invalid isoformat string: ''"),
        ("", "", ""),
    ],
)
def test_validate_reports_errors_in_front_matter(before: str, after: str, fault: str) -> None:
    found = validate.fault(hugo.render(article()).replace(before, after, 1))
    assert found.startswith(fault)
    assert bool(found) == bool(fault)


def test_validate_accepts_the_articles_of_all_sources() -> None:
    files = list((Path(__file__).parents[1] / "fixtures").rglob("article.md"))
    assert len(files) > 20
    assert {path: validate.fault(path.read_text(encoding="utf-8")) for path in files} == dict.fromkeys(files, "")


def test_url_in_the_last_line_is_escaped() -> None:
    text = hugo.render(article(url="https://a.cn/x) [y](z {% w %}"))
    assert text.endswith("\n[demo](https://a.cn/x%29%20[y]%28z%20%7B%%20w%20%%7D)\n")


@pytest.mark.parametrize(
    ("text", "summary"),
    [
        ("~~~ {a=<} 字", "\\~~~ {a=<} 字"),  # Hugo failed the build
        ("字<script>bad()</script>\u3000字", "字&lt;script>bad()&lt;/script>\u3000字"),
        ("&lt;b> &amp;", "&amp;lt;b> &amp;amp;"),
        ("[a](javascript:b()) {{< x >}} {% y %}", "[a&#93;(javascript:b()) &#123;{< x >}} &#123;% y %}"),
        ("2025~2027年和10~12亿", r"2025\~2027年和10\~12亿"),
        ("10~12亿，5%~8%", "10~12亿，5%~8%"),
        ("[1]: https://a.cn/", r"\[1]: https://a.cn/"),
        ("a < b, AT&T, 3<5, {a}, `x`, *y*, “字”...", "a < b, AT&T, 3<5, {a}, `x`, *y*, “字”..."),
    ],
)
def test_summary_is_escaped_as_markdown(text: str, summary: str) -> None:
    assert hugo.load(hugo.render(article(summary=text)))[0]["summary"] == summary


def test_other_metadata_is_not_escaped() -> None:
    text = "<b> &lt; {{< x >}} [a](javascript:b())"
    metadata, _ = hugo.load(hugo.render(article(title=text, brief=text), ("brief",)))
    assert metadata["title"] == metadata["brief"] == text


@given(st.text())
def test_any_string_is_read_back_from_front_matter(text: str) -> None:
    front = hugo.render(
        article(title=text, brief=text, keywords=(text,), chosen={text: text}), ("brief", "keywords", "chosen")
    )
    metadata, _ = hugo.load(front)
    assert metadata["title"] == metadata["brief"] == text
    assert metadata["keywords"] == [text]
    assert metadata["chosen"] == {text: text}
    head = front.split("\n---\n")[0]
    assert yaml.load(head, yaml.SafeLoader)["title"] == text
    assert head.count("\n") == len(head.splitlines()) - 1  # each string is on one line


@given(st.text())
def test_load_and_dump_keep_any_body(body: str) -> None:
    text = f'---\ntitle: "题"\ncomments: false\n---\n{body}'
    metadata, rest = hugo.load(text)
    assert rest == body
    assert hugo.dump(metadata, rest) == text


def test_thematic_break_in_the_body_is_not_the_closing_fence() -> None:
    text = hugo.render(article(markdown="---\n\n正文\n---\n"))
    assert hugo.load(text)[1].startswith("\n---\n\n正文\n---\n")


def test_load_rejects_unsafe_yaml_and_text_without_front_matter() -> None:
    with pytest.raises(yaml.YAMLError):
        hugo.load("---\ntitle: !!python/name:os.system\n---\n")
    with pytest.raises(ValueError, match="no front matter"):
        hugo.load("正文")


GITBOOK = """\
# 题目
{% hint style="info" %}
**Category:** It
**Author:** [甲](https://www.demo.cn/u/1)
**Published:** 2025-02-01  
**Stats:** 👁️ 3 views | 💬 0 comments | ⭐ 1 collects
**Tags:** `丙` `丁'戊`
**Original:** [View on demo.cn](https://www.demo.cn/it/7.html)
{% endhint %}
> 摘要

---

正文
"""  # noqa: W291


def test_gitbook_page() -> None:
    assert gitbook.render(article(brief="摘要", **RICH)) == GITBOOK


def test_gitbook_page_omits_the_lines_of_empty_fields() -> None:
    header = gitbook.render(article()).partition("---")[0]
    assert re.findall(r"\*\*(\w+):", header) == ["Published", "Original"]
    assert header.endswith("> No brief available.\n\n")


markup = st.text(st.sampled_from("{%<}>\n-`[]()\\a#\u2028"), max_size=12)


@given(markup, markup, markup)
def test_metadata_never_becomes_a_gitbook_tag(title: str, author: str, tag: str) -> None:
    text = gitbook.render(article(title=title, author=author, brief=title, keywords=(tag,), author_url="https://a.cn"))
    assert re.findall(r"\{%.*", text) == ['{% hint style="info" %}', "{% endhint %}"]
    assert not re.search(r"\{[{#]", text)
    assert not text.startswith("---")


@pytest.mark.parametrize(
    ("page", "markdown"),
    [
        ("<p>{{ 甲 }}{# 乙 #}{% 丙 %}{ 丁 }</p>", "&#123;{ 甲 }}&#123;# 乙 #}&#123;% 丙 %}{ 丁 }"),
        ("<p>{{{{% 甲<b>{</b>{</p>", "&#123;&#123;&#123;&#123;% 甲**{**{"),
        ("<p>甲<code>{{ a }}</code></p>", "甲`{\u200b{ a }}`"),
        ("<pre>{{ a }}\n{### b ###}</pre>", "```\n{\u200b{ a }}\n{\u200b### b ###}\n```"),
        ('<img src="/{{x}}.png" alt="{{x">', "![&#123;{x](/&#123;{x}}.png)"),
    ],
)
def test_braces_of_templates_are_escaped_in_a_book(page: str, markdown: str) -> None:
    assert convert(parse_fragment(page), gitbook.HEADINGS).text == markdown


def test_braces_stay_in_front_matter_files() -> None:
    assert convert(parse_fragment("<p>{{ 甲 }}{# 乙 #}</p>"), hugo.HEADINGS).text == "{{ 甲 }}{# 乙 #}"


ENTRIES = (
    Entry("2025-02-01", "甲[一]", "2025/02/a.md"),
    Entry("2025-02-03", "乙", "2025/02/b.md"),
    Entry("2024-12-31 23:00:00", "丙", "2024/12/c.md"),
)


def test_summary_of_a_book() -> None:
    assert gitbook.summary(ENTRIES) == (
        "# Summary\n\n"
        "* [2025](2025/README.md)\n"
        "  * [2025-02](2025/02/README.md)\n"
        "    * [乙](2025/02/b.md)\n"
        "    * [甲&#91;一&#93;](2025/02/a.md)\n"
        "* [2024](2024/README.md)\n"
        "  * [2024-12](2024/12/README.md)\n"
        "    * [丙](2024/12/c.md)\n"
    )


def test_readmes_of_a_book() -> None:
    assert gitbook.readmes(ENTRIES[:2]) == {
        "2025/README.md": "# 2025\n\n* [2025-02](02/README.md) (2)\n",
        "2025/02/README.md": "# 2025-02\n\n* 2025-02-03 [乙](b.md)\n* 2025-02-01 [甲&#91;一&#93;](a.md)\n",
    }


def test_jsonl_row_is_valid_unicode_without_the_body() -> None:
    row = json.loads(
        json.dumps(jsonl.row(article(title="一\u2028\ud83d二", id="\ud83d", **RICH)), ensure_ascii=False).encode()
    )
    assert row["id"] == "\ufffd"
    assert row["title"] == "一\u2028\ufffd二"
    assert row["keywords"] == ["丙", "丁`戊"]
    assert row["counts"] == {"views": 3, "comments": 0, "collects": 1}
    assert "body" not in row


def test_load_and_dump_keep_every_file_of_the_corpus(shared: Path) -> None:
    files = [*shared.glob("examples/*.md"), *shared.glob("mirror/expected/corpus/*/*.md")]
    texts = [text for file in files if (text := file.read_bytes().decode()).startswith("---\n")]
    assert len(texts) > 3
    for text in texts:
        assert hugo.dump(*hugo.load(text)) == text


def test_gitbook_headers_match_the_mirror(shared: Path) -> None:
    expected = shared / "mirror" / "expected"
    rows = map(json.loads, (expected / "manifest.jsonl").read_text("utf-8").splitlines())
    pages = [row for row in rows if "gitbook" in row]
    assert pages
    for row in pages:
        header = (expected / row["gitbook"]).read_text("utf-8").partition("\n---\n")[0]
        address = re.search(r"Author:\*\* \[.*\]\((.*)\)", header)
        brief = header.rstrip("\n").rpartition("\n> ")[2]
        counts = re.findall(r"(\d+) (views|comments|collects)", header)
        page = article(
            **{name: row[name] for name in ("url", "title", "date", "author")},
            author_url=address and address[1],
            category=row["url"].split("/")[3],
            keywords=tuple(row["tags"]),
            brief="" if brief == "No brief available." else brief,
            counts={name: int(number) for number, name in counts},
        )
        assert gitbook.render(page) == f"{header}\n---\n\n正文\n"


@pytest.mark.parametrize("blank", ["\u3000", "\u2028", "\x85", "\u00a0"])
def test_url_with_a_blank_is_identified(blank: str) -> None:
    assert " " not in link("甲", f"https://a.example/{blank}x").replace(blank, " ")
    assert identify(hugo.render(article(url=f"https://a.example/{blank}x")))[0] == "题目"


@pytest.mark.parametrize("title", ["甲\\<b>", "{{\\<x", "\\\\<b>", "\\&lt;", "\\&x", "&ltb", "`\\<b>"])
def test_gitbook_title_with_a_backslash_is_identified(title: str) -> None:
    assert identify(gitbook.render(article(title=title)))[0] == title


def test_gitbook_entry_takes_linear_time() -> None:
    within(3, lambda: gitbook.entry("x", "\\" * 100_000))


@pytest.mark.parametrize("head", ["x", "- a", "", "1"])
def test_identify_rejects_front_matter_without_keys(head: str) -> None:
    with pytest.raises(ValueError, match="without keys"):
        identify(f"---\n{head}\n---\n\nx\n")
