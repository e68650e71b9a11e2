"""The corpus as a website: pages, lists, feeds and search files, through the command."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit
from urllib.request import urlopen

import pytest
from parsel import Selector

from crawler.corpus.lock import lock
from tests.support.mirror import ROOT, press_corpus, scrapy
from tests.support.toy_site import TOY, Site

pytestmark = pytest.mark.slow

BOLD = (
    "<p><b>“你好。”</b>下<b>甲</b><b>：</b>乙。5**3**2 与 <code>**kwargs**</code></p><pre>a **b** c\n\n**d。**e</pre>"
)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = Site(tmp_path_factory.mktemp("corpus"))
    site.listing("news", "a1", "a2", "a3", "a4")
    site.article("a1", body=BOLD)
    site.article(
        "a2", body='<p>半导体与A股。<a href="http://else.example/">else</a></p><img src="http://img.example/1.jpg">'
    )
    site.article(
        "a3",
        body="<p>&lt;script&gt;alert(1)&lt;/script&gt; {{&lt; x &gt;}} &amp;lt;</p><p>其余的文字足以成为一篇文章。</p>",
    )
    site.article("a4", body="<p>被删除的文章，秘密。</p>")
    site.crawl()
    done = scrapy("corpus", "remove", "a4", "--reason", "asked", *TOY, "-s", f"OUTPUT_DIR={site.output}")
    assert done.returncode == 0, done.stderr
    [page] = site.output.glob("toy/2025/02/a3.md")
    page.with_name("a4.md").write_bytes(page.read_bytes().replace("其余".encode(), "秘密".encode()))
    for name in ("a1", "a4"):  # as the page, left by a takedown that was killed
        folder = site.output / "toy/2025/02" / name
        folder.mkdir()
        (folder / "0123456789abcdef.png").write_bytes(f"picture of {name}".encode())
    return site


def build(corpus: Site, target: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return scrapy(
        "site", "build", "--to", str(target), "--url", "https://corpus.example/press", *options, *TOY,
        "-s", f"OUTPUT_DIR={corpus.output}",
    )  # fmt: skip


@pytest.fixture(scope="module")
def public(corpus: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    before = {path: path.read_bytes() for path in corpus.output.rglob("*.md")}
    target = tmp_path_factory.mktemp("site") / "public"
    done = build(corpus, target)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{target}: 3 articles, 7 lists\n"
    assert {path: path.read_bytes() for path in corpus.output.rglob("*.md")} == before
    return target


def pages(folder: Path) -> Iterator[tuple[Path, Selector]]:
    for path in sorted(folder.rglob("*.html")):
        yield path, Selector(path.read_text(encoding="utf-8"))


def article(folder: Path, name: str) -> Selector:
    [path] = folder.rglob(f"{name}/index.html")
    return Selector(path.read_text(encoding="utf-8"))


def test_every_link_in_the_site_has_a_target(public: Path) -> None:
    number = 0
    for path, page in pages(public):
        base = f"http://x/{path.relative_to(public)}"
        for link in page.css("a::attr(href), link[rel=stylesheet]::attr(href), script::attr(src)").getall():
            if urlsplit(link).scheme in ("http", "https"):
                continue
            target = public / unquote(urlsplit(urljoin(base, link)).path).lstrip("/")
            assert (target / "index.html" if target.is_dir() else target).is_file(), (path, link)
            number += 1
    assert number > 30


def test_every_article_is_in_the_lists_of_its_source_and_month(public: Path) -> None:
    months = [path.name for path in (public / "months").iterdir() if path.is_dir()]
    [month] = months
    for place in ("toy", f"toy/{month.replace('-', '/')}", f"months/{month}", ""):
        page = Selector((public / place / "index.html").read_text(encoding="utf-8"))
        assert len(page.css(".articles a")) == 3, place


def test_the_page_of_an_article(public: Path) -> None:
    page = article(public, "a2")
    assert page.css("h1::text").get()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d)?", page.css("time::text").get(""))
    assert page.css(".facts a::attr(href)").get("").endswith("/a/a2.html")
    assert page.css(".body img::attr(referrerpolicy)").get() == "no-referrer"
    assert page.css(".parents a::text").getall()[0] == "toy"


def test_bold_text_beside_chinese_punctuation_is_bold(public: Path) -> None:
    page = article(public, "a1")
    assert page.css(".body p:first-of-type strong::text").getall()[:1] == ["“你好。”"]
    text = "".join(page.css(".body p:first-of-type ::text").getall())
    assert text == "“你好。”下甲：乙。5**3**2 与 **kwargs**"
    assert "".join(page.css(".body pre ::text").getall()).strip() == "a **b** c\n\n**d。**e"


def test_text_of_a_page_has_no_effect(public: Path) -> None:
    page = article(public, "a3")
    assert "<script>alert(1)</script> {{< x >}} &lt;" in "".join(page.css(".body ::text").getall())
    assert not page.css(".body script")


def test_removed_articles_are_nowhere_in_the_site(public: Path) -> None:
    assert not list(public.rglob("a4"))
    assert {path.read_text() for path in public.rglob("*.png")} == {"picture of a1"}
    assert not [path for path in public.rglob("*") if path.is_file() and "秘密".encode() in path.read_bytes()]


def test_pages_send_no_requests_to_other_hosts_except_for_pictures(public: Path) -> None:
    for path, page in pages(public):
        assert page.css('meta[name="referrer"]::attr(content)').get() == "no-referrer", path
        policy = page.css('meta[http-equiv="Content-Security-Policy"]::attr(content)').get("")
        assert policy.startswith("default-src 'self'; img-src http: https: data:;")
        loaded = page.css(
            "script::attr(src), link:not([rel=alternate]):not([rel=canonical])::attr(href), iframe::attr(src)"
        )
        assert not [link for link in loaded.getall() if "//" in link]


def test_feeds_have_the_full_text(public: Path) -> None:
    for place, number in (("", 3), ("toy/", 3)):
        rss = Selector((public / place / "index.xml").read_text(encoding="utf-8"), type="xml")
        assert len(rss.css("item")) == number
        for link in rss.css("item link::text").getall():
            assert link.startswith("https://corpus.example/press/toy/")
            assert (public / urlsplit(link).path.removeprefix("/press/") / "index.html").is_file()
        content = Selector("".join(rss.xpath("//*[local-name()='encoded']/text()").getall()))
        assert "半导体与A股。" in "".join(content.css("p::text").getall())
        feed = json.loads((public / place / "feed.json").read_text(encoding="utf-8"))
        assert feed["version"] == "https://jsonfeed.org/version/1.1"
        assert len(feed["items"]) == number
        assert all(item["url"].startswith("https://corpus.example/press/toy/") for item in feed["items"])


def test_sitemap_and_llms_txt_name_the_pages(public: Path) -> None:
    sitemap = (public / "sitemap.xml").read_text(encoding="utf-8")
    places = re.findall("<loc>https://corpus.example/press/(.*?)</loc>", sitemap)
    assert {place for place in places if re.search(r"/a\d/$", place)} == {
        str(path.parent.relative_to(public)) + "/" for path in public.rglob("a[123]/index.html")
    }
    assert "https://corpus.example/press/toy/feed.json" in (public / "llms.txt").read_text(encoding="utf-8")


def test_a_second_build_and_a_build_by_years_give_the_same_bytes(corpus: Site, public: Path, tmp_path: Path) -> None:
    again, by_year = tmp_path / "again", tmp_path / "by_year"
    for _ in range(2):
        assert build(corpus, again).returncode == 0
    assert build(corpus, by_year, "--large", "1").returncode == 0

    def files(folder: Path) -> dict[str, bytes]:
        found = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        return {name: data for name, data in found.items() if not name.startswith("sitemap")}

    assert files(again) == files(public)
    assert files(by_year) == files(public)
    assert "sitemap-lists.xml" in (by_year / "sitemap.xml").read_text()


def test_wrong_uses_have_clear_errors(corpus: Site, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    for words, code, message in [
        (("site",), 2, "expected: site build, or site serve"),
        (("site", "build", "--url", "corpus.example"), 2, "is not a URL"),
        (("site", "build", "--to", str(tmp_path / "mine")), 2, "exists and is not a site"),
    ]:
        done = scrapy(*words, *TOY, "-s", f"OUTPUT_DIR={corpus.output}")
        assert (done.returncode, message in done.stderr) == (code, True), done.stderr
    done = press_corpus(tmp_path, "site", "build")
    assert (done.returncode, "is not a corpus" in done.stderr) == (2, True)
    assert not list(tmp_path.glob(".*"))


def test_an_empty_corpus_gives_an_empty_site(tmp_path: Path) -> None:
    (tmp_path / "output/.state").mkdir(parents=True)
    done = scrapy("site", "build", "--to", str(tmp_path / "site"), "-s", f"OUTPUT_DIR={tmp_path}/output")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "site/index.html").is_file()


def test_a_file_that_hugo_cannot_read_is_named(corpus: Site, tmp_path: Path) -> None:
    copy = tmp_path / "output"
    shutil.copytree(corpus.output, copy)
    [path] = copy.rglob("a1.md")
    path.write_text("---\ntitle: [\n---\n")
    done = scrapy("site", "build", "--to", str(tmp_path / "site"), *TOY, "-s", f"OUTPUT_DIR={copy}")
    assert done.returncode == 1
    assert "a1.md" in done.stderr.splitlines()[-1]
    assert not (tmp_path / "site").exists()
    assert sys.executable not in done.stderr


def test_a_gitbook_and_a_second_build_have_clear_errors(corpus: Site, tmp_path: Path) -> None:
    with closing(lock(corpus.output / ".state/site.lock", "press-corpus site")):
        done = build(corpus, tmp_path / "site")
    assert (done.returncode, "another run of press-corpus site is active" in done.stderr) == (4, True), done.stderr
    book = Site(tmp_path)
    book.listing("news", "a1")
    book.article("a1")
    book.crawl("-s", "LAYOUT=gitbook")
    done = build(book, tmp_path / "public")
    assert (done.returncode, "has no front matter: the site needs files of the layout hugo" in done.stderr) == (1, True)


def test_a_killed_build_leaves_the_old_site_and_no_other_folder(corpus: Site, tmp_path: Path) -> None:
    target = tmp_path / "site"
    assert build(corpus, target).returncode == 0
    before = {path: path.read_bytes() for path in target.rglob("*") if path.is_file()}
    done = scrapy(
        "site", "build", "--to", str(target), *TOY, "-s", f"OUTPUT_DIR={corpus.output}", first=kill_before_the_move
    )
    assert done.returncode == -signal.SIGKILL
    assert {path: path.read_bytes() for path in target.rglob("*") if path.is_file()} == before
    assert build(corpus, target).returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def kill_before_the_move() -> None:
    from crawler.website import build as module

    module._replace = lambda public, target: os.kill(os.getpid(), signal.SIGKILL)


def test_articles_with_nearly_the_same_text_name_each_other(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.listing("news", "a1", "a2")
    text = "".join(f"第{number}句话说明一件不同的事情{number * 7}。" for number in range(40))
    site.article("a1", body=f"<p>{text}</p>")
    site.article("a2", body=f"<p>{text}后来又补充了一句。</p>")
    site.crawl()
    assert scrapy("corpus", "duplicates", *TOY, "-s", f"OUTPUT_DIR={site.output}").returncode == 0
    done = build(site, tmp_path / "public")
    assert done.returncode == 0, done.stderr
    assert article(tmp_path / "public", "a2").css("aside a::text").getall() == ["About a1"]
    assert article(tmp_path / "public", "a1").css("aside a::text").getall() == ["About a2"]


def test_serve_shows_the_site_until_ctrl_c(corpus: Site, tmp_path: Path) -> None:
    command = [
        sys.executable, "-m", "crawler", "site", "serve", "--to", str(tmp_path / "site"), "--port", "0",
        *TOY, "-s", f"OUTPUT_DIR={corpus.output}",
    ]  # fmt: skip
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert server.stdout.readline().endswith("articles, 7 lists\n")
        url = server.stdout.readline().split()[0]
        with urlopen(f"{url}toy/") as answer:
            assert "About a1" in answer.read().decode()
        server.send_signal(signal.SIGINT)
        assert server.wait(20) == 0
