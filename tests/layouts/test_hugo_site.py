"""The `hugo.toml` of crawler/layouts/README.md makes a site of a corpus; the theme uses the keys as mainroad does."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from parsel import Selector

from tests.support.mirror import ROOT, crawl

HUGO = Path(sys.executable).with_name("hugo")
README = ROOT / "crawler/layouts/README.md"
THEME = Path(__file__).with_name("theme")  # layouts of our own, with the keys of mainroad


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    run = crawl("woshipm", folder / "output", "-s", f"REPLAY={ROOT}/tests/fixtures/woshipm")
    assert run.files("woshipm")
    first, more = re.findall(r"(?ms)^```toml\n(.*?)^```$", README.read_text(encoding="utf-8"))
    assert len(first.splitlines()) == 8
    (folder / "hugo.toml").write_text(first + more, encoding="utf-8")
    shutil.copytree(THEME, folder / "themes/mainroad/layouts")
    command = [str(HUGO), "--panicOnWarning", "--source", str(folder)]
    done = subprocess.run(command, env={"TZ": "America/New_York", "PATH": ""}, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return folder


@pytest.mark.slow
def test_each_article_is_a_page_with_its_keys(site: Path) -> None:
    files = sorted((site / "output/woshipm").rglob("*.md"))
    for path in files:
        name = path.relative_to(site / "output").with_suffix("")
        page = Selector((site / "public" / name / "index.html").read_text(encoding="utf-8"))
        head = path.read_text(encoding="utf-8")
        [title, date, thumbnail] = re.findall(r'(?m)^(?:title|date|thumbnail): "(.*)"$', head)
        assert page.css("h1::text").get("") == title
        day, _, time = date.partition(" ")
        assert page.css("time::attr(datetime)").get() == f"{day}T{time or '00:00:00'}+08:00"
        assert page.css(".thumbnail::attr(src)").get("") == thumbnail
        assert page.css(".categories a::text, .tags a::text").getall() == ["woshipm", "woshipm"]
        for widget in ("form.search", ".recent", ".tag"):
            assert page.css(f"aside {widget}")
        assert page.css(".pager a")
        assert not page.css(".lead, .toc, .authorbox, .comments, script")
        assert "文章版权" in page.css("footer::text").get("")
    assert Selector((site / "public/index.html").read_text()).css("html::attr(lang)").get() == "zh-CN"
    assert len(Selector((site / "public/woshipm/index.html").read_text()).css(".summary")) == len(files)


@pytest.mark.slow
def test_refused_pages_and_the_state_are_not_published(site: Path) -> None:
    assert (site / "output/.rejected").is_dir()
    assert {path.name for path in (site / "public").iterdir()} <= {
        "categories", "tags", "woshipm", "index.html", "index.xml", "sitemap.xml",
    }  # fmt: skip
