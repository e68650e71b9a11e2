"""HonKit builds a book of difficult pages; readers see each title, text and picture, and no text acts.

Needs the packages of a book in HONKIT_DIR, a folder in which `npm install` was run (crawler/layouts/README.md).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from lxml import html
from lxml.html import HtmlElement

from crawler.corpus.book import prepare_book, write_book
from crawler.corpus.store import safe_name
from crawler.items import Article
from crawler.layouts import gitbook
from crawler.markdown.convert import convert
from crawler.markdown.plain_text import plain_text
from crawler.pipelines.normalize import normalize
from tests.corpus.corpora import article, opened
from tests.markdown.bodies import Bodies
from tests.markdown.render_property import faults_of, parsed
from tests.markdown.rendering import rendered_content

pytestmark = [pytest.mark.slow, pytest.mark.needs_honkit]

TITLES = (
    *("甲[乙", "甲]乙", "[甲](b.md)", "![甲](x.png)", "[^1]甲", "[x] 甲", "甲|乙|丙", "*甲*乙**丙**", "_甲_ __乙__"),
    *("`甲`乙", "``甲`", "~~甲~~ 5~10", "\\甲\\[乙\\", "甲 #", "# 甲", "> 甲", "1. 甲", "- 甲", "$$x$$ 甲", "甲{.x}"),
    *("{{ x }}甲", "{% raw %}甲", "{# 甲 #}", "{### 甲 ###}", "{{-%abc%-}}", "😀👨‍👩‍👧甲", "http://a.example/x_y_z 甲"),
    *("<script>alert(1)</script>", "</title><img src=x onerror=alert(1)>", '甲" onmouseover="alert(1)', "it's 'x'"),
    *("甲 & 乙 &amp; &lt;b&gt; &#60;", "&#x3c;script&#x3e;", "甲（乙）(丙)", "甲" * 300),
)
TEXTS = (
    "{{ 甲 }}{% raw %}乙{% endraw %}{# 丙 #}{### 丁 ###}{{-%戊%-}}",
    "**“甲。”**乙，**（丙）**丁",
    "`{\u200b{ 甲 }}`\n\n```\n{\u200b% include 'x' %}\n<b> & {### x ###}\n```",
    "[甲](https://[bad) [乙](http://xn--/) <http://\u200b/>",  # addresses that Node cannot parse
    "| 甲 | 乙 |\n| --- | --- |\n| 1 \\| 2 | <script>alert(1)</script> |",
    "[^1] 甲[1]\n\n\\[^1]: 乙",
    "甲  \n乙",
    "甲" * 100_000,
    "![图](a1/0123.jpg)",
)
PICTURE = b"\xff\xd8\xff\xe0 a picture"


@pytest.fixture(scope="module")
def articles() -> list[tuple[Article, str]]:
    """Articles, each with the page that its Markdown was made from, or ""."""
    pages = [Bodies(Random(f"honkit-{number}")).body() for number in range(60)]
    made = [(convert(parsed(page), "atx").text, page) for page in pages]
    bodies = [*((text, "") for text in TEXTS), *(pair for pair in made if pair[0])]
    found = []
    for number in range(max(len(TITLES), len(bodies))):
        text, page = bodies[number] if number < len(bodies) else ("正文", "")
        name = "新闻 一" if number == 0 else f"a{number}"
        title = TITLES[number % len(TITLES)]
        found.append((normalize(replace(article(name), title=title, markdown=text, brief=title, author=title)), page))
    return found


@pytest.fixture(scope="module")
def book(articles: list[tuple[Article, str]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a book that HonKit built."""
    packages = os.environ.get("HONKIT_DIR")
    if not packages:
        pytest.skip("HONKIT_DIR is not set: no packages of HonKit")
    root = tmp_path_factory.mktemp("corpus")
    with opened(root) as corpus:
        for stored, _ in articles:
            corpus.store(stored, gitbook.render(stored))
        write_book(corpus.changes)
        prepare_book(corpus.changes)
    folder = root / "toy"
    (folder / "2025/02/a1").mkdir()
    (folder / "2025/02/a1/0123.jpg").write_bytes(PICTURE)
    shutil.copytree(Path(packages, "node_modules"), folder / "node_modules", symlinks=True)
    command = ["node", "node_modules/honkit/bin/honkit.js", "build"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "slower" not in done.stdout + done.stderr
    return folder


def page_of(book: Path, name: str) -> HtmlElement:
    text = (book / "_book/2025/02" / f"{name}.html").read_text(encoding="utf-8")
    return html.document_fromstring(text.encode(), parser=html.HTMLParser(encoding="utf-8"))


def one(node: HtmlElement, path: str) -> str:
    [found] = node.xpath(path)
    return " ".join(found.text_content().split())


def body_of(page: HtmlElement) -> str:
    """Return the HTML of the article: what follows the first rule."""
    [section] = page.xpath("//section[contains(@class, 'markdown-section')]")
    inner = "".join(html.tostring(node, encoding="unicode") for node in section)
    return inner.partition("<hr>")[2]


def test_each_title_is_in_all_places(book: Path, articles: list[tuple[Article, str]]) -> None:
    listed = [" ".join(node.text_content().split()) for node in page_of(book, "index").xpath("//section//li")]
    for stored, _ in articles:
        page, title = page_of(book, safe_name(stored.id)), " ".join(stored.title.split())
        assert one(page, "(//section//h1)[1]") == title
        assert one(page, "//title") == f"{title} · toy"
        assert one(page, "//li[contains(@class, 'active')]/a") == title
        # A marker at the start of a line stays one (FORMAT.md, "Escapes").
        assert one(page, "//section/blockquote[1]") == re.sub(r"\A(?:#|>|-|1\.) ", "", title)
        assert f"Author: {title}" in one(page, "//div[contains(@class, 'hint-info')]")
        assert f"2025-02-11 {title}" in listed


def test_no_text_acts(book: Path, articles: list[tuple[Article, str]]) -> None:
    for stored, _ in articles:
        page = page_of(book, safe_name(stored.id))
        assert not [node for node in page.xpath("//script") if (node.text or "").strip().startswith("alert")]
        assert not [name for node in page.xpath("//*") for name in node.attrib if str(name).startswith("on")]
        assert not page.xpath("//img[@src='x'] | //a[starts-with(@href, 'javascript')]")


def test_each_page_has_its_whole_text(book: Path, articles: list[tuple[Article, str]]) -> None:
    for stored, page in articles:
        body = body_of(page_of(book, safe_name(stored.id)))
        if page:
            shown = rendered_content(body)
            # HonKit writes paths that are relative to the page. Those of a crawled page are absolute URLs.
            shown.pictures = [re.sub(r"\A(?:\.\./)+", "/", address) for address in shown.pictures]
            assert faults_of(page, shown) == []
        elif "](" not in stored.markdown:
            text = "".join(html.fragment_fromstring(f"<div>{body}</div>").text_content().split())
            expected = plain_text(stored.markdown).replace("\\|", "|")
            assert text.replace("\u200b", "") == "".join(expected.split()).replace("\u200b", "")


def test_bold_beside_punctuation_breaks_and_pictures(book: Path) -> None:
    bold = html.fragment_fromstring(f"<div>{body_of(page_of(book, 'a1'))}</div>")
    assert [node.text for node in bold.iter("strong")] == ["“甲。”", "（丙）"]
    assert body_of(page_of(book, "a6")).count("<br>") == 1
    assert "</br>" not in (book / "_book/2025/02/a6.html").read_text()
    [picture] = html.fragment_fromstring(f"<div>{body_of(page_of(book, 'a8'))}</div>").iter("img")
    assert (book / "_book/2025/02" / picture.get("src", "")).read_bytes() == PICTURE


def test_links_of_the_indexes_lead_to_pages(book: Path) -> None:
    for index in ("index.html", "2025/index.html", "2025/02/index.html", "2025/02/a1.html"):
        page = html.document_fromstring((book / "_book" / index).read_bytes())
        links = page.xpath("//section//li/a/@href | //nav//a/@href | //a[contains(@class, 'navigation')]/@href")
        assert links
        for target in links:
            path = (book / "_book" / index).parent / target
            assert (path / "index.html" if path.is_dir() else path).is_file(), (index, target)


def test_files_of_the_crawler_are_not_published(book: Path) -> None:
    assert {path.name for path in (book / "_book").iterdir()} == {"2025", "gitbook", "index.html"}


def test_a_page_with_an_error_stops_no_other_page(book: Path) -> None:
    """HonKit calls no further hook for a page after an error; `honkit serve` then builds the book again."""
    script = """
        const { hooks } = require("./.honkit");
        const before = hooks["page:before"];
        (async () => {
            for (const _ of [1, 2]) await before({ path: "README.md", content: "{{ x" });
            for (const path of ["2025/02/a1.md", "2025/02/a2.md"])
                await before({ path, content: null }).catch(() => console.log("error"));
            for (const path of ["2025/02/a2.md", "2025/02/a3.md"]) {
                const page = await before({ path, content: "*text*" });
                console.log(path, page.content === "", hooks.page(page).content.trim());
            }
            console.log(hooks.page({ path: "README.md", content: "index" }).content);
        })();
    """
    node = [shutil.which("node") or "node", "-e", script]
    done = subprocess.run(node, cwd=book, capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout.splitlines() == [
        *(
            "error",
            "error",
            "2025/02/a2.md true <p><em>text</em></p>",
            "2025/02/a3.md true <p><em>text</em></p>",
            "index",
        )
    ], done.stderr
