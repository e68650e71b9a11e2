"""An article becomes the text of a file, and a file of the corpus is read and written again without change."""

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


def test_extra_keys_follow_in_the_order_asked_for() -> None:
    extra = 'counts:\n  "views": 3\n  "comments": 0\n  "collects": 1\nauthor: "甲"\nbrief: ""\n'
    text = hugo.render(article(title='一"二\\三😀', **RICH), ("counts", "author", "brief"))
    assert text == HUGO.format(extra=extra)
    assert hugo.load(hugo.render(article(), ("keywords", "chosen")))[0]["keywords"] == []


def test_a_key_that_would_move_the_page_is_no_extra() -> None:
    with pytest.raises(ValueError, match="url"):
        hugo.render(article(), ("author", "url"))


@pytest.mark.parametrize("body", ["---\n\ntitle: x\n\n---", "+++", "...", "a\n\n---\n\nb", "\ufeff---"])
def test_a_body_can_not_pass_for_front_matter(body: str) -> None:
    text = hugo.render(article(markdown=body))
    assert identify(text) == ("题目", "2025-02-01 08:09:10", "https://www.demo.cn/it/7.html", body)
    post = frontmatter.loads(text)
    assert post["title"] == "题目"
    assert post.content == f"{body}\n\n[demo](https://www.demo.cn/it/7.html)"


@pytest.mark.parametrize("value", ["!!python/object/apply:os.system [id]", "*nowhere", "[a", "a: b"])
def test_front_matter_that_does_not_load_is_named_and_runs_nothing(value: str) -> None:
    with pytest.raises(ValueError, match="does not load"):
        identify(hugo.render(article()).replace('"题目"', value))


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("menu:", "date: x\nmenu:", "date stands there 2 times"),
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
def test_a_second_reader_says_what_is_wrong_with_front_matter(before: str, after: str, fault: str) -> None:
    found = validate.fault(hugo.render(article()).replace(before, after, 1))
    assert found.startswith(fault)
    assert bool(found) == bool(fault)


def test_a_second_reader_finds_nothing_wrong_with_what_sources_give() -> None:
    files = list((Path(__file__).parents[1] / "fixtures").rglob("article.md"))
    assert len(files) > 20
    assert {path: validate.fault(path.read_text(encoding="utf-8")) for path in files} == dict.fromkeys(files, "")


def test_the_address_can_not_break_the_last_line() -> None:
    text = hugo.render(article(url="https://a.cn/x) [y](z {% w %}"))
    assert text.endswith("\n[demo](https://a.cn/x%29%20[y]%28z%20%7B%%20w%20%%7D)\n")


@pytest.mark.parametrize(
    ("text", "summary"),
    [
        ("~~~ {a=<} 字", "\\~~~ {a=<} 字"),  # it stopped Hugo
        ("字<script>bad()</script>\u3000字", "字&lt;script>bad()&lt;/script>\u3000字"),
        ("&lt;b> &amp;", "&amp;lt;b> &amp;amp;"),
        ("[a](javascript:b()) {{< x >}} {% y %}", "[a&#93;(javascript:b()) &#123;{< x >}} &#123;% y %}"),
        ("a < b, AT&T, 3<5, {a}, `x`, *y*, “字”...", "a < b, AT&T, 3<5, {a}, `x`, *y*, “字”..."),
    ],
)
def test_what_would_act_in_a_summary_is_text(text: str, summary: str) -> None:
    """For Hugo it is Markdown."""
    assert hugo.load(hugo.render(article(summary=text)))[0]["summary"] == summary


def test_metadata_that_is_plain_text_for_hugo_stays_as_it_is() -> None:
    text = "<b> &lt; {{< x >}} [a](javascript:b())"
    metadata, _ = hugo.load(hugo.render(article(title=text, brief=text), ("brief",)))
    assert metadata["title"] == metadata["brief"] == text


@given(st.text())
def test_any_string_is_read_back(text: str) -> None:
    front = hugo.render(
        article(title=text, brief=text, keywords=(text,), chosen={text: text}), ("brief", "keywords", "chosen")
    )
    metadata, _ = hugo.load(front)
    assert metadata["title"] == metadata["brief"] == text
    assert metadata["keywords"] == [text]
    assert metadata["chosen"] == {text: text}
    head = front.split("\n---\n")[0]
    assert yaml.load(head, yaml.SafeLoader)["title"] == text
    assert head.count("\n") == len(head.splitlines()) - 1  # one string, one line


@given(st.text())
def test_a_file_is_read_and_written_again_without_change(body: str) -> None:
    text = f'---\ntitle: "题"\ncomments: false\n---\n{body}'
    metadata, rest = hugo.load(text)
    assert rest == body
    assert hugo.dump(metadata, rest) == text


def test_a_rule_in_the_body_stays_in_the_body() -> None:
    text = hugo.render(article(markdown="---\n\n正文\n---\n"))
    assert hugo.load(text)[1].startswith("\n---\n\n正文\n---\n")


def test_python_frontmatter_reads_and_writes_the_same() -> None:
    text = hugo.render(article())
    assert frontmatter.dumps(frontmatter.loads(text, handler=hugo.CorpusHandler())) == text


def test_only_plain_yaml_is_loaded() -> None:
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


def test_gitbook_page_without_what_its_source_does_not_have() -> None:
    header = gitbook.render(article()).partition("---")[0]
    assert re.findall(r"\*\*(\w+):", header) == ["Published", "Original"]
    assert header.endswith("> No brief available.\n\n")


nasty = st.text(st.sampled_from("{%<}>\n-`[]()\\a#\u2028"), max_size=12)


@given(nasty, nasty, nasty)
def test_only_the_layout_writes_gitbook_s_tags(title: str, author: str, tag: str) -> None:
    text = gitbook.render(article(title=title, author=author, brief=title, keywords=(tag,), author_url="https://a.cn"))
    assert re.findall(r"\{%.*", text) == ['{% hint style="info" %}', "{% endhint %}"]
    assert "{{<" not in text
    assert not text.startswith("---")


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
        "    * [甲\\[一\\]](2025/02/a.md)\n"
        "* [2024](2024/README.md)\n"
        "  * [2024-12](2024/12/README.md)\n"
        "    * [丙](2024/12/c.md)\n"
    )


def test_readmes_of_a_book() -> None:
    assert gitbook.readmes(ENTRIES[:2]) == {
        "2025/README.md": "# 2025\n\n* [2025-02](02/README.md) (2)\n",
        "2025/02/README.md": "# 2025-02\n\n* 2025-02-03 [乙](b.md)\n* 2025-02-01 [甲\\[一\\]](a.md)\n",
    }


def test_one_line_of_json() -> None:
    line = jsonl.render(article(title="一\u2028\ud83d二", **RICH))
    row = json.loads(line)
    assert line.splitlines() == [line.rstrip("\n")]
    assert row["title"] == "一\u2028\ufffd二"
    assert row["keywords"] == ["丙", "丁`戊"]
    assert row["counts"] == {"views": 3, "comments": 0, "collects": 1}
    assert "body" not in row


def test_the_corpus_is_read_and_written_again_without_change(shared: Path) -> None:
    files = [*shared.glob("examples/*.md"), *shared.glob("mirror/expected/corpus/*/*.md")]
    texts = [text for file in files if (text := file.read_bytes().decode()).startswith("---\n")]
    assert len(texts) > 3
    for text in texts:
        assert hugo.dump(*hugo.load(text)) == text


def test_gitbook_headers_are_as_expected(shared: Path) -> None:
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
