"""Crawl three days of one invented newspaper of each family: each article once, with its page and section."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from crawler.layouts import hugo
from crawler.spiders.epaper import EpaperSpider
from tests.support.mirror import FAST, crawl
from tests.support.server import Answer, Played, play

DAYS = ("2026-07-06", "2026-07-08", "2026-07-09")  # the 7th has no issue
SECTIONS = {1: "要闻", 2: "副刊"}
TITLES = {1: ("渡口的灯又亮了", "老磨坊里办起读书会"), 2: ("山路上的邮车", "集市改到周六举行")}


class Form(NamedTuple):
    """The URLs of a newspaper (`str.format` with the day as y, m, d; n: page; i: article) and its way of listing."""

    page: str
    article: str
    pages: str = '<li><a href="{url}">第{n:02}版：{section}</a></li>'
    articles: str = '<li><a href="{url}">{title}</a></li>'
    entry: str = '<meta http-equiv="refresh" content="0;url={url}">'
    body: str = "<h1>{title}</h1><div><p>{text}</p></div>"
    charset: str = "utf-8"
    port: str = ""


CELLS = '<tr><td class="x"><a href="{url}">{title}</a></td></tr>'
FORMS = {
    "A": Form("/x/{y}-{m}/{d}/node_{n}.htm", "/x/{y}-{m}/{d}/content_{n}0{i}.htm", charset="gbk"),
    "nbs": Form("/html/{y}-{m}/{d}/nbs.D1x_0{n}.htm", "/html/{y}-{m}/{d}/nw.D1x_{y}{m}{d}_{i}-0{n}.htm"),
    "B": Form(
        "/pc/column/{y}{m}/{d}/node_0{n}.html", "/pc/content/{y}{m}/{d}/content_{n}0{i}.html",
        entry="<script>window.location.assign('{url}')</script>",
    ),
    "C": Form("/x/{y}{m}{d}/html/page_0{n}.htm", "/x/{y}{m}{d}/html/page_0{n}_content_00{i}.htm", charset="gbk"),
    "E": Form("/shtml/x/{y}{m}{d}/v{n}.shtml", "/shtml/x/{y}{m}{d}/95{n}0{i}.shtml", port=":8888"),
    "articel": Form(
        "/content/{y}{m}{d}/Page0{n}NU.htm", "/content/{y}{m}{d}/Articel0{n}00{i}MT.htm",
        pages='[<a href="{url}">0{n}</a>]:<a href="{url}">{section}</a><br>',
        articles='<map name=m><area daoxiang="{url}"></map><p><a href="{url}">{title}</a></p>',
        body="<h2>{title}</h2><span id=contenttext>{text}</span>", charset="gbk", port=":81",
    ),
    "szbz": Form(
        "/Html/szbz/{y}{m}{d}/szbzA{n}.Html", "/html/szbz/{y}{m}{d}/szbz277{n}0{i}.Html", articles=CELLS,
        pages='<tr><td><a href="{url}">第A{n}版：{section}</a></td></tr>',
        entry='<frameset><frame src="{url}"></frameset>',
    ),
    "qpaper": Form(
        "/Html/{y}-{m}-{d}/Qpaper_{n}.html", "/Html/{y}-{m}-{d}/{n}0{i}.html", charset="gbk",
        body="<table><tr><td class=title>{title}</td></tr><tr><td>{text}<br>{text}</td></tr></table>",
    ),
    "stamped": Form(
        "/{y}/{y}{m}{d}/{y}{m}{d}_00{n}/{y}{m}{d}_00{n}.html",
        "/{y}/{y}{m}{d}/{y}{m}{d}_00{n}/{y}{m}{d}_00{n}_{i}.html",
        pages='<option value="{url}">第0{n}版：{section}</option>',
        articles='<table><tr data-url="{url}"><td>{i}</td><td>{title}</td></tr></table>',
    ),
    "uniflows": Form(
        "/uniflows/html/{y}/{m}/{d}/0{n}/default.htm", "/uniflows/html/{y}/{m}/{d}/0{n}/0{n}_3{i}.htm", articles=CELLS,
        body="<table><tr><td>{title}</td></tr><tr><td>　　{text}</td></tr></table>", charset="gbk",
    ),
    "general": Form(
        "/{y}-{m}-{d}/{n}/index.html", "/{y}-{m}-{d}/{n}/detail-81{n}0{i}.html", port=":9999",
        pages='<a title="{n}版：{section}" data-href="{url}"><img src="/{n}.jpg"></a>',
        entry="<iframe src='{url}'></iframe>",
    ),
    "general folders": Form(
        "/papers/x/{y}/{m}/{d}/{n}/page.html", "/papers/x/{y}/{m}/{d}/{n}/news-{i}.html",
        entry="<script>top.location = '{url}';</script>",
    ),
    "query": Form("/x/index.html?date={y}-{m}-{d}&page=0{n}", "/x/{y}{m}/{d}/content_{n}0{i}.html"),
}  # fmt: skip


class Newspaper:
    """A site with two pages of two articles on each of DAYS; the first page has a guide, a credit and buttons."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self.files: dict[str, str] = {"/": form.entry.format(url=self.url(form.page, DAYS[-1], 1)) + self.old_issue()}
        for day in DAYS:
            for number in SECTIONS:
                self.files[self.url(form.page, day, number)] = self.page(day, number)
                for index in (1, 2):
                    self.files[self.url(form.article, day, number, index)] = self.article(day, number, index)

    def url(self, template: str, day: str, number: int, index: int = 0) -> str:
        year, month, of_month = day.split("-")
        return template.format(y=year, m=month, d=of_month, n=number, i=index)

    def old_issue(self) -> str:
        return f'<a href="{self.url(self.form.page, DAYS[0], 1)}">往期</a>'

    def page(self, day: str, number: int) -> str:
        form = self.form
        pages = [
            form.pages.format(url=self.url(form.page, day, other), n=other, section=section)
            for other, section in SECTIONS.items()
        ]
        listed = [
            form.articles.format(url=self.url(form.article, day, number, index), title=title, i=index)
            for index, title in enumerate(TITLES[number], 1)
        ]
        credit = form.articles.format(url=self.url(form.article, day, number, 9), title="责编 何帆 美编 林小满", i=9)
        guide = f'<h4>今日导读</h4><p><a href="{self.url(form.article, day, 2, 1)}">山路上的邮车 见副刊</a></p>'
        cell = f"<table><tr><td class=bm>第0{number}版：{SECTIONS[number]}</td></tr></table>"
        select, table = "<option" in form.pages, "<tr" in form.articles[:3]
        return (
            ("<select>{}</select>" if select else "<table>{}</table>" if "<tr" in form.pages else "<ul>{}</ul>").format(
                "".join(pages)
            )
            + f'<a href="{self.url(form.page, day, 7)}">下一版</a>'
            + (guide if number == 1 else "")
            + ("" if "{section}" in form.pages and number == 1 else cell)
            + ("<table>{}</table>" if table else "<div>{}</div>").format("".join(listed) + credit)
        )

    def article(self, day: str, number: int, index: int) -> str:
        title = TITLES[number][index - 1]
        text = f"{day}这一天，人们先说起{title}，再说起天气。“都会好的。”他们说。"
        back = f'<p><a href="{self.url(self.form.page, day, number)}">返回目录</a></p>'
        return back + self.form.body.format(title=title, text=text) + "<div>主办：山桥日报社，版权所有</div>"

    def answer(self, played: Callable[[], Played]) -> Callable[[str, int], Answer]:
        def respond(path: str, _: int) -> Answer:
            url = played().urls[-1]
            asked = re.sub(r"\Ahttp://[^/]+", "", url) if "?" in url else path
            html = self.files.get(asked)
            body = f"<html><head><title>山桥日报</title></head><body>{html or '404'}</body></html>".encode(
                self.form.charset
            )
            status = "200 OK" if html else "404 Not Found"
            head = f"HTTP/1.1 {status}\r\nContent-Type: text/html; charset={self.form.charset}"
            return Answer(raw=f"{head}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)

        return respond


@pytest.mark.parametrize("name", FORMS)
def test_three_days_of_a_newspaper(name: str, tmp_path: Path) -> None:
    form = FORMS[name]
    newspaper, running = Newspaper(form), list[Played]()
    url = f"http://paper.example{form.port}/"
    with play(newspaper.answer(lambda: running[0])) as played:
        running.append(played)
        days = ("-a", f"since={DAYS[0]}", "-a", "until=2026-12-31")
        done = crawl("epaper", tmp_path, *FAST, "-a", f"url={url}", *days, environment=played.environment)
    found = [hugo.identify(file.decode()) for file in done.files(EpaperSpider(url=url).name).values()]
    rows = sorted(
        (front["date"], front["page"].lstrip("A0"), front["section"], front["title"])
        for front in (hugo.load(file.decode())[0] for file in done.files(EpaperSpider(url=url).name).values())
    )
    assert done.exit_code == 0, done.log
    assert "links.no_issue=1" in done.log
    assert len(found) == 12
    assert rows == sorted(
        (day, str(number), section, title)
        for day in DAYS for number, section in SECTIONS.items() for title in TITLES[number]
    )  # fmt: skip
    assert all("他们说。" in text[3] and "版权" not in text[3] and "返回" not in text[3] for text in found)
    requested = [re.sub(r"\Ahttp://[^/]+", "", asked) for asked in played.urls]
    assert len([asked for asked in requested if asked in newspaper.files]) == 1 + 6 + 12
    assert not [asked for asked in requested if "_7." in asked or "Page07" in asked or "/07/def" in asked]
