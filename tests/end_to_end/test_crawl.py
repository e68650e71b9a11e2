"""What a crawl does, seen from outside: on a made-up site of recorded pages."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest

from crawler.reading.page import Page
from crawler.recordings.cases import save_case
from tests.support.mirror import Run, crawl

HTML = {"content-type": "text/html; charset=utf-8"}
TOY = ("-s", "SPIDER_MODULES=tests.support.toy", "-s", "BLOCK_BACKOFF=0", "-s", "RETRY_TIMES=0")


class Site:
    """The recorded pages of a toy site."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "site"
        self.folder.mkdir()
        self.output = folder / "output"

    def page(self, path: str, html: str, status: int = 200, **headers: str) -> None:
        url = f"http://toy.example/{path}"
        save_case(self.folder / re.sub(r"\W", "-", path), Page(url, html.encode(), status, {**HTML, **headers}))

    def listing(self, path: str, *names: str, following: str = "", dates: dict[str, str] | None = None) -> None:
        known = dates or {}
        items = [
            f'<li><a href="/a/{name}.html">about {name}</a> <time>{known.get(name, "")}</time></li>' for name in names
        ]
        pager = f'<a class="next" href="/{following}">' if following else ""
        self.page(path, f"<html><body><ul>{''.join(items)}</ul>{pager}</body></html>")

    def article(
        self, name: str, date: str = "2025-02-11 08:00:00", body: str = "<p>text.</p>", end: str = "</html>"
    ) -> None:
        self.page(
            f"a/{name}.html",
            f"<html><head><title>About {name}_Toy</title></head><body><h1>About {name}</h1>"
            f"<time>{date}</time><article>{body}</article></body>{end}",
        )

    def crawl(self, *options: str) -> Run:
        return crawl("toy", self.output, *TOY, "-s", f"REPLAY={self.folder}", *options)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def written(run: Run) -> set[str]:
    return set(run.files("toy"))


def test_listings_are_walked_to_their_end_and_every_article_is_written_once(site: Site) -> None:
    site.listing("news", "a1", "a2", following="news/2")
    site.listing("news/2", "a2", "a3")
    for name in ("a1", "a2", "a3"):
        site.article(name)
    run = site.crawl()
    assert written(run) == {"a1", "a2", "a3"}
    assert run.exit_code == 0
    assert "links.new=3 links.repeated=1 pages.article=3 pages.listing=2 articles.written=3" in run.log
    again = site.crawl()
    assert again.exit_code == 0
    assert "links.known=2 pages.listing=1" in again.log  # nothing new on the first page: the walk ends there
    assert "pages.article" not in again.log


def test_a_file_has_front_matter_body_and_the_link_of_its_source(site: Site) -> None:
    site.listing("news", "a1")
    site.article("a1", body="<p>First &lt;b&gt;.</p><p><b>Second</b>.</p>")
    text = site.crawl().files("toy")["a1"].decode()
    assert text.startswith('---\ntitle: "About a1"\ndate: "2025-02-11 08:00:00"\nsummary: "First &lt;b>.Second."\n')
    assert text.endswith("---\n\nFirst &lt;b>.\n\n**Second**.\n\n[toy](http://toy.example/a/a1.html)\n")


def test_pages_limits_the_listing_pages_and_limit_the_articles(site: Site) -> None:
    site.listing("news", "a1", "bad", "a2", following="news/2")
    site.listing("news/2", "a3", "a4")
    for name in ("a1", "a2", "a3", "a4"):
        site.article(name)
    site.page("a/bad.html", "<html><body>nothing here</body></html>")
    assert written(site.crawl("-a", "pages=1")) == {"a1", "a2"}
    assert written(site.crawl("-a", "limit=1")) == {"a1", "a2", "a3"}


def test_a_page_that_is_no_article_does_not_count_towards_the_limit(site: Site) -> None:
    site.listing("news", "bad", "video", following="news/2")
    site.listing("news/2", "a1", "a2")
    site.page("a/bad.html", "<html><body>nothing here</body></html>")
    site.page("a/video.html", "<html><body><video></video></body></html>")
    site.article("a1")
    site.article("a2")
    assert len(written(site.crawl("-a", "limit=1"))) == 1


def test_since_and_until_choose_by_the_listings_date_and_then_by_the_pages(site: Site) -> None:
    site.listing("news", "a1", "a2", "a3", "a4", dates={"a1": "2025-02-14", "a2": "2025-02-12 10:00:00"})
    for name, date in {"a2": "2025-02-12 10:00:00", "a3": "2025-02-13", "a4": "2025-01-01"}.items():
        site.article(name, date)
    run = site.crawl("-a", "since=2025-02-12", "-a", "until=2025-02-13")
    assert written(run) == {"a2", "a3"}
    assert "links.filtered=1" in run.log
    assert "pages.filtered=1" in run.log


