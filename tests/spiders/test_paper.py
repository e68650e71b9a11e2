"""Printed pages out of local files: what is put in order, what is known of a file, and what bad files cost."""

from __future__ import annotations

import io
import os
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from lxml.html import fragment_fromstring
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from crawler.layouts import hugo
from crawler.newspapers.credits import is_credit, source_of, writer_of
from crawler.newspapers.files import address_of
from crawler.newspapers.reflow import Paragraph, order, paragraphs_of
from crawler.spiders.paper import PaperSpider
from crawler.text.clean import one_line
from crawler.text.punctuation import to_full_width, widen_body
from tests.robustness import malformed_files as nasty_files
from tests.support.mirror import Run, crawl, scrapy

PAGE = """水库在三月里蓄满了水,镇上的人说,这是十年来的第一次,河边的纸厂因此又能开工,而下游的农户也不必再等雨,

他们可以提前两周插秧。

■据《山桥日报》

图据山桥镇

水库满了之后怎么办?

纸厂重新开工

OpenWell 小组在 2023 年开始测量水位,他们的仪器(一共 12 台)每 10 分钟记录一次,收到的数据占全部的 95% 以上,成立于 2021

年 5 月的另一个小组也加入了。他们用的软件叫做 Well-spring,作者来自 Hug-gingWater 公司。

原因一:雨水充足
农户不必再等
农户说:“今年真好!”他们已经开始准备。
"""


def blocks(text: str, title: str = "") -> list[tuple[str, str]]:
    """Tag and text of each part of what `order` makes of a plain text."""
    read = order(paragraphs_of(text), title)
    widen_body(read.body)
    return [(str(node.tag), node.text or "") for node in read.body]


# The order of a text ------------------------------------------------------------------------------------------------


def test_a_page_is_put_in_order() -> None:
    assert order(paragraphs_of(PAGE)).title == "水库满了之后怎么办?"
    assert blocks(PAGE) == [
        (
            "p",
            "水库在三月里蓄满了水，镇上的人说，这是十年来的第一次，河边的纸厂因此又能开工，而下游的农户也不必再等雨，"
            "他们可以提前两周插秧。",
        ),
        ("h2", "纸厂重新开工"),
        (
            "p",
            "OpenWell 小组在 2023 年开始测量水位，他们的仪器（一共 12 台）每 10 分钟记录一次，收到的数据占全部的 95% "
            "以上，成立于 2021 年 5 月的另一个小组也加入了。他们用的软件叫做 Well-spring，作者来自 HuggingWater 公司。",
        ),
        ("h2", "原因一：雨水充足"),
        ("h2", "农户不必再等"),
        ("p", "农户说：“今年真好!”他们已经开始准备。"),
        ("p", "■据《山桥日报》"),
        ("p", "图据山桥镇"),
    ]


def test_lines_that_were_cut_to_a_width_come_together() -> None:
    text = "　　水库在三月里蓄满了水，镇上的\n人说，这是十年来的第一次，Paper-\n"
    text += "mill 因此又能开工，下游的农户不\n必再等。\n"
    text += "　　他们可以提前两周插秧，这在山\n桥镇是一件大事。\n"
    assert [part.text for part in paragraphs_of(text)] == [
        "水库在三月里蓄满了水，镇上的人说，这是十年来的第一次，Papermill 因此又能开工，下游的农户不必再等。",
        "他们可以提前两周插秧，这在山桥镇是一件大事。",
    ]


@pytest.mark.parametrize(
    ("line", "is_heading"),
    [
        ("纸厂重新开工", True),
        ("纸厂何时开工?", True),
        ("获“山桥之星”称号 OpenWell 再扩“朋友圈”", True),
        ("四个字儿", False),
        ("他说：“好的。”", False),
        ("原因有下面这些：", False),
        ("（图片来自网络）", False),
        ("2025 02 05", False),
        ("山" * 29, False),
    ],
)
def test_a_short_line_is_a_heading(line: str, is_heading: bool) -> None:
    text = f"水库的故事\n\n很长的一段话。\n\n{line}\n\n另一段话。\n"
    assert (("h2", to_full_width(line)) in blocks(text)) is is_heading


def test_many_short_lines_are_a_list_and_what_heads_nothing_is_no_heading() -> None:
    lines = [f"第{number}项内容" for number in "一二三四五"]
    assert blocks("很长的一段话。\n\n" + "\n\n".join(lines)) == [
        ("p", "很长的一段话。"),
        *(("p", line) for line in lines),
    ]
    assert blocks("很长的一段话。\n\n山桥镇宣传部") == [("p", "很长的一段话。"), ("p", "山桥镇宣传部")]


