"""Printed pages in local files: the sample page, metadata, and malformed files."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from crawler.layouts import hugo
from crawler.newspapers.files import quote_path
from crawler.text.clean import one_line
from crawler.text.punctuation import to_full_width
from tests.newspapers.pages import PAGE
from tests.robustness import malformed_files
from tests.scaffold.forms import FORMS, NOISE
from tests.support.mirror import Run, crawl, scrapy

# The sample ---------------------------------------------------------------------------------------------------------

HEADS = (
    "DeepSeek 是什么？", "遭暗中阻击", "2天内网络攻击烈度暴增百倍", "中国明星产品屡遭暗中阻击",
    "获阿里百度华为腾讯支持 DeepSeek 再扩“朋友圈”", "DeepSeek 将推动 AI 实现“平民化”", "DeepSeek 为何让美国“紧张”",
    "原因一：高性价比", "冲击美国大模型垄断地位", "原因二：模式创新", "引发美国高新技术人员恐慌", "原因三：进步显著",
    "国产大模型正在厚积薄发",
)  # fmt: skip
CUTS = {"引发\n\n海外": "引发海外", "2023\n\n年": "2023 年", "建立应\n\n用": "建立应用", "“人海\n\n战术”": "“人海战术”"}


def read(folder: Path, output: Path, *options: str) -> Run:
    return crawl("paper", output, "-a", f"path={folder}", *options)


def only(run: Run) -> tuple[dict[str, object], str]:
    """Return front matter and Markdown of the only article."""
    [text] = run.files("paper").values()
    return hugo.load(text.decode())[0], hugo.identify(text.decode())[3]


def test_sample_page(shared: Path, tmp_path: Path) -> None:
    page = shared / "examples/newspaper-page.txt"
    run = read(page, tmp_path / "output")
    metadata, markdown = only(run)
    assert run.exit_code == 0
    assert metadata["title"] == "爆火的 DeepSeek 你用了没？"
    assert all(whole in markdown for whole in CUTS.values())
    heads = re.findall(r"^(.+)\n-+$", markdown, re.MULTILINE)
    assert tuple(heads) == HEADS
    assert markdown.endswith("\n\n■据《华商报》\n\n图据新华社")
    # Except for the conversion of punctuation and hyphenation, all characters are kept, and none is added.
    source = page.read_text(encoding="utf-8")
    text = f"{metadata['title']}\n" + re.sub(r"(?m)^-+$", "", markdown)
    before, after = (Counter("".join(words.split())) for words in (source, text))
    narrow = dict(zip("，？：（）％", ",?:()%", strict=True))
    folded: Counter[str] = Counter()
    for char, number in after.items():
        folded[narrow.get(char, char)] += number
    assert before - folded == Counter("-")  # of Hug-gingFace
    assert not folded - before
    assert not re.findall("[\u4e00-\u9fff][,?:(]|[,?:)][\u4e00-\u9fff]", text)


def test_sample_page_as_pdf_with_two_columns(shared: Path, tmp_path: Path) -> None:
    source = (shared / "examples/newspaper-page.txt").read_text(encoding="utf-8")
    for cut, whole in CUTS.items():
        assert cut in source
        source = source.replace(cut, whole)
    narrow = [to_full_width(head) for head in HEADS]
    lines = [line for line in source.splitlines() if line.strip()]
    kinds = [(2 if "你用了没" in line else 1 if to_full_width(line) in narrow else 0, line) for line in lines]
    (tmp_path / "pages").mkdir()
    cuts = typeset(tmp_path / "pages/page.pdf", kinds)
    assert cuts >= 2  # sentences that a column break splits
    (tmp_path / "plain.txt").write_text(source, encoding="utf-8")
    pdf = only(read(tmp_path / "pages", tmp_path / "1"))
    text = only(read(tmp_path / "plain.txt", tmp_path / "2"))
    assert pdf[1] == text[1]
    assert pdf[0]["title"] == text[0]["title"]


def typeset(path: Path, paragraphs: list[tuple[int, str]], size: float = 9, width: float = 230) -> int:
    """Write a PDF with two columns, and return the number of sentences that a column break splits.

    *paragraphs* are (kind, text) with the kinds 0: text, 1: heading, 2: main headline, at the top. Lines at the same
    height are drawn together, an order that differs from the reading order.
    """
    canvas = Canvas(str(path), invariant=1)
    drawn: list[tuple[float, float, float, str]] = []
    column, height, cuts = 0, 740.0, 0

    def show() -> None:
        for top, left, large, words in sorted(drawn, key=lambda one: (-one[0], one[1])):
            canvas.setFont(malformed_files.FONT, large)
            canvas.drawString(left, top, words)
        drawn.clear()
        canvas.showPage()

    for kind, text in paragraphs:
        if kind == 2:
            drawn.append((790, 50, 24, text))
            continue
        large = size + 3 * kind
        height -= 8 * kind
        lines = wrapped(text, "　　" if kind == 0 else "", large, width)
        for number, line in enumerate(lines):
            if height < 60:
                cuts += number > 0
                column, height = column + 1, 740.0
                if column == 2:
                    show()
                    column = 0
            drawn.append((height, 50 + 255 * column, large, line))
            height -= 15
    show()
    canvas.save()
    return cuts


def wrapped(text: str, indent: str, size: float, width: float) -> list[str]:
    lines = [indent]
    for piece in re.findall(r"[A-Za-z0-9.-]+[,?:)%]* ?|[^A-Za-z0-9][，。、！？：；”’》）,?:)%]* ?", text):
        if stringWidth(lines[-1] + piece.rstrip(), malformed_files.FONT, size) > width:
            lines.append("")
        lines[-1] += piece
    assert "".join(lines).strip() == text.strip()
    return lines


# Metadata -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "papers").mkdir()
    return tmp_path / "papers"


def test_file_name_has_date_page_and_title(folder: Path, tmp_path: Path) -> None:
    (folder / "2025-02-05_A08_水库_满了.txt").write_text("一段没有标题的话。\n", encoding="utf-8")
    run = read(folder, tmp_path / "output")
    metadata, markdown = only(run)
    assert (metadata["title"], metadata["date"], metadata["page"]) == ("水库 满了", "2025-02-05", "A08")
    assert markdown == "一段没有标题的话。"
    [path] = (tmp_path / "output/paper/2025/02").iterdir()
    assert path.name.startswith("20250205-A08")
    assert path.read_text(encoding="utf-8").endswith("\n\n[paper](2025-02-05_A08_水库_满了.txt)\n")
    assert "the title is the file name" in run.log
    assert "missing metadata: 2025-02-05_A08_水库_满了.txt: author, publisher, section" in run.log


def test_arguments_and_yaml_take_precedence(folder: Path, tmp_path: Path) -> None:
    (folder / "2025-02-05_A08_x.txt").write_text(PAGE, encoding="utf-8")
    (folder / "2025-02-05_A08_x.yaml").write_text(
        "title: 山桥镇\nauthor: 王山\npage: 09\npretitle: 引题\n", encoding="utf-8"
    )
    run = read(folder, tmp_path / "output", "-a", "author=李桥", "-s", "EXTRA_KEYS=author,publisher")
    metadata, markdown = only(run)
    expected = {
        "title": "山桥镇", "author": "李桥", "page": "09", "section": "", "pretitle": "引题", "publisher": "山桥日报",
        "date": "2025-02-05",
    }  # fmt: skip
    assert {name: metadata[name] for name in expected} == expected
    assert "水库满了之后怎么办？\n-" in markdown


def test_article_without_a_date_is_undated_until_a_date_is_given(folder: Path, tmp_path: Path) -> None:
    output, file = tmp_path / "output", folder / "page.txt"
    file.write_text(PAGE, encoding="utf-8")
    os.utime(file, (1738750000, 1738750000))
    run = read(folder, output)
    assert [path.relative_to(output) for path in output.rglob("*.md")] == [Path("paper/undated/page-txt.md")]
    assert only(run)[0]["date"] == "2025-02-05"
    assert "no date: page.txt: the date is that of the file, 2025-02-05; stored in undated/" in run.log
    assert "articles.unchanged=1" in read(folder, output).log
    for command in ("check", "rebuild", "check"):
        done = scrapy("ledger", command, "paper", "-s", f"OUTPUT_DIR={output}")
        assert done.returncode == 0, done.stdout + done.stderr
    assert "articles.unchanged=1" in read(folder, output).log
    (folder / "page.yaml").write_text("date: 2025-02-01\n", encoding="utf-8")
    assert "articles.updated=1" in read(folder, output).log
    assert [path.relative_to(output) for path in output.rglob("*.md")] == [Path("paper/2025/02/page-txt.md")]


def test_second_run_updates_only_changed_files(folder: Path, tmp_path: Path) -> None:
    output, file = tmp_path / "output", folder / "2025-02-05_x.txt"
    file.write_text(PAGE, encoding="utf-8")
    read(folder, output)
    [path] = output.rglob("*.md")
    before = path.stat()
    assert "links.revisit=1 pages.article=1 articles.unchanged=1" in read(folder, output).log
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    file.write_text(PAGE + "\n又多了一段话。\n", encoding="utf-8")
    assert "articles.updated=1" in read(folder, output).log
    path.unlink()
    assert "articles.written=1" in read(folder, output).log
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    file.write_text(PAGE, encoding="utf-8")
    assert "articles.edited=1" in read(folder, output).log


def test_setting_keeps_half_width_punctuation(folder: Path, tmp_path: Path) -> None:
    (folder / "x.txt").write_text(PAGE, encoding="utf-8")
    metadata, markdown = only(read(folder, tmp_path / "output", "-s", "PAPER_KEEP_HALF_WIDTH=True"))
    assert metadata["title"] == "水库满了之后怎么办?"
    assert "，" not in markdown


def test_html_of_an_epaper_and_html_of_lines(folder: Path, tmp_path: Path) -> None:
    epaper = (
        "<html><head><meta charset=gbk><title>x</title></head><body><founder-title>水库满了</founder-title>"
        "<div id=ozoom><founder-content><P>　　本报讯 （记者王山）<b>水库</b>,纸厂。</P></founder-content></div>"
        "</body></html>"
    )
    (folder / "a.html").write_bytes(epaper.encode("gbk"))
    (folder / "b.htm").write_text(
        f"<html><body><p>{'</p><p>'.join(PAGE.splitlines())}</p></body></html>",
        encoding="utf-8",
    )
    run = read(folder, tmp_path / "output", "-a", "date=2025-02-05", "-s", "EXTRA_KEYS=author")
    files = {name: hugo.load(text.decode()) for name, text in run.files("paper").items()}
    assert files["a-html"][0]["title"] == "水库满了"
    assert files["a-html"][0]["author"] == "记者王山"
    assert "**水库**，纸厂。" in files["a-html"][1]
    assert files["b-htm"][0]["title"] == "水库满了之后怎么办？"
    assert "\n纸厂重新开工\n---" in files["b-htm"][1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "path= is missing"),
        (("path=/none/such",), "path=/none/such: No such file"),
        (("path=.", "url=https://a.example/"), "url= cannot be combined with path="),
        (("path=.", "from=archive"), "from= cannot be combined with path="),
        (("path=.", "date=yesterday"), "date='yesterday' is not a day"),
        (("path=.", "url=file:///etc/passwd"), "is not a URL"),
    ],
)
def test_invalid_arguments_end_the_run(arguments: tuple[str, ...], message: str, tmp_path: Path) -> None:
    run = crawl("paper", tmp_path / "output", *(word for one in arguments for word in ("-a", one)))
    assert run.exit_code == 2
    assert message in run.log
    assert "Traceback" not in run.log


def test_two_files_with_one_id_are_reported(folder: Path, tmp_path: Path) -> None:
    (folder / "2025-02-05_x.txt").write_text("水库满了。\n", encoding="utf-8")
    (folder / "20250205-x.txt").write_text("纸厂开工。\n", encoding="utf-8")
    run = read(folder, tmp_path / "output")
    assert run.exit_code == 1
    assert "damaged: 20250205-x.txt: 2025-02-05_x.txt has the same name" in run.log


# Malformed files ----------------------------------------------------------------------------------------------------

KINDS = "written|updated|unchanged|duplicate|damaged|gone|skipped|blocked|login|changed|incomplete|bug"


def test_each_of_300_malformed_files_is_an_article_or_named_in_the_log(tmp_path: Path) -> None:
    root, output = tmp_path / "papers", tmp_path / "output"
    root.mkdir()
    made = malformed_files.make(root, 300, seed=6)
    before = {path for path in tmp_path.rglob("*") if not path.is_relative_to(output)}
    run = read(root, output)
    assert run.exit_code == 1
    assert "end=finished" in run.log
    assert "Traceback" not in run.log
    assert "Logging error" not in run.log
    assert {path for path in tmp_path.rglob("*") if not path.is_relative_to(output)} == before
    addresses = {quote_path(str(path.relative_to(root))) for path in made}
    assert len(addresses) == len(made)
    reported = [match[1] for match in re.finditer(rf"(?m)^\S+ \S+ \+0800 (?:INFO|WARNING) (?:{KINDS}): (.*)$", run.log)]
    named = {line.partition(": ")[0] for line in reported} | {
        line.rpartition("(")[2].removesuffix(")") for line in reported
    }
    assert addresses - named == set()
    figures = {name: int(number) for name, number in re.findall(r" ([a-z]+\.[a-z]+)=(\d+)", run.log)}
    pages = sum(number for name, number in figures.items() if name.startswith("pages."))
    assert pages + figures["records.damaged"] == len(made)
    assert "what nobody asked for" not in "".join(text.decode() for text in run.files("paper").values())
    assert "root:" not in "".join(text.decode() for text in run.files("paper").values())
    for text in run.files("paper").values():
        title, date, address, markdown = hugo.identify(text.decode())
        assert one_line(title) == title
        assert re.fullmatch(r"\d{4}-\d\d-\d\d( \S+)?", date)
        assert markdown
        assert yaml.safe_load(text.decode().split("\n---\n")[0])
        assert not re.search(r"\{\{[<%]|\{%|<script|javascript:[^\n]*\)", markdown)
        assert address.isprintable()
    assert all(path.resolve().is_relative_to(output) for path in output.rglob("*"))


@pytest.mark.parametrize(
    ("suffix", "body", "reason"),
    [
        (".txt", lambda: b" \n", "the file is empty"),
        (".txt", lambda: b"\x00\x01\x02" * 99, "control characters"),
        (
            ".txt",
            lambda: "山桥镇的水库满了。".encode("utf-16-le") * 9,
            "neither GBK nor UTF-8|cannot be read|control characters",
        ),
        (".txt", lambda: b"a" * (4 * 2**20 + 1), "larger than 4 MB"),
        (".pdf", lambda: malformed_files.pdf(["水库满了"], password="geheim"), "encrypted: a password is required"),
        (".pdf", lambda: malformed_files.pdf(["", ""], drawn=True), "no text layer"),
        (".pdf", lambda: malformed_files.LONG, "500 pages, more than 200"),
        (".pdf", lambda: b"%PDF-1.7", "incomplete PDF"),
        (".html", lambda: malformed_files.html("<p>水库满了。</p>", end=""), "the page is truncated"),
        (".html", lambda: malformed_files.html("<h1>水库</h1><p>水库满了。</p>", end=""), "the page is truncated"),
        (".html", lambda: malformed_files.html("<main><p>水库满了。</p>", end=""), "the page is truncated"),
        (".txt", lambda: "水库满了。".encode()[:-1], "ends within a character"),
        (".txt", lambda: "水库满了，纸厂停了。".encode("gbk")[:-1], "ends within a character"),
    ],
)
def test_reason_of_refusal_is_logged(
    suffix: str, body: Callable[[], bytes], reason: str, folder: Path, tmp_path: Path
) -> None:
    (folder / f"水库{suffix}").write_bytes(body())
    run = read(folder, tmp_path / "output")
    assert run.exit_code in (0, 1)
    assert re.search(rf"水库{suffix}: .*(?:{reason})", run.log), run.log
    assert not run.files("paper")


def test_symbolic_links_are_not_followed(folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text(PAGE, encoding="utf-8")
    (folder / "file.txt").symlink_to(outside / "secret.txt")
    (folder / "folder").symlink_to(outside)
    (folder / "round").symlink_to(folder)
    (folder / "good.txt").write_text("水库满了。\n", encoding="utf-8")
    (folder / "good.yaml").symlink_to(outside / "secret.txt")
    run = read(folder, tmp_path / "output")
    assert not run.files("paper")
    for name in ("file.txt", "folder", "round", "good.txt"):
        assert f"damaged: {name}: a symbolic link, which is not followed" in run.log


def test_gbk_and_utf_16_with_byte_order_mark_are_read(folder: Path, tmp_path: Path) -> None:
    for charset in ("gb18030", "utf-16", "utf-8-sig"):
        (folder / f"{charset}.txt").write_bytes(f"水库满了 {charset}。\n".encode(charset))
    files = read(folder, tmp_path / "output").files("paper")
    assert len(files) == 3
    assert all("水库满了" in text.decode() for text in files.values())


def test_web_page_loses_its_navigation(folder: Path, tmp_path: Path) -> None:
    for name, form in FORMS.items():
        (folder / f"2026-11-27_{name}.html").write_bytes(form.body(form.stories[0].path))
    run = read(folder, tmp_path / "output", "-s", "PAPER_KEEP_HALF_WIDTH=True")
    files = {file.removesuffix("-html").partition("-")[2]: text.decode() for file, text in run.files("paper").items()}
    assert files.keys() == FORMS.keys()
    for name, text in files.items():
        story, body = FORMS[name].stories[0], hugo.identify(text)[3]
        assert hugo.load(text)[0]["title"] == story.title
        assert NOISE not in body
        assert all(paragraph in body for paragraph in story.paragraphs)


def test_web_page_without_text_is_skipped(folder: Path, tmp_path: Path) -> None:
    form = FORMS["tables"]
    links = "".join(f'<li><a href="{story.path}">{story.title}</a></li>' for story in form.stories)
    (folder / "list.html").write_text(f"<html><body><ul>{links}</ul></body></html>", encoding="utf-8")
    run = read(folder, tmp_path / "output", "-s", "LOG_LEVEL=DEBUG")
    assert "no text of an article: the page has only links and short lines" in run.log
    assert "Traceback" not in run.log
    assert not run.files("paper")


def test_other_file_types_are_reported(folder: Path, tmp_path: Path) -> None:
    (folder / "x.docx").write_bytes(b"PK")
    run = read(folder / "x.docx", tmp_path / "output")
    assert "damaged: x.docx: unknown file type; allowed are: .txt, .pdf, .html, .htm" in run.log
    assert "ignored: 1 file of a type other than .txt" in read(folder, tmp_path / "output").log
