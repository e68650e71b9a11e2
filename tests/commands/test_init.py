"""`press-corpus init`, and the user's own sources in the new folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.test_newsource import LISTING, site, title
from tests.support.mirror import press_corpus
from tests.support.server import play
from tests.support.toy_site import add_toy

FAST = ("-s", "DOWNLOAD_DELAY=0")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A new project with the source toy and recordings of an article and a listing."""
    folder = tmp_path / "project"
    done = press_corpus(tmp_path, "init", "project")
    assert (done.returncode, done.stderr) == (0, "")
    add_toy(folder)
    return folder


def test_init_creates_a_project_and_changes_no_file(tmp_path: Path) -> None:
    done = press_corpus(tmp_path, "init")
    assert done.returncode == 0
    names = {".env", ".gitignore", "fixtures", "scrapy.cfg", "spiders", "spiders/__init__.py"}
    assert {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")} == names
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600
    again = press_corpus(tmp_path, "init")
    assert again.returncode == 2
    assert "scrapy.cfg already exists" in again.stderr
    (tmp_path / "scrapy.cfg").unlink()
    (tmp_path / ".env").write_text("CRAWLER_CONTACT=me@example.com\n")
    assert ".env" not in press_corpus(tmp_path, "init").stdout.replace("CRAWLER_CONTACT in .env", "")
    assert (tmp_path / ".env").read_text() == "CRAWLER_CONTACT=me@example.com\n"
    (tmp_path / "file").touch()
    assert press_corpus(tmp_path, "init", "file/x").returncode == 5


def test_own_source_is_listed_crawled_and_run_as_a_job(project: Path) -> None:
    assert "toy" in press_corpus(project, "list").stdout.splitlines()
    replay = ("-s", f"REPLAY={project}/fixtures/toy")
    done = press_corpus(project / "fixtures", "crawl", "toy", *replay)
    assert done.returncode == 0, done.stderr
    assert [path.name for path in (project / "output").rglob("*.md")] == ["a1.md"]
    job = press_corpus(project, "job", "toy", *replay, "-s", "OUTPUT_DIR=other")
    assert job.stdout.startswith("job source=toy class=fine exit=0 "), job
    assert [path.name for path in (project / "other").rglob("*.md")] == ["a1.md"]
    assert sorted(path.name for path in project.iterdir() if not path.name.startswith(".")) == [
        "fixtures", "other", "output", "scrapy.cfg", "spiders",
    ]  # fmt: skip


def test_own_source_replaces_a_bundled_one(project: Path) -> None:
    text = (project / "spiders" / "toy.py").read_text().replace('name = "toy"', 'name = "qq"')
    (project / "spiders" / "qq.py").write_text(text)
    (project / "fixtures" / "toy").rename(project / "fixtures" / "qq")
    done = press_corpus(project, "crawl", "qq", "-s", "REPLAY=fixtures/qq")
    assert done.returncode == 0, done.stderr
    assert [path.name for path in (project / "output" / "qq").rglob("*.md")] == ["a1.md"]


def test_a_broken_own_source_does_not_stop_the_others(project: Path) -> None:
    (project / "spiders" / "broken.py").write_text("import no_such_module\n")
    done = press_corpus(project, "list")
    assert {"toy", "qq"} <= set(done.stdout.splitlines())
    assert "spiders.broken cannot be loaded" in done.stderr


def test_check_fixtures_writes_an_expectation_and_reports_a_difference(project: Path) -> None:
    first = press_corpus(project, "check-fixtures", "toy")
    assert first.returncode == 1
    assert "toy/a-a1-html: had no expectation; article.md was written" in first.stdout
    assert "2 cases in fixtures: 0 agree, 2 do not\n" in first.stdout
    again = press_corpus(project / "spiders", "check-fixtures")
    assert (again.returncode, again.stdout) == (0, f"2 cases in {project}/fixtures: 2 agree, 0 do not\n")
    links = project / "fixtures" / "toy" / "news" / "links.txt"
    links.write_text(links.read_text().replace("about a1", "about b1"))
    (project / "fixtures" / "nosuch" / "case").mkdir(parents=True)
    (project / "fixtures" / "nosuch" / "case" / "page.json").write_text("{}")
    other = press_corpus(project, "check-fixtures")
    assert other.returncode == 1
    assert "nosuch/case: unknown source 'nosuch'" in other.stdout
    assert "toy/news: differs from links.txt:\n--- links.txt\n+++ result\n" in other.stdout
    assert "-a1 | http://toy.example/a/a1.html | - | about b1\n" in other.stdout
    assert press_corpus(project, "check-fixtures", "nosuch").returncode == 2


def test_newsource_and_record_write_to_the_project(tmp_path: Path) -> None:
    assert press_corpus(tmp_path, "init").returncode == 0
    with play(site) as server:

        def run(*words: str, code: int = 0) -> str:
            done = press_corpus(tmp_path, *words, environment=server.environment)
            assert done.returncode == code, done
            return done.stdout

        drafted = run("newsource", "front", LISTING, *FAST)
        assert f"written: {tmp_path}/spiders/front.py" in drafted
        assert "press-corpus check-fixtures" in drafted
        assert "front" in run("list").splitlines()
        assert f"title:      {title(12)}" in run(
            "record", "front", "http://www.front.example/industry/4412.shtml", "second", *FAST
        )
        assert sorted(path.name for path in (tmp_path / "fixtures" / "front").iterdir()) == [
            "article", "listing", "second",
        ]  # fmt: skip
        run("check-fixtures", code=1)
        run("check-fixtures")
        run("crawl", "front", "-a", "limit=2", *FAST)
    run_offline = press_corpus(
        tmp_path, "crawl", "front", "-s", "REPLAY=fixtures/front", "-s", "OUTPUT_DIR=replayed", *FAST
    )
    assert run_offline.returncode == 0, run_offline.stderr
    assert len(list((tmp_path / "output" / "front").rglob("*.md"))) == 2
    assert len(list((tmp_path / "replayed" / "front").rglob("*.md"))) == 2