def test_the_walk_ends_behind_a_listing_page_that_lies_before_since(site: Site) -> None:
    site.listing("news", "a1", following="news/2", dates={"a1": "2025-02-14"})
    site.listing("news/2", "a2", following="news/3", dates={"a2": "2025-02-10"})
    site.listing("news/3", "a3")
    site.article("a1")
    run = site.crawl("-a", "since=2025-02-11", "-s", "LOG_LEVEL=DEBUG")
    assert "news/2" in run.log
    assert "news/3" not in run.log


def test_a_keyword_filters_the_titles_where_the_site_has_no_search(site: Site) -> None:
    site.listing("news", "chip", "bank")
    site.article("chip")
    site.article("bank")
    assert written(site.crawl("-a", "keyword=CHIP")) == {"chip"}


def test_a_url_may_be_an_article_or_a_listing(site: Site) -> None:
    site.listing("tech", "a2")
    for name in ("a1", "a2"):
        site.article(name)
    urls = "url=http://toy.example/a/a1.html,http://toy.example/tech"
    assert written(site.crawl("-a", urls)) == {"a1", "a2"}


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("chanel=news", "toy has no argument 'chanel'; allowed are: url, keyword"),
        ("channel=sport", "toy has no channel 'sport'; allowed are: news, tech"),
        ("url=https://elsewhere.example/", "is neither an article nor a listing of toy"),
    ],
)
def test_a_wrong_argument_ends_the_run_at_once_with_one_line(site: Site, argument: str, said: str) -> None:
    run = site.crawl("-a", argument)
    assert run.exit_code == 2
    assert said in run.log
    assert "Traceback" not in run.log
    assert not site.output.exists()


def test_an_unknown_source_is_named(site: Site) -> None:
    run = crawl("nobody", site.output, *TOY)
    assert run.exit_code == 2
    assert "there is no source 'nobody'" in run.log


def test_a_bad_page_costs_a_page_and_is_kept_as_a_case(site: Site) -> None:
    site.listing("news", "a1", "cut", "empty", "crash", "video", "gone", "a2")
    site.article("a1")
    site.article("a2")
    site.article("cut", end="")
    site.article("empty", body="")
    site.article("crash", body="</article><article>")
    site.page("a/video.html", "<html><body><video></video></body></html>")
    site.page("a/gone.html", "not found", 404)
    run = site.crawl()
    assert written(run) == {"a1", "a2"}
    assert run.exit_code == 1
    kinds = {url.split("/")[-1]: kind for url, kind in run.refused.items()}
    assert kinds == {
        "cut.html": "incomplete", "empty.html": "changed", "crash.html": "changed",
        "video.html": "skipped", "gone.html": "gone",
    }  # fmt: skip
    kept = site.output / ".rejected/toy"
    assert {folder.name for folder in kept.iterdir()} == {"cut", "empty", "crash"}
    assert json.loads((kept / "cut/page.json").read_text())["link"]["id"] == "cut"
    assert (kept / "crash/error.txt").read_text() == (
        "changed\n'article' found 2 nodes where it expected one: body > article; body > article\n"
    )


def test_a_listing_that_leads_to_nothing_is_an_error(site: Site) -> None:
    site.listing("news")
    run = site.crawl()
    assert run.exit_code == 1
    assert "changed: http://toy.example/news: the listing leads to no article" in run.log


def test_an_empty_answer_to_a_keyword_is_none(site: Site) -> None:
    site.listing("news", "a1")
    assert site.crawl("-a", "keyword=nobody-writes-this").exit_code == 0


def test_an_address_outside_the_source_is_never_asked_for(site: Site) -> None:
    site.listing("news", "away", "home")
    site.page("a/away.html", "", 302, location="https://elsewhere.example/")
    site.page("a/home.html", "", 302, location="http://toy.example/a/moved.html")
    site.article("moved")
    run = site.crawl()
    assert written(run) == {"home"}
    assert run.refused == {"http://toy.example/a/away.html": "changed"}
    assert "redirected to https://elsewhere.example/" in run.log


def test_too_many_block_pages_end_the_run_with_an_exit_code_of_their_own(site: Site) -> None:
    names = [f"a{number}" for number in range(80)]
    site.listing("news", *names)
    for number, name in enumerate(names):
        if number % 3:
            site.article(name)
        else:
            site.page(f"a/{name}.html", "<html><body>请输入验证码</body></html>")
    run = site.crawl()
    assert run.exit_code == 3
    assert "the run ends: blocked: " in run.log
    assert 30 < len(written(run)) < 60


def test_few_block_pages_do_not(site: Site) -> None:
    names = [f"a{number}" for number in range(60)]
    site.listing("news", *names)
    for number, name in enumerate(names):
        if number % 10:
            site.article(name)
        else:
            site.page(f"a/{name}.html", "<html><body>请输入验证码</body></html>")
    run = site.crawl()
    assert run.exit_code == 1
    assert len(written(run)) == 54


