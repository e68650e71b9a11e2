"""STORE_PICTURES: pictures beside their articles, from a server with faults."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import tarfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote

import pytest
import sqlalchemy as sa
from scrapy.settings import Settings

from crawler.commands import crawl
from crawler.corpus.ledger import Ledger, open_ledger
from crawler.corpus.lock import lock
from crawler.corpus.store import digest
from crawler.corpus.tables import PICTURES
from crawler.crawl.arguments import ArgumentError
from crawler.markdown.picture_links import picture_addresses
from tests.pipelines.test_picture_type import bomb_png
from tests.support.flaky_server import wire
from tests.support.mirror import Run
from tests.support.picture_site import PictureSite, Served, picture, serve, served
from tests.support.server import Answer

pytestmark = pytest.mark.slow

IMG = "http://img.example"


def tags(*names: str) -> str:
    return "".join(f'<p><img src="{name if "//" in name or ":" in name else f"{IMG}/{name}"}"></p>' for name in names)


def links(served: Served, name: str) -> list[str]:
    """Return the addresses of the pictures in an article's file, after a check that each local one has a target."""
    found = picture_addresses(served.markdown(name))
    for address in found:
        if address.startswith(f"{name}/"):
            [path] = served.output.glob(f"toy/*/*/{address}")
            assert digest(path.read_bytes())[:16] == path.stem
    return found


def counts(run: Run) -> dict[str, int]:
    """Return the counts of pictures in the line `run`."""
    return {name: int(number) for name, number in re.findall(r" pictures\.(\w+)=(\d+)", run.log)}


def ledger_of(served: Served) -> Ledger:
    return open_ledger(served.output / ".state", os.environ.get("LEDGER_URL", ""))


def rows(served: Served) -> dict[str, tuple[str, str]]:
    """Return state and reason of each picture in the ledger, by address."""
    with closing(ledger_of(served)) as ledger:
        found = ledger.database.rows(sa.select(PICTURES.c.address, PICTURES.c.state, PICTURES.c.reason))
    return {address: (state, reason) for address, state, reason in found}


def content_hash(served: Served, name: str) -> str:
    with closing(ledger_of(served)) as ledger:
        entry = ledger.changes.find("toy", name)
        assert entry
        return entry.content_hash


def assert_sound(served: Served) -> None:
    done = served.command("ledger", "check", "toy")
    assert (done.returncode, done.stdout) == (0, "toy: no problems found\n")


def name_of(data: bytes, ending: str = "png") -> str:
    return f"{digest(data)[:16]}.{ending}"


# Faults of pictures -------------------------------------------------------------------------------------------------

GOOD = {"/good.png": picture(1), "/typed.png": picture(2, "JPEG"), "/w.webp": picture(3, "WEBP"),
        "/a.avif": picture(4, "AVIF"), "/b.bmp": picture(5, "BMP"), "/g.gif": picture(6, "GIF")}  # fmt: skip