def test_the_headline_that_is_known_leaves_the_text() -> None:
    assert ("h2", "水库满了之后怎么办？") in blocks(PAGE, "另一个标题")
    assert ("h2", "水库满了之后怎么办？") not in blocks(PAGE, "水库满了之后怎么办？")


def test_of_a_page_with_sizes_the_largest_line_is_the_headline() -> None:
    parts = [
        Paragraph("山桥镇新闻", 14),
        Paragraph("一段很长的话。" * 9, 9),
        Paragraph("水库满了", 9),
        Paragraph("水库" * 9 + "满了没有", 22),
    ]
    assert order([*parts, Paragraph("另一段话。", 9)]).title == "水库" * 9 + "满了没有"


@pytest.mark.parametrize(
    ("line", "source", "writer"),
    [
        ("■据《山桥日报》", "山桥日报", ""),
        ("据山桥社电", "山桥社", ""),
        ("图据山桥社", "", ""),
        ("图片来源：山桥镇", "", ""),
        ("本报记者 王山 李桥", "", "王山 李桥"),
        ("（本报记者 王山 通讯员 李桥）", "", "王山 通讯员 李桥"),
        ("文/王山", "", "王山"),
    ],
)
def test_credits(line: str, source: str, writer: str) -> None:
    assert is_credit(line)
    assert (source_of([line]), writer_of([line])) == (source, writer)


@pytest.mark.parametrize("line", ["据了解", "据报道,水库满了。", "图书馆重新开放", "记者调查", "□链接", "文化之乡"])
def test_what_is_no_credit(line: str) -> None:
    assert not is_credit(line)


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        ("水库,纸厂", "水库，纸厂"),
        ("OpenWell,水库", "OpenWell，水库"),
        ("1,000 米", "1,000 米"),
        ("10:30 开门", "10:30 开门"),
        ("水库(Well)很大", "水库（Well）很大"),
        ("the (well), and", "the (well), and"),
        ("“很好”,他说", "“很好”，他说"),
        ("“good”, he said", "“good”, he said"),
        ("增长95%的", "增长95％的"),
        ("约 95%。", "约 95%。"),
        ("网址:https://a.example/?b=c", "网址：https://a.example/?b=c"),
    ],
)
def test_half_width_forms(narrow: str, wide: str) -> None:
    assert to_full_width(narrow) == wide


def test_half_width_forms_across_elements() -> None:
    body = fragment_fromstring("<div><p><b>水库</b>,纸厂</p><p>(well)</p></div>")
    widen_body(body)
    assert [node.text_content() for node in body] == ["水库，纸厂", "(well)"]


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
    """Front matter and Markdown of the only article."""
    [text] = run.files("paper").values()
    return hugo.load(text.decode())[0], hugo.identify(text.decode())[3]


def test_the_sample_comes_out_as_readable_markdown(shared: Path, tmp_path: Path) -> None:
    page = shared / "examples/newspaper-page.txt"
    run = read(page, tmp_path / "output")
    metadata, markdown = only(run)
    assert run.exit_code == 0
    assert metadata["title"] == "爆火的 DeepSeek 你用了没？"
    assert all(whole in markdown for whole in CUTS.values())
    heads = re.findall(r"^(.+)\n-+$", markdown, re.MULTILINE)
    assert tuple(heads) == HEADS
    assert markdown.endswith("\n\n■据《华商报》\n\n图据新华社")
    # No character is lost, and none is there that was not, but by the rules.
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


def test_the_sample_typeset_in_two_columns_gives_the_same(shared: Path, tmp_path: Path) -> None:
    source = (shared / "examples/newspaper-page.txt").read_text(encoding="utf-8")
    for cut, whole in CUTS.items():
        assert cut in source
        source = source.replace(cut, whole)
    narrow = [to_full_width(head) for head in HEADS]
    lines = [line for line in source.splitlines() if line.strip()]
    kinds = [(2 if "你用了没" in line else 1 if to_full_width(line) in narrow else 0, line) for line in lines]
    (tmp_path / "pages").mkdir()
    cuts = typeset(tmp_path / "pages/page.pdf", kinds)
    assert cuts >= 2  # sentences that a column's end cuts
    (tmp_path / "plain.txt").write_text(source, encoding="utf-8")
    pdf = only(read(tmp_path / "pages", tmp_path / "1"))
    text = only(read(tmp_path / "plain.txt", tmp_path / "2"))
    assert pdf[1] == text[1]
    assert pdf[0]["title"] == text[0]["title"]