def test_a_file_that_has_only_the_day_is_completed_when_a_listing_has_the_second(site: Site) -> None:
    site.article("a1", date="2025-02-11")
    first = site.crawl("-a", "url=http://toy.example/a/a1.html")
    assert b'date: "2025-02-11"\n' in first.files("toy")["a1"]
    site.listing("news", "a1", dates={"a1": "2025-02-11 09:30:00"})
    second = site.crawl()
    assert b'date: "2025-02-11 09:30:00"\n' in second.files("toy")["a1"]
    assert "articles.updated=1" in second.log
    assert "links.known=1" in site.crawl().log


def test_the_feed_export_has_a_row_for_each_article(site: Site, tmp_path: Path) -> None:
    site.listing("news", "a1", "bad")
    site.article("a1")
    site.page("a/bad.html", "<html></html>")
    site.crawl("-O", f"{tmp_path}/articles.jsonl")
    [row] = [json.loads(line) for line in (tmp_path / "articles.jsonl").read_text().splitlines()]
    assert (row["id"], row["title"], row["markdown"]) == ("a1", "About a1", "text.")


def test_a_book_has_pages_and_their_indexes(site: Site) -> None:
    site.listing("news", "a1", "a2")
    site.article("a1", date="2025-02-11", body="<h2>Head</h2><p>text.</p>")
    site.article("a2", date="2025-03-01")
    run = site.crawl("-s", "LAYOUT=gitbook")
    assert run.exit_code == 0
    book = site.output / "toy"
    assert "\n\n---\n\n## Head\n\ntext.\n" in (book / "2025/02/a1.md").read_text()
    assert (book / "SUMMARY.md").read_text() == (
        "# Summary\n\n* [2025](2025/README.md)\n"
        "  * [2025-03](2025/03/README.md)\n    * [About a2](2025/03/a2.md)\n"
        "  * [2025-02](2025/02/README.md)\n    * [About a1](2025/02/a1.md)\n"
    )
    assert "[About a1](a1.md)" in (book / "2025/02/README.md").read_text()
    assert "links.known=2" in site.crawl("-s", "LAYOUT=gitbook").log


@pytest.mark.parametrize(
    ("setting", "said"),
    [("LAYOUT=word", "allowed are: hugo, gitbook"), ("EXTRA_KEYS=autor", "allowed are: id, author")],
)
def test_a_wrong_setting_ends_the_run_at_once_with_one_line(site: Site, setting: str, said: str) -> None:
    site.listing("news", "a1")
    run = site.crawl("-s", setting)
    assert run.exit_code == 2
    assert said in run.log
    assert "Traceback" not in run.log


def test_a_replay_of_nothing_says_so(tmp_path: Path) -> None:
    run = crawl("toy", tmp_path / "output", *TOY, "-s", f"REPLAY={tmp_path}/none")
    assert run.exit_code == 2
    assert "No such file or directory" in run.log
    assert "Traceback" not in run.log


def test_a_site_that_shows_its_last_page_again_and_again_is_left(site: Site) -> None:
    site.listing("news", "a1", following="news/2")
    site.listing("news/2", "a1", following="news/3")
    site.listing("news/3", "a1", following="news/4")
    site.article("a1")
    run = site.crawl("-a", "pages=0", "-s", "LOG_LEVEL=DEBUG")
    assert "pages.listing=2 " in run.log


def test_a_limit_is_filled_from_every_listing(site: Site) -> None:
    site.listing("news", "bad")
    site.listing("tech", "a1", "a2")
    site.article("a1")
    site.article("a2")
    site.page("a/bad.html", "<html><body>nothing here</body></html>")
    assert len(written(site.crawl("-a", "limit=1", "-a", "channel=news,tech"))) == 1


def test_a_run_that_finds_nothing_asks_for_a_look(site: Site) -> None:
    site.page("news", "not found", 404)
    run = site.crawl()
    assert run.exit_code == 1
    assert "gone: http://toy.example/news: HTTP 404" in run.log


def test_a_cut_listing_is_not_taken_for_a_short_one(site: Site) -> None:
    site.page("news", '<html><ul><li><a href="/a/a1.html">a1</a></li><li><a hre')
    site.article("a1")
    run = site.crawl()
    assert run.exit_code == 1
    assert run.refused == {"http://toy.example/news": "incomplete"}


def test_text_that_the_parser_would_drop_is_never_half_an_article(site: Site) -> None:
    site.listing("news", "deep")
    site.article("deep", body="<p>before</p>" + "<div>" * 3000 + "after")
    run = site.crawl()
    assert run.refused == {"http://toy.example/a/deep.html": "incomplete"}
    assert written(run) == set()