BOMB = gzip.compress(bytes(40_000_000))
FAULTS = {
    "/500.png": Answer(raw=wire(b"error", "500 Internal Server Error")),
    "/403.png": Answer(raw=wire(b"denied", "403 Forbidden")),
    "/404.png": Answer(raw=wire(b"none", "404 Not Found")),
    "/410.png": Answer(raw=wire(b"none", "410 Gone")),
    "/timeout.png": Answer(raw=wire(picture(7))[:100], stall=4),
    "/cut.png": Answer(raw=wire(picture(7))[:-40]),
    "/cut-short.png": Answer(raw=wire(picture(7)[:-40])),
    "/cut-open.jpg": Answer(raw=wire(picture(7, "JPEG")[:-200], Content_Length="")),
    "/reset.png": Answer(raw=wire(picture(7))[:-40], reset=True),
    "/html.png": Answer(raw=wire(b"<html><body>denied</body></html>", Content_Type="image/png")),
    "/svg.png": Answer(raw=wire(b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>", Content_Type="image/png")),
    "/text.png": Answer(raw=wire(b"not a picture", Content_Type="image/png")),
    "/zero.png": Answer(raw=wire(b"")),
    "/dot.png": Answer(raw=wire(picture(8, size=(1, 1)))),
    "/other.png": Answer(raw=wire(b"", "302 Found", Location="http://evil.example/x.png")),
    "/private.png": Answer(raw=wire(b"", "302 Found", Location="http://127.0.0.1/x.png")),
    "/loop.png": Answer(raw=wire(b"", "302 Found", Location=f"{IMG}/loop.png")),
    "/file.png": Answer(raw=wire(b"", "302 Found", Location="file:///etc/passwd")),
    "/substitute.png": Answer(raw=wire(b"", "302 Found", Location=f"{IMG}/nopic.png")),
    "/bomb.png": Answer(raw=wire(BOMB, Content_Encoding="gzip")),
    "/pixels.png": Answer(raw=wire(bomb_png(60_000, 60_000))),
    "/large.png": Answer(raw=wire(bytes(20_000_000))),
    "/large-open.png": Answer(raw=wire(bytes(20_000_000), Content_Length="")),
}  # fmt: skip
FINAL = {"404", "410", "svg", "dot", "bomb", "pixels", "large", "large-open"}


def test_no_fault_costs_the_article_or_is_stored(tmp_path: Path) -> None:
    between = {f"/ok-{number}.png": picture(50 + number) for number in range(0, len(FAULTS), 4)}
    bad = [
        name for number, name in enumerate(FAULTS) for name in (name, f"/ok-{number}.png") if name in FAULTS | between
    ]
    pages = {"bad": tags(*(name[1:] for name in bad)), "good": tags(*(name[1:] for name in GOOD), "moved.png")}
    answers = {name: served(data) for name, data in (GOOD | between).items()} | FAULTS
    answers["/moved.png"] = Answer(raw=wire(b"", "301 Moved", Location="http://x.cdn.example/real.png"))
    answers |= {"/real.png": served(picture(9)), "/nopic.png": served(picture(10)), "/x.png": served(picture(11))}
    with serve(PictureSite(pages, answers), tmp_path / "output") as corpus:
        run = corpus.crawl("-s", "DOWNLOAD_TIMEOUT=2", "-s", "RETRY_TIMES=1")
        assert run.exit_code == 0
        assert counts(run) == {"stored": len(GOOD) + len(between) + 1, "failed": len(FAULTS)}
        assert "wrong totals" not in run.log
        assert [each for each in links(corpus, "bad") if "//" in each] == [f"{IMG}{name}" for name in FAULTS]
        endings = ["png", "jpg", "webp", "avif", "bmp", "gif", "png"]
        expected = zip([*GOOD.values(), picture(9)], endings, strict=True)
        assert links(corpus, "good") == [f"good/{name_of(data, ending)}" for data, ending in expected]
        assert {*corpus.stored("bad").values()} == {*between.values()}
        assert not list(corpus.output.rglob("*.tmp"))
        asked = corpus.played.urls
        assert not [url for url in asked if "evil" in url or "127.0.0.1" in url]
        assert "http://x.cdn.example/robots.txt" in asked
        for name in FAULTS:
            assert sum(url == f"{IMG}{name}" for url in asked) <= 3, name
        states = rows(corpus)
        assert states[f"{IMG}/html.png"] == ("failed", "HTML or XML instead of a picture")
        assert states[f"{IMG}/large.png"] == ("failed", "more than 10485760 bytes")
        assert states[f"{IMG}/bomb.png"] == ("failed", "more than 10485760 bytes")
        assert "not a host of the source" in states[f"{IMG}/other.png"][1]
        assert_sound(corpus)

        # The next run requests again what may have been a fault of the moment, and stores it.
        corpus.asked()
        corpus.site.pictures |= {name: served(picture(20 + number)) for number, name in enumerate(FAULTS)}
        run = corpus.crawl()
        final = [f"{IMG}/{name}.png" for name in FINAL]
        assert {f"{IMG}{name}" for name in FAULTS} - {*final} == {*corpus.asked()}
        assert [address for address in links(corpus, "bad") if address.startswith("http")] == [
            f"{IMG}{name}" for name in FAULTS if f"{IMG}{name}" in final
        ]
        assert counts(run) == {"stored": len(FAULTS) - len(final)}
        tree = corpus.tree
        assert corpus.crawl().exit_code == 0
        assert corpus.asked() == []
        assert corpus.tree == tree
        assert_sound(corpus)


def test_failed_pictures_wait_like_rejected_pages_and_are_not_requested_for_ever(tmp_path: Path) -> None:
    with serve(PictureSite({"a1": tags("html.png")}, FAULTS), tmp_path / "output") as corpus:
        requests = []
        for _ in range(3):
            run = corpus.crawl()
            requests.append(len(corpus.asked()))
            assert run.exit_code == 0
        assert requests == [1, 1, 0]  # at once, at the next run, after an hour
        corpus.crawl()
        assert corpus.asked() == []  # the wait is recorded
        for _ in range(8):
            with closing(ledger_of(corpus)) as ledger:
                due = sa.update(PICTURES).where(PICTURES.c.retry_at.is_not(None)).values(retry_at=1)
                ledger.database.change(due)
            corpus.crawl()
        assert len(corpus.asked()) == 5
        assert rows(corpus)[f"{IMG}/html.png"] == ("failed", "HTML or XML instead of a picture")


def test_a_run_whose_pictures_all_fail_reports_it(tmp_path: Path) -> None:
    with serve(PictureSite({"a1": tags("500.png", "404.png")}, FAULTS), tmp_path / "output") as corpus:
        run = corpus.crawl("-s", "RETRY_TIMES=0")
        assert run.exit_code == 0
        assert re.search("WARNING none of 2 pictures could be stored: http://img.example/[45]0[04].png: HTTP", run.log)
        done = corpus.command("corpus", "pictures")
        assert done.returncode == 1, done.stdout


def test_a_host_that_refuses_all_pictures_is_left_alone(tmp_path: Path) -> None:
    names = [f"403-{number}.png" for number in range(30)]
    refused = dict.fromkeys((f"/{name}" for name in names), FAULTS["/403.png"])
    site = PictureSite({"a1": tags(*names), "a2": tags("http://x.cdn.example/1.png")}, refused)
    site.pictures["/1.png"] = served(picture(1))
    with serve(site, tmp_path / "output") as corpus:
        run = corpus.crawl()
        assert len(corpus.asked()) == 10
        assert counts(run) == {"failed": 10, "not_fetched": 20, "stored": 1}
        assert "10 requests to img.example failed in a row" in run.log
        site.pictures |= {f"/{name}": served(picture(number)) for number, name in enumerate(names)}
        assert counts(corpus.crawl()) == {"stored": 30}
        assert_sound(corpus)


def test_a_failed_picture_of_many_articles_counts_once_for_its_host(tmp_path: Path) -> None:
    site = PictureSite({f"a{number:02}": tags("logo.png") for number in range(15)} | {"b": tags("1.png")})
    site.pictures = {"/logo.png": FAULTS["/403.png"], "/1.png": served(picture(1))}
    with serve(site, tmp_path / "output") as corpus:
        run = corpus.crawl()
        assert corpus.asked() == [f"{IMG}/logo.png", f"{IMG}/1.png"]
        assert counts(run) == {"failed": 15, "stored": 1}
        assert "failed in a row" not in run.log


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable", "302 Found"])
def test_a_host_that_asks_for_a_pause_gets_no_further_request(tmp_path: Path, status: str) -> None:
    names = [f"busy-{number}.png" for number in range(8)]
    busy = {f"/{name}": Answer(raw=wire(b"", status, Location=f"http://x.cdn.example/to-{name}")) for name in names}
    busy |= {f"/to-{name}": Answer(raw=wire(b"", "429 Too Many Requests")) for name in names}
    site = PictureSite({"a1": tags(*names), "a2": tags("http://y.cdn.example/1.png")}, busy)
    site.pictures["/1.png"] = served(picture(1))
    with serve(site, tmp_path / "output") as corpus:
        run = corpus.crawl("-s", "DOWNLOAD_DELAY=0.3", "-s", "BLOCK_BACKOFF=1")
        refused = "/to-busy" if status.startswith("302") else "/busy"
        assert sum(refused in url for url in corpus.played.urls) == 1
        assert counts(run) == {"failed": 1, "not_fetched": 7, "stored": 1}
        paused = "x.cdn.example" if status.startswith("302") else "img.example"
        assert f"pause: {paused} blocks requests: next request in 1 s" in run.log
        site.pictures |= {f"/{name}": served(picture(number)) for number, name in enumerate(names)}
        assert counts(corpus.crawl()) == {"stored": 8}
        assert_sound(corpus)


# Addresses ----------------------------------------------------------------------------------------------------------


def test_unusual_addresses(tmp_path: Path) -> None:
    sources = [
        "/a b(1).png", "/图 片.png", "/q.png?x=1&amp;copy=2&amp;w=<3>", "//img.example/relative.png",
        "https://img.example.evil.example/x.png", "http://img.example:8080/x.png", "http://user:pw@img.example/x.png",
        "data:image/png;base64,AAAA", "http://sub.cdn.example/c.png", "http://cdn.example/c.png", "/u_n_d*e*r.png",
    ]  # fmt: skip
    html = "".join(
        f'<p><img src="{each if each[:2] == "//" or each[0] != "/" else IMG + each}"></p>' for each in sources
    )
    answers = {"/c.png": served(picture(1)), "/relative.png": served(picture(2)), "/q.png": served(picture(3)),
               "/a%20b(1).png": served(picture(4)), "/a%20b%281%29.png": served(picture(4)),
               "/%E5%9B%BE%20%E7%89%87.png": served(picture(5)), "/u_n_d*e*r.png": served(picture(6))}  # fmt: skip
    with serve(PictureSite({"a1": html}, answers), tmp_path / "output") as corpus:
        run = corpus.crawl()
        asked = corpus.asked()
        assert {unquote(url) for url in asked if url.startswith("http:")} >= {
            f"{IMG}/a b(1).png", f"{IMG}/图 片.png", f"{IMG}/q.png?x=1&copy=2&w=<3>", f"{IMG}/u_n_d*e*r.png",
        }  # fmt: skip
        local = [address for address in links(corpus, "a1") if address.startswith("a1/")]
        assert [name_of(picture(seed)) for seed in (4, 5, 3, 2, 1, 6)] == [each.removeprefix("a1/") for each in local]
        assert counts(run)["other_host"] == 4
        others = [address for address in links(corpus, "a1") if not address.startswith("a1/")]
        assert "http://cdn.example/c.png" in others
        assert not any("8080" in url or "user" in url or "evil" in url for url in corpus.played.urls)


def test_addresses_of_the_same_request_share_its_result(tmp_path: Path) -> None:
    forms = [
        "1.png?a=1&amp;b=2",
        "1.png?b=2&amp;a=1",
        "1.png?a=1&amp;b=2#x",
        "lost.png?a=1&amp;b=2",
        "lost.png?b=2&amp;a=1",
    ]
    with serve(PictureSite({"a1": tags(*forms)}, {"/1.png": served(picture(1))}), tmp_path / "output") as corpus:
        assert counts(corpus.crawl()) == {"stored": 3, "failed": 2}
        assert len(corpus.asked()) == 2
        assert links(corpus, "a1")[0] == f"a1/{name_of(picture(1))}"
        assert {reason for _, reason in rows(corpus).values()} == {"", "HTTP 404"}


def test_the_referer_is_the_article(tmp_path: Path) -> None:
    class Hotlinked(PictureSite):
        def __call__(self, path: str, number: int) -> Answer:
            if path == "/1.png":
                referer = corpus.played.headers[-1].get("referer", "")
                return served(picture(1)) if referer == "http://toy.example/a/a1.html" else FAULTS["/403.png"]
            return super().__call__(path, number)

    with serve(Hotlinked({"a1": tags("1.png")}), tmp_path / "output") as corpus:
        assert counts(corpus.crawl()) == {"stored": 1}
        [headers] = [each for each in corpus.played.headers if "image" in each.get("accept", "")]
        assert headers["referer"] == "http://toy.example/a/a1.html"
        assert "cookie" not in headers


def test_same_bytes_are_stored_once(tmp_path: Path) -> None:
    site = PictureSite(
        {"a1": tags("1.png", "same.png", "1.png"), "a2": tags("1.png", "third.png")},
        dict.fromkeys(("/1.png", "/same.png", "/third.png"), served(picture(1))),
    )
    with serve(site, tmp_path / "output") as corpus:
        corpus.crawl()
        assert len(corpus.asked()) == 3  # each address once in a run
        name = name_of(picture(1))
        assert links(corpus, "a1") == [f"a1/{name}"]
        assert links(corpus, "a2") == [f"a2/{name}"]
        files = list(corpus.output.rglob(name))
        assert len(files) == 2
        assert len({path.stat().st_ino for path in files}) == 1
        for target in ("copy", "copy.tar.gz"):
            assert corpus.command("corpus", "backup", str(tmp_path / target)).returncode == 0
        with tarfile.open(tmp_path / "copy.tar.gz") as archive:
            archive.extractall(tmp_path / "unpacked", filter="data")
        for folder in ("copy", "unpacked"):
            copies = list((tmp_path / folder).rglob(name))
            assert len({path.stat().st_ino for path in copies}) == 1
            assert {path.read_bytes() for path in copies} == {picture(1)}
            assert Served(site, corpus.played, tmp_path / folder).tree == corpus.tree
        # The removal of one article keeps the picture of the other.
        assert corpus.command("corpus", "remove", "a1", "--reason", "x").returncode == 0
        assert not corpus.stored("a1")
        assert corpus.stored("a2") == {name: picture(1)}
        assert not list(corpus.output.glob("toy/*/*/a1*"))
        assert {state for state, _ in rows(corpus).values()} == {"stored"}
        if "LEDGER_URL" not in os.environ:
            assert b"same.png" not in (corpus.output / ".state/ledger.db").read_bytes()
        assert_sound(corpus)
        assert corpus.crawl().exit_code == 0
        assert not list(corpus.output.glob("toy/*/*/a1*"))


# Later runs ---------------------------------------------------------------------------------------------------------


def test_pictures_of_articles_that_are_already_stored(tmp_path: Path) -> None:
    site = PictureSite(
        {"a1": tags("1.png", "http://else.example/2.png"), "a2": tags("3.png"), "a3": "<p>none</p>"},
        {"/1.png": served(picture(1)), "/3.png": served(picture(3))},
    )
    with serve(site, tmp_path / "output") as corpus:
        run = corpus.crawl(store=False)
        assert counts(run) == {}
        assert corpus.asked() == []
        before = corpus.tree
        done = corpus.command("corpus", "pictures", "toy", "--limit", "1")
        assert done.returncode == 0, done.stdout + done.stderr
        assert corpus.asked() == [f"{IMG}/1.png"]
        assert not [url for url in corpus.played.urls if "/news" in url or "/a/" in url]
        assert links(corpus, "a1") == [f"a1/{name_of(picture(1))}", "http://else.example/2.png"]
        done = corpus.command("corpus", "pictures")
        assert done.returncode == 0
        assert corpus.asked() == [f"{IMG}/3.png"]
        tree = corpus.tree
        assert [name for name in tree if name.endswith(".md")] == [name for name in before if name.endswith(".md")]
        assert corpus.command("corpus", "pictures").returncode == 0
        assert corpus.asked() == []
        assert corpus.tree == tree
        assert_sound(corpus)
        # A run without the setting keeps the links, also if it reads the pages again.
        for options in (("-a", "refresh=100000"), ()):
            assert corpus.crawl(*options, store=False).exit_code == 0
            assert corpus.tree == tree
        with lock(corpus.output / ".state/toy.lock", "toy"):
            assert corpus.command("corpus", "pictures").returncode == 4
        assert corpus.command("corpus", "pictures", "nowhere").returncode == 2


def test_a_newer_text_keeps_the_pictures_and_a_new_month_moves_them(tmp_path: Path) -> None:
    site = PictureSite({"a1": tags("1.png")}, {"/1.png": served(picture(1)), "/2.png": served(picture(2))})
    with serve(site, tmp_path / "output") as corpus:
        corpus.crawl()
        corpus.asked()
        site.articles["a1"] = tags("1.png", "2.png") + "<p>more</p>"
        site.month = 3
        run = corpus.crawl("-a", "refresh=100000")
        assert "articles.updated=1" in run.log
        assert corpus.asked() == [f"{IMG}/2.png"]
        assert links(corpus, "a1") == [f"a1/{name_of(picture(1))}", f"a1/{name_of(picture(2))}"]
        assert {path.parts[-2] for path in corpus.output.glob("toy/2025/*/a1*")} == {"03"}
        assert_sound(corpus)
        tree = corpus.tree
        run = corpus.crawl("-a", "refresh=100000")
        assert "articles.unchanged=1" in run.log
        assert corpus.asked() == []
        assert corpus.tree == tree


def test_files_edited_by_hand_stay_as_they_are(tmp_path: Path) -> None:
    site = PictureSite({"a1": tags("1.png"), "a2": tags("1.png")}, {"/1.png": served(picture(1))})
    with serve(site, tmp_path / "output") as corpus:
        corpus.crawl(store=False)
        [path] = corpus.output.glob("toy/*/*/a1.md")
        edited = path.read_text(encoding="utf-8").replace("Text of a1.", "Edited.")
        path.write_text(edited, encoding="utf-8")
        done = corpus.command("corpus", "pictures")
        assert done.returncode == 0
        assert path.read_text(encoding="utf-8") == edited
        assert len(corpus.asked()) == 1
        assert links(corpus, "a2") == [f"a2/{name_of(picture(1))}"]
        run = corpus.crawl()
        assert "the pictures of 1 article are not stored: edited by hand" in run.log
        assert corpus.command("corpus", "pictures", "-s", "OVERWRITE_EDITED=True").returncode == 0
        assert path.read_text(encoding="utf-8") == edited.replace(f"{IMG}/1.png", f"a1/{name_of(picture(1))}")
        done = corpus.command("ledger", "check")
        assert done.returncode == 0
        assert "toy: edited by hand, not overwritten: toy/2025/02/a1.md" in done.stdout


def test_a_limit_counts_the_articles_with_requests(tmp_path: Path) -> None:
    """Articles that were edited, that robots.txt forbids, or whose host fails, do not use up the limit."""
    busy = [f"http://x.cdn.example/{number}.png" for number in range(12)]
    site = PictureSite(
        {"a1": tags("1.png"), "a2": tags("secret/2.png"), "a3": tags(*busy), "a4": tags("http://x.cdn.example/13.png"),
         "a5": tags("five.png"), "a6": tags("six.png")},
        {f"/{number}.png": FAULTS["/403.png"] for number in range(13)},
        robots="User-agent: *\nDisallow: /secret/\n",
    )  # fmt: skip
    site.pictures |= {"/five.png": served(picture(5)), "/six.png": served(picture(6))}
    with serve(site, tmp_path / "output") as corpus:
        corpus.crawl(store=False)
        [path] = corpus.output.glob("toy/*/*/a1.md")
        path.write_text(path.read_text(encoding="utf-8").replace("Text", "Edited"), encoding="utf-8")
        for name in ("five", "six"):
            assert corpus.command("corpus", "pictures", "--limit", "2").returncode == 0
            assert corpus.asked() == [f"{IMG}/{name}.png"]


def test_robots_txt_and_the_hosts_of_pages_hold(tmp_path: Path) -> None:
    site = PictureSite(
        {"a1": tags("secret/1.png", "1.png")},
        {"/1.png": served(picture(1)), "/secret/1.png": served(picture(2))},
        robots="User-agent: *\nDisallow: /secret/\n",
    )
    site.articles["a1"] += '<a href="http://img.example/page">page</a>'
    with serve(site, tmp_path / "output") as corpus:
        run = corpus.crawl()
        assert counts(run) == {"stored": 1, "forbidden": 1}
        assert corpus.asked() == [f"{IMG}/1.png"]
        corpus.crawl("-a", "url=http://toy.example/news")
        assert corpus.asked() == []


# Data ---------------------------------------------------------------------------------------------------------------


def test_feeds_and_exports_have_the_original_addresses(tmp_path: Path) -> None:
    site = PictureSite({"a1": tags("1.png")}, {"/1.png": served(picture(1))})
    with serve(site, tmp_path / "output") as corpus:
        corpus.crawl("-o", str(tmp_path / "feed.jsonl"))
        rows_of_feed = [json.loads(line) for line in (tmp_path / "feed.jsonl").read_text().splitlines()]
        assert [row["markdown"] for row in rows_of_feed] == [f"Text of a1.\n\n![]({IMG}/1.png)"]
        done = corpus.command("corpus", "export", "-")
        assert [json.loads(line)["markdown"] for line in done.stdout.splitlines()[:1]] == [
            f"Text of a1.\n\n![]({IMG}/1.png)"
        ]


@pytest.fixture
def stored(tmp_path: Path) -> Iterator[Served]:
    """Yield a corpus with pictures of two articles."""
    site = PictureSite(
        {"a1": tags("1.png", "same.png", "404.png"), "a2": tags("2.png")},
        {"/1.png": served(picture(1)), "/same.png": served(picture(1)), "/2.png": served(picture(2))},
    )
    with serve(site, tmp_path / "output") as corpus:
        corpus.crawl()
        corpus.asked()
        yield corpus


def test_a_new_ledger_is_filled_from_the_files(stored: Served) -> None:
    before = {address: state for address, (state, _) in rows(stored).items() if state == "stored"}
    tree = stored.tree
    content = content_hash(stored, "a2")
    assert stored.command("ledger", "rebuild").returncode == 0
    assert {address: state for address, (state, _) in rows(stored).items()} == dict.fromkeys(before, "fetched")
    for path in stored.output.glob(".state/ledger.db*"):
        path.unlink()  # (with PostgreSQL, it is still the ledger that was rebuilt)
    stored.crawl("-a", "limit=1")
    assert {*rows(stored)} >= {*before}
    assert content_hash(stored, "a2") == content
    stored.crawl("-a", "refresh=100000")
    assert stored.asked() == [f"{IMG}/404.png"]  # its row was only in the ledger
    assert stored.tree == tree
    assert_sound(stored)


def test_check_finds_missing_altered_and_orphaned_pictures(stored: Served) -> None:
    [first] = stored.output.glob(f"toy/*/*/a1/{name_of(picture(1))}")
    [second] = stored.output.glob(f"toy/*/*/a2/{name_of(picture(2))}")
    tree = stored.tree
    first.unlink()
    second.write_bytes(picture(3))
    orphan = second.with_name(name_of(picture(4)))
    orphan.write_bytes(picture(4))
    alone = second.parent.with_name("nothing") / orphan.name
    alone.parent.mkdir()
    alone.write_bytes(picture(4))
    own = second.with_name("mine.png")
    own.write_bytes(picture(5))
    (second.parent / ".half.1234.tmp").write_bytes(b"half")
    month = "toy/2025/02"
    expected = {
        f"missing picture: {month}/a1/{first.name}",
        f"altered picture: {month}/a2/{second.name}",
        f"picture without a known address: {month}/a2/{orphan.name}",
        f"picture without an article: {month}/nothing/{orphan.name}",
        f"half-written: {month}/a2/.half.1234.tmp",
    }
    done = stored.command("ledger", "check")
    assert done.returncode == 1
    found = {line.removeprefix("toy: ") for line in done.stdout.splitlines()[:-1]}
    assert found == expected
    assert stored.command("ledger", "check", "--fix").returncode == 0
    assert links(stored, "a2") == [f"{IMG}/2.png"]
    assert_sound(stored)
    assert own.read_bytes() == picture(5)
    assert {path.read_bytes() for path in stored.output.glob(".state/set-aside/**/*.png")} == {picture(3), picture(4)}
    stored.crawl()
    own.unlink()
    assert stored.tree == tree
    assert stored.command("corpus", "remove", "a2", "--reason", "x").returncode == 0
    assert not [path for path in stored.output.rglob("*.png") if path.read_bytes() == picture(3)]


def test_a_disk_error_ends_the_run_and_the_article_stays(tmp_path: Path) -> None:
    site = PictureSite({"a1": tags("1.png"), "a2": tags("2.png")})
    site.pictures = {"/1.png": served(picture(1)), "/2.png": served(picture(2))}
    with serve(site, tmp_path / "output") as corpus:
        corpus.crawl(store=False)
        blocked = corpus.output / "toy/2025/02/a1"
        blocked.write_text("in the way")
        done = corpus.command("corpus", "pictures")
        assert done.returncode == 5
        assert "toy/2025/02/a1" in done.stdout
        assert links(corpus, "a1") == [f"{IMG}/1.png"]
        blocked.unlink()
        assert corpus.command("corpus", "pictures").returncode == 0
        assert links(corpus, "a1") + links(corpus, "a2") == [f"a{n}/{name_of(picture(n))}" for n in (1, 2)]
        assert_sound(corpus)


def test_replayed_pictures(tmp_path: Path) -> None:
    """A recording has the pictures; a replay sends no request, and leaves the others open."""
    site = PictureSite({"a1": tags("1.png")}, {"/1.png": served(picture(1))})
    with serve(site, tmp_path / "output") as corpus:
        recording = tmp_path / "a.warc.gz"
        assert corpus.crawl("-s", f"RECORD={recording}").exit_code == 0
        tree = corpus.tree
        corpus.played.urls.clear()
        for number, options in enumerate(((), ("-a", "from=archive"))):
            replayed = Served(site, corpus.played, tmp_path / f"replayed-{number}")
            assert replayed.crawl("-s", f"REPLAY={recording}", *options).exit_code == 0
            assert replayed.tree == tree
        assert corpus.played.urls == []
        del site.pictures["/1.png"]
        other = Served(site, corpus.played, tmp_path / "other")
        assert other.crawl("-s", f"RECORD={tmp_path / 'b.warc.gz'}", store=False).exit_code == 0
        corpus.played.urls.clear()
        replayed = Served(site, corpus.played, tmp_path / "replayed-2")
        run = replayed.crawl("-s", f"REPLAY={tmp_path / 'b.warc.gz'}")
        assert (run.exit_code, counts(run)) == (0, {"unrecorded": 1})
        assert rows(replayed) == {f"{IMG}/1.png": ("open", "")}
        assert corpus.played.urls == []


def test_a_book_links_its_pictures(tmp_path: Path) -> None:
    site = PictureSite({"a1": tags("1.png"), "a2": "<p>x</p>"}, {"/1.png": served(picture(1))})
    with serve(site, tmp_path / "output") as corpus:
        for _ in range(2):
            assert corpus.crawl("-s", "LAYOUT=gitbook").exit_code == 0
            [page] = corpus.output.glob("toy/2025/02/a1.md")
            assert picture_addresses(page.read_text(encoding="utf-8")) == [f"a1/{name_of(picture(1))}"]
            assert "a1.md" in (corpus.output / "toy/SUMMARY.md").read_text(encoding="utf-8")
        assert corpus.asked() == [f"{IMG}/1.png"]
        assert_sound(corpus)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crawl, "find_spec", lambda name: None)
    crawl.check_pictures(Settings({"STORE_PICTURES": False}))
    with pytest.raises(ArgumentError, match=r"pip install 'press-corpus\[pictures\]'"):
        crawl.check_pictures(Settings({"STORE_PICTURES": True}))


def test_settings_are_checked_before_the_first_request(tmp_path: Path) -> None:
    with serve(PictureSite({"a1": ""}), tmp_path / "output") as corpus:
        for options in (("-s", "PICTURE_MAXSIZE=x"), ("-s", "PICTURE_MAXSIZE=0"), ("-s", "STORE_PICTURES=maybe")):
            assert corpus.crawl(*options).exit_code == 2
        run = corpus.crawl("-a", "from=pictures", store=False)
        assert "from=pictures needs -s STORE_PICTURES=True" in run.log
        assert corpus.played.urls == []


def test_an_interrupted_run_leaves_its_pictures_open(tmp_path: Path) -> None:
    site = PictureSite(
        {f"a{number}": tags(f"{number}.png") for number in range(4)},
        {f"/{number}.png": served(picture(number)) for number in range(4)},
    )
    site.pictures["/1.png"] = Answer(raw=wire(picture(1))[:100], stall=30)
    with serve(site, tmp_path / "output") as corpus:
        process = corpus.start()
        deadline = time.monotonic() + 60
        while f"{IMG}/1.png" not in corpus.played.urls and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 1
        assert {address: state for address, (state, _) in rows(corpus).items()} == {
            f"{IMG}/0.png": "stored", f"{IMG}/1.png": "open", f"{IMG}/2.png": "open", f"{IMG}/3.png": "open",
        }  # fmt: skip
        site.pictures["/1.png"] = served(picture(1))
        corpus.asked()
        assert counts(corpus.crawl()) == {"stored": 3}
        assert_sound(corpus)