def typeset(path: Path, paragraphs: list[tuple[int, str]], size: float = 9, width: float = 230) -> int:
    """Typeset paragraphs (0: text, 1: a heading, 2: the main headline, above all) in two columns; how many sentences
    the columns cut. What stands at one height is drawn together, as no reader would read it."""
    canvas = Canvas(str(path), invariant=1)
    drawn: list[tuple[float, float, float, str]] = []
    column, height, cuts = 0, 740.0, 0

    def show() -> None:
        for top, left, large, words in sorted(drawn, key=lambda one: (-one[0], one[1])):
            canvas.setFont(nasty_files.FONT, large)
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
        if stringWidth(lines[-1] + piece.rstrip(), nasty_files.FONT, size) > width:
            lines.append("")
        lines[-1] += piece
    assert "".join(lines).strip() == text.strip()
    return lines


# What is known of a file --------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "papers").mkdir()
    return tmp_path / "papers"


def test_a_name_says_date_page_and_title(folder: Path, tmp_path: Path) -> None:
    (folder / "2025-02-05_A08_水库_满了.txt").write_text("一段没有标题的话。\n", encoding="utf-8")
    run = read(folder, tmp_path / "output")
    metadata, markdown = only(run)
    assert (metadata["title"], metadata["date"], metadata["page"]) == ("水库 满了", "2025-02-05", "A08")
    assert markdown == "一段没有标题的话。"
    [path] = (tmp_path / "output/paper/2025/02").iterdir()
    assert path.name.startswith("20250205-A08")
    assert path.read_text(encoding="utf-8").endswith("\n\n[paper](2025-02-05_A08_水库_满了.txt)\n")
    assert "the file's name is the title" in run.log
    assert "not known: 2025-02-05_A08_水库_满了.txt: author, publisher, section" in run.log


def test_what_stands_beside_a_file_and_arguments_come_first(folder: Path, tmp_path: Path) -> None:
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


def test_without_a_date_an_article_lies_in_undated_until_there_is_one(folder: Path, tmp_path: Path) -> None:
    output, file = tmp_path / "output", folder / "page.txt"
    file.write_text(PAGE, encoding="utf-8")
    os.utime(file, (1738750000, 1738750000))
    run = read(folder, output)
    assert [path.relative_to(output) for path in output.rglob("*.md")] == [Path("paper/undated/page-txt.md")]
    assert only(run)[0]["date"] == "2025-02-05"
    assert "no date: page.txt: the file's own, 2025-02-05; it lies in undated/" in run.log
    assert "articles.unchanged=1" in read(folder, output).log
    for command in ("check", "rebuild", "check"):
        done = scrapy("ledger", command, "paper", "-s", f"OUTPUT_DIR={output}")
        assert done.returncode == 0, done.stdout + done.stderr
    assert "articles.unchanged=1" in read(folder, output).log
    (folder / "page.yaml").write_text("date: 2025-02-01\n", encoding="utf-8")
    assert "articles.updated=1" in read(folder, output).log
    assert [path.relative_to(output) for path in output.rglob("*.md")] == [Path("paper/2025/02/page-txt.md")]


def test_a_second_run_writes_nothing_and_a_changed_file_is_updated(folder: Path, tmp_path: Path) -> None:
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


def test_half_width_forms_may_stay(folder: Path, tmp_path: Path) -> None:
    (folder / "x.txt").write_text(PAGE, encoding="utf-8")
    metadata, markdown = only(read(folder, tmp_path / "output", "-s", "PAPER_KEEP_HALF_WIDTH=True"))
    assert metadata["title"] == "水库满了之后怎么办?"
    assert "，" not in markdown


def test_html_of_an_epaper_and_of_lines_alone(folder: Path, tmp_path: Path) -> None:
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
    ("arguments", "said"),
    [
        ((), "path= is missing"),
        (("path=/none/such",), "path=/none/such: No such file"),
        (("path=.", "url=https://a.example/"), "url= does not go with it"),
        (("path=.", "from=archive"), "from= does not go with it"),
        (("path=.", "date=yesterday"), "date='yesterday' is no day"),
        (("path=.", "url=file:///etc/passwd"), "is not a URL"),
    ],
)
def test_wrong_arguments_end_the_run_at_once(arguments: tuple[str, ...], said: str, tmp_path: Path) -> None:
    run = crawl("paper", tmp_path / "output", *(word for one in arguments for word in ("-a", one)))
    assert run.exit_code == 2
    assert said in run.log
    assert "Traceback" not in run.log


def test_two_names_that_say_the_same_are_told(folder: Path, tmp_path: Path) -> None:
    (folder / "2025-02-05_x.txt").write_text("水库满了。\n", encoding="utf-8")
    (folder / "20250205-x.txt").write_text("纸厂开工。\n", encoding="utf-8")
    run = read(folder, tmp_path / "output")
    assert run.exit_code == 1
    assert "damaged: 20250205-x.txt: 2025-02-05_x.txt has the same name" in run.log