def test_a_kept_page_is_replaced_whole_and_goes_when_the_article_is_there(site: Site) -> None:
    site.listing("news", "a1")
    site.page("a/a1.html", "<html><body>nothing here</body></html>")
    kept = site.crawl().output / ".rejected/toy/a1"
    assert sorted(path.name for path in kept.iterdir()) == ["error.txt", "page.html", "page.json"]
    site.page("a/a1.html", "", 404, **{"content-type": "text/plain"})
    (site.folder / "a-a1-html/page.html").unlink(missing_ok=True)
    site.article("a1")
    assert written(site.crawl()) == {"a1"}
    assert not kept.exists()


def test_a_disk_that_fails_ends_the_run_with_one_line_and_an_exit_code_of_its_own(site: Site) -> None:
    site.listing("news", "a1", "a2", "a3")
    for name in ("a1", "a2", "a3"):
        site.article(name)
    site.output.mkdir()
    (site.output / "toy").write_text("a file where a folder should be")
    run = site.crawl()
    assert run.exit_code == 5
    assert run.log.count("the run ends: disk: ") == 1
    assert "Traceback" not in run.log
    assert len(run.log) < 5000


def test_an_output_that_cannot_be_used_is_said_before_anything_is_fetched(site: Site) -> None:
    site.listing("news", "a1")
    site.output.write_text("a file")
    run = site.crawl()
    assert run.exit_code == 2
    assert "cannot be used" in run.log


def test_a_corpus_keeps_to_one_layout(site: Site) -> None:
    site.listing("news", "a1")
    site.article("a1")
    site.crawl()
    run = site.crawl("-s", "LAYOUT=gitbook")
    assert run.exit_code == 2
    assert "holds files of another layout than gitbook" in run.log


def test_a_file_that_cannot_be_read_costs_nothing_else(site: Site) -> None:
    site.listing("news", "a1", "a2", dates={"a1": "2025-02-11 08:00:00", "a2": "2025-02-11 08:00:00"})
    site.article("a1")
    site.article("a2")
    site.crawl("-a", "url=http://toy.example/a/a1.html")
    (site.output / "toy/2025/02/a1.md").write_bytes(b'---\ntitle: "x"\ndate: "\xff\xfe"\n')
    assert written(site.crawl()) == {"a1", "a2"}


def test_the_run_tells_which_candidates_answered(site: Site) -> None:
    site.listing("news", "a1")
    site.article("a1")
    assert "read source=toy reader.page=1 chosen.date.time=1 chosen.title.h1=1" in site.crawl().log


def test_a_walk_does_not_stop_at_links_that_another_listing_found_meanwhile(site: Site) -> None:
    site.listing("news", "old")
    site.listing("tech", "new1")
    for name in ("old", "new1", "new2"):
        site.article(name, body=f"<p>{name}.</p>")
    site.crawl()
    time.sleep(1.1)  # the ledger's times are in seconds
    site.crawl("-a", "channel=tech")
    site.listing("news", "new1", following="news/2")  # a page full of what the other listing knew first
    site.listing("news/2", "new2", "old")
    assert written(site.crawl()) == {"old", "new1", "new2"}


def test_a_deeper_walk_goes_behind_what_a_shallow_one_knows(site: Site) -> None:
    site.listing("news", "a1", following="news/2")
    site.listing("news/2", "a2", following="news/3")
    site.listing("news/3", "a3")
    for name in ("a1", "a2", "a3"):
        site.article(name)
    assert written(site.crawl("-a", "pages=1")) == {"a1"}
    assert written(site.crawl("-a", "pages=2")) == {"a1", "a2"}
    assert written(site.crawl("-a", "pages=0")) == {"a1", "a2", "a3"}
    assert "pages.listing=1\n" in site.crawl("-a", "pages=0").log


def test_what_a_limit_held_back_is_fetched_by_the_next_run(site: Site) -> None:
    site.listing("news", "a1", "a2", "a3", following="news/2")
    site.listing("news/2", "a4")
    for name in ("a1", "a2", "a3", "a4"):
        site.article(name)
    assert len(written(site.crawl("-a", "limit=1"))) == 1
    run = site.crawl()
    assert written(run) == {"a1", "a2", "a3", "a4"}
    assert "links.revisit=2" in run.log


def test_what_a_killed_run_left_half_written_is_swept_away(site: Site) -> None:
    site.listing("news", "a1")
    site.article("a1")
    leftovers = [site.output / "toy" / place for place in (".SUMMARY.x.tmp", "2025/.README.x.tmp", "2025/02/.a1.x.tmp")]
    for leftover in leftovers:
        leftover.parent.mkdir(parents=True, exist_ok=True)
        leftover.write_text("half")
    assert written(site.crawl()) == {"a1"}
    assert not any(leftover.exists() for leftover in leftovers)
