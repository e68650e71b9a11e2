"""Crawl with wrong arguments, bad pages and disk errors: exit codes, log lines and rejected pages."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from crawler.layouts import hugo
from tests.support.mirror import Run, crawl
from tests.support.toy_site import TOY, Site, written


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("chanel=news", "toy has no argument 'chanel'; allowed are: url, keyword"),
        ("channel=sport", "toy has no channel 'sport'; allowed are: news, tech"),
        ("url=https://elsewhere.example/", "is neither an article nor a listing of toy"),
    ],
)
def test_invalid_argument_ends_the_run_with_one_log_line(site: Site, argument: str, message: str) -> None:
    run = site.crawl("-a", argument)
    assert run.exit_code == 2
    assert message in run.log
    assert "Traceback" not in run.log
    assert not site.output.exists()


def test_unknown_source_is_logged(site: Site) -> None:
    run = crawl("nobody", site.output, *TOY)
    assert run.exit_code == 2
    assert "unknown source 'nobody'" in run.log


@pytest.mark.parametrize(
    ("setting", "message"),
    [("LAYOUT=word", "allowed are: hugo, gitbook"), ("EXTRA_KEYS=autor", "allowed are: id, author")],
)
def test_invalid_setting_ends_the_run_with_one_log_line(site: Site, setting: str, message: str) -> None:
    site.listing("news", "a1")
    run = site.crawl("-s", setting)
    assert run.exit_code == 2
    assert message in run.log
    assert "Traceback" not in run.log


def test_optional_front_matter(site: Site) -> None:
    site.listing("news", "a1")
    site.article("a1")
    keys = "EXTRA_KEYS=source_url, fetched tags"
    files = site.crawl("-s", keys).files("toy")
    metadata, _ = hugo.load(files["a1"].decode())
    assert list(metadata)[-2:] == ["source_url", "fetched"]
    assert metadata["source_url"] == "http://toy.example/a/a1.html"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", metadata["fetched"])
    assert metadata["tags"] == ["toy"]
    page = site.folder / "a-a1-html/page.json"
    page.write_text(json.dumps(json.loads(page.read_text()) | {"time": "2026-01-02T03:04:05+00:00"}))
    again = site.crawl("-s", keys, "-a", "refresh=100000")
    assert "articles.unchanged=1" in again.log
    assert again.files("toy") == files
    site.article("a1", body="<p>other text.</p>")
    page.write_text(json.dumps(json.loads(page.read_text()) | {"time": "2026-01-02T03:04:05+00:00"}))
    changed = site.crawl("-s", keys, "-a", "refresh=100000").files("toy")["a1"]
    assert hugo.load(changed.decode())[0]["fetched"] == "2026-01-02 11:04:05"


def test_missing_recording_ends_the_run(tmp_path: Path) -> None:
    run = crawl("toy", tmp_path / "output", *TOY, "-s", f"REPLAY={tmp_path}/none")
    assert run.exit_code == 2
    assert "No such file or directory" in run.log
    assert "Traceback" not in run.log


def test_rejected_pages_are_saved_as_cases_and_the_run_continues(site: Site) -> None:
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


def test_empty_listing_is_an_error(site: Site) -> None:
    site.listing("news")
    run = site.crawl()
    assert run.exit_code == 3
    assert "blocked: http://toy.example/news: an empty page" in run.log


def test_redirect_to_another_host_is_not_followed(site: Site) -> None:
    site.listing("news", "away", "home")
    site.page("a/away.html", "", 302, location="https://elsewhere.example/")
    site.page("a/home.html", "", 302, location="http://toy.example/a/moved.html")
    site.article("moved")
    run = site.crawl()
    assert written(run) == {"home"}
    assert run.refused == {"http://toy.example/a/away.html": "changed"}
    assert "redirected to https://elsewhere.example/" in run.log


def test_many_block_pages_end_the_run_with_exit_code_3(site: Site) -> None:
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


def test_few_block_pages_do_not_end_the_run(site: Site) -> None:
    names = [f"a{number}" for number in range(60)]
    site.listing("news", *names)
    for number, name in enumerate(names):
        if number % 10:
            site.article(name)
        else:
            site.page(f"a/{name}.html", "<html><body>请输入验证码</body></html>")
    run = site.crawl()
    assert run.exit_code == 0
    assert len(written(run)) == 54


def read_with_refusals(site: Site, run: int, good: int, bad: int) -> Run:
    names = [f"r{run}n{number}" for number in range(good + bad)]
    site.listing("news", *names)
    for number, name in enumerate(names):
        site.article(name, body="<p>text.</p>" if number < good else "")
    return site.crawl()


def test_a_first_run_with_few_refused_pages_is_fine(site: Site) -> None:
    run = read_with_refusals(site, 1, good=40, bad=2)
    assert set(run.refused.values()) == {"changed"}
    assert run.exit_code == 0


def test_the_usual_number_of_refused_pages_is_fine_once_the_source_has_a_history(site: Site) -> None:
    runs = [read_with_refusals(site, number, good=6, bad=2) for number in range(5)]
    assert [run.exit_code for run in runs] == [1, 1, 1, 0, 0]
    remark = r"WARNING \d refused pages: more than a tenth, and fewer than 3 earlier runs show what is usual\n"
    assert [bool(re.search(remark, run.log)) for run in runs] == [True, True, True, False, False]
    assert read_with_refusals(site, 6, good=0, bad=8).exit_code == 1


def test_run_without_a_listing_exits_with_1(site: Site) -> None:
    site.page("news", "not found", 404)
    run = site.crawl()
    assert run.exit_code == 1
    assert "gone: http://toy.example/news: HTTP 404" in run.log


def test_truncated_listing_is_refused(site: Site) -> None:
    site.page("news", '<html><ul><li><a href="/a/a1.html">a1</a></li><li><a hre')
    site.article("a1")
    run = site.crawl()
    assert run.exit_code == 1
    assert run.refused == {"http://toy.example/news": "incomplete"}


def test_page_nested_too_deeply_for_the_parser_is_refused(site: Site) -> None:
    site.listing("news", "deep")
    site.article("deep", body="<p>before</p>" + "<div>" * 3000 + "after")
    run = site.crawl()
    assert run.refused == {"http://toy.example/a/deep.html": "incomplete"}
    assert written(run) == set()


def test_saved_page_is_deleted_after_the_article_is_stored(site: Site) -> None:
    site.listing("news", "a1")
    site.page("a/a1.html", "<html><body>nothing here</body></html>")
    kept = site.crawl().output / ".rejected/toy/a1"
    assert sorted(path.name for path in kept.iterdir()) == ["error.txt", "page.html", "page.json"]
    site.page("a/a1.html", "", 404, **{"content-type": "text/plain"})
    (site.folder / "a-a1-html/page.html").unlink(missing_ok=True)
    site.article("a1")
    assert written(site.crawl()) == {"a1"}
    assert not kept.exists()


def test_disk_error_ends_the_run_with_one_log_line_and_exit_code_5(site: Site) -> None:
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


def test_unusable_output_folder_ends_the_run_before_any_request(site: Site) -> None:
    site.listing("news", "a1")
    site.output.write_text("a file")
    run = site.crawl()
    assert run.exit_code == 2
    assert "cannot be used" in run.log


def test_second_layout_in_a_corpus_is_rejected(site: Site) -> None:
    site.listing("news", "a1")
    site.article("a1")
    site.crawl()
    run = site.crawl("-s", "LAYOUT=gitbook")
    assert run.exit_code == 2
    assert "holds files of another layout than gitbook" in run.log


def test_unreadable_file_is_replaced(site: Site) -> None:
    site.listing("news", "a1", "a2", dates={"a1": "2025-02-11 08:00:00", "a2": "2025-02-11 08:00:00"})
    site.article("a1")
    site.article("a2")
    site.crawl("-a", "url=http://toy.example/a/a1.html")
    (site.output / "toy/2025/02/a1.md").write_bytes(b'---\ntitle: "x"\ndate: "\xff\xfe"\n')
    assert written(site.crawl()) == {"a1", "a2"}