@pytest.mark.parametrize(
    ("name", "address"),
    [("水库（上）.txt", "水库（上）.txt"), ("a b%.txt", "a%20b%25.txt"), ("x:](y).txt", "x%3A%5D%28y%29.txt"),
     ("\u202e\u3000.txt", "%E2%80%AE%E3%80%80.txt"), (os.fsdecode(b"\xff.txt"), "%FF.txt")],
)  # fmt: skip
def test_addresses_of_names(name: str, address: str) -> None:
    assert address_of(name) == address
    link = PaperSpider.article_link(address)
    assert link
    assert link.url == address
    assert PaperSpider.article_link(f"file:///{address}") is None


# Bad files ----------------------------------------------------------------------------------------------------------

KINDS = "written|updated|unchanged|duplicate|damaged|gone|skipped|blocked|login|changed|incomplete|bug"


def test_each_of_300_nasty_files_is_an_article_or_refused_by_name(tmp_path: Path) -> None:
    root, output = tmp_path / "papers", tmp_path / "output"
    root.mkdir()
    made = nasty_files.make(root, 300, seed=6)
    before = {path for path in tmp_path.rglob("*") if not path.is_relative_to(output)}
    run = read(root, output)
    assert run.exit_code == 1  # something to look at
    assert "end=finished" in run.log
    assert "Traceback" not in run.log
    assert "Logging error" not in run.log
    assert {path for path in tmp_path.rglob("*") if not path.is_relative_to(output)} == before
    addresses = {address_of(str(path.relative_to(root))) for path in made}
    assert len(addresses) == len(made)
    told = [match[1] for match in re.finditer(rf"(?m)^\S+ \S+ (?:INFO|WARNING) (?:{KINDS}): (.*)$", run.log)]
    named = {line.partition(": ")[0] for line in told} | {line.rpartition("(")[2].removesuffix(")") for line in told}
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
    ("suffix", "body", "said"),
    [
        (".txt", lambda: b" \n", "nothing is in it"),
        (".txt", lambda: b"\x00\x01\x02" * 99, "control characters"),
        (
            ".txt",
            lambda: "山桥镇的水库满了。".encode("utf-16-le") * 9,
            "neither GBK nor UTF-8|cannot be read|control characters",
        ),
        (".txt", lambda: b"a" * (4 * 2**20 + 1), "larger than 4 MB"),
        (".pdf", lambda: nasty_files.pdf(["水库满了"], password="geheim"), "encrypted: it asks for a password"),
        (".pdf", lambda: nasty_files.pdf(["", ""], drawn=True), "no text layer"),
        (".pdf", lambda: nasty_files.LONG, "500 pages, more than 200"),
        (".pdf", lambda: b"%PDF-1.7", "no whole PDF"),
        (".html", lambda: nasty_files.html("<p>水库满了。</p>", end=""), "the page breaks off"),
    ],
)
def test_why_a_file_is_refused(suffix: str, body: Callable[[], bytes], said: str, folder: Path, tmp_path: Path) -> None:
    (folder / f"水库{suffix}").write_bytes(body())
    run = read(folder, tmp_path / "output")
    assert run.exit_code in (0, 1)
    assert re.search(rf"水库{suffix}: .*(?:{said})", run.log), run.log
    assert not run.files("paper")


def test_links_are_not_followed(folder: Path, tmp_path: Path) -> None:
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
        assert f"damaged: {name}: a link, which is not followed" in run.log


def test_gbk_and_utf_16_with_its_mark_are_read(folder: Path, tmp_path: Path) -> None:
    for charset in ("gb18030", "utf-16", "utf-8-sig"):
        (folder / f"{charset}.txt").write_bytes(f"水库满了 {charset}。\n".encode(charset))
    files = read(folder, tmp_path / "output").files("paper")
    assert len(files) == 3
    assert all("水库满了" in text.decode() for text in files.values())


def test_a_file_of_another_kind_is_said(folder: Path, tmp_path: Path) -> None:
    (folder / "x.docx").write_bytes(b"PK")
    run = read(folder / "x.docx", tmp_path / "output")
    assert "damaged: x.docx: a file of another kind than .txt, .pdf, .html, .htm" in run.log
    assert "passed by: 1 files that are none of .txt" in read(folder, tmp_path / "output").log


def test_no_pdf_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    from crawler.newspapers.pdf import PdfError, read_pdf

    monkeypatch.setitem(__import__("sys").modules, "pypdfium2", None)
    with pytest.raises(PdfError, match="need an extra"):
        read_pdf(io.BytesIO(b"%PDF-").getvalue())
