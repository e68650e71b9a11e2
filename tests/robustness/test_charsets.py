"""Crawl pages in many charsets, with correct, wrong, double or missing declarations.

Every stored article must be correct to the last character; other pages must be refused.
"""

from __future__ import annotations

import pytest

from tests.robustness.hostile_server.crawl import crawl_and_measure
from tests.robustness.hostile_server.sites import TOY, Site
from tests.support.flaky_server import wire
from tests.support.mirror import Run
from tests.support.server import Answer

# One pytest-xdist worker runs all tests of this file: they share one crawl.
pytestmark = pytest.mark.xdist_group("charsets")

SIMPLIFIED = (
    "半导体设备的订单在今年一季度继续回升，国内几家主要的厂商都说，客户的要求比去年多了不少。“我们已经没有空的产线”，"
    "一位不愿具名的经理对记者说，交货的时间从三个月到半年不等。分析师认为，这一轮回升来自存储芯片，也与出口的变化有关。"
)
TRADITIONAL = (
    "記憶體的價格在今年第一季繼續上漲，幾家主要的廠商都說，客戶的要求比去年多了不少。「我們已經沒有空的產線」，"
    "一位不願具名的經理對記者說，交貨的時間從三個月到半年不等。分析師認為，這一輪上漲來自人工智慧，也與出口的變化有關。"
)
JAPANESE = (
    "半導体製造装置の受注が今年の第一四半期も回復を続けている。国内の主要なメーカーによると、顧客の要求は昨年より大幅に増えた。"
    "ある経営者は記者に対し、納期は三か月から半年まで様々だと語った。専門家は、記憶素子の需要と輸出環境の変化が背景にあると分析する。"
)
RARE = SIMPLIFIED + "㐂字与€号、𠮷野家也在。"  # includes characters of four bytes in gb18030
SMILE = "\U0001f600"
# Decoded and encoded in wrong charsets, with losses.
LOST = SIMPLIFIED.encode().decode("gbk", "replace").encode("gbk", "replace").decode("utf-8", "replace")
PLAIN = "text/html"


def page(name: str, text: str, meta: str = "") -> str:
    declared = f"<meta charset={meta}>" if meta else ""
    return (
        f"<html><head>{declared}<title>{name}</title></head><body><h1>订单 {name}</h1><time>2025-02-11</time>"
        f"<article><p>{text}</p><p>{name}</p></article></body></html>"
    )


def html(charset: str) -> str:
    return f"text/html; charset={charset}"


def in_big5(name: str, meta: str = "") -> bytes:
    return page(name, TRADITIONAL, meta).replace("订单", "訂單").encode("big5")


def mixed(name: str) -> bytes:
    """Return a page with the site's template in UTF-8 and the article in GBK."""
    head, text, rest = page(name, SIMPLIFIED).partition(SIMPLIFIED)
    return head.encode() + text.encode("gbk") + rest.encode()


def double_encoded(name: str, wrong: str, right: str = "utf-8") -> bytes:
    """Return a page with text in charset *right* that the site decoded as *wrong* before it stored it."""
    head, text, rest = page(name, SIMPLIFIED, "utf-8").partition(SIMPLIFIED)
    garbled = text.encode(right).decode(wrong, "replace")
    return (head + garbled + rest).encode()


def cut(name: str) -> bytes:
    """Return a page without one byte of a character."""
    return page(name, SIMPLIFIED).encode().replace("厂商".encode(), "厂商".encode()[:-1])


def with_surrogates(name: str) -> bytes:
    return page(name, SIMPLIFIED + "\ud83d\ude00").encode("utf-8", "surrogatepass")


def in_japanese(name: str) -> bytes:
    return page(name, JAPANESE).replace("订单", "受注").encode("shift_jis")


# Name -> (Content-Type, body, expected text); a crawl must store these pages.
DECODABLE: dict[str, tuple[str, bytes, str]] = {
    "utf8": (html("utf-8"), page("utf8", RARE).encode(), RARE),
    "utf8_undeclared": (PLAIN, page("utf8_undeclared", RARE).encode(), RARE),
    "utf8_bom_gbk": (html("gbk"), page("utf8_bom_gbk", RARE, "gbk").encode("utf-8-sig"), RARE),
    "utf8_as_gbk": (PLAIN, page("utf8_as_gbk", RARE, "gbk").encode(), RARE),
    "utf8_as_latin": (html("iso-8859-1"), page("utf8_as_latin", RARE).encode(), RARE),
    "gbk": (html("gbk"), page("gbk", SIMPLIFIED).encode("gbk"), SIMPLIFIED),
    "gb2312_of_four_bytes": (PLAIN, page("gb2312_of_four_bytes", RARE, "gb2312").encode("gb18030"), RARE),
    "gbk_undeclared": (PLAIN, page("gbk_undeclared", SIMPLIFIED).encode("gbk"), SIMPLIFIED),
    "gbk_as_utf8": (html("utf-8"), page("gbk_as_utf8", SIMPLIFIED, "utf-8").encode("gbk"), SIMPLIFIED),
    "gbk_as_latin": (html("iso-8859-1"), page("gbk_as_latin", SIMPLIFIED).encode("gbk"), SIMPLIFIED),
    "gbk_twice": (html("utf-8"), page("gbk_twice", RARE, "gb18030").encode("gb18030"), RARE),
    "big5": (html("big5"), in_big5("big5"), TRADITIONAL),
    "big5_in_meta": (PLAIN, in_big5("big5_in_meta", "big5"), TRADITIONAL),
    "utf16_bom": (html("utf-8"), page("utf16_bom", RARE).encode("utf-16"), RARE),
    "utf16": (html("utf-16le"), page("utf16", RARE).encode("utf-16-le"), RARE),
    "utf32_bom": (PLAIN, page("utf32_bom", RARE).encode("utf-32"), RARE),
    "entities": (PLAIN, page("entities", "".join(f"&#{ord(char)};" for char in RARE)).encode(), RARE),
    "unknown": (html("x-user-defined"), page("unknown", RARE).encode(), RARE),
}
# The same for pages that a crawl must refuse or store with the expected text.
DAMAGED: dict[str, tuple[str, bytes, str]] = {
    "big5_undeclared": (PLAIN, in_big5("big5_undeclared"), TRADITIONAL),
    "big5_as_gbk": (html("gbk"), in_big5("big5_as_gbk", "gbk"), TRADITIONAL),
    "big5_as_utf8": (html("utf-8"), in_big5("big5_as_utf8", "utf-8"), TRADITIONAL),
    "gbk_as_big5": (html("big5"), page("gbk_as_big5", SIMPLIFIED).encode("gbk"), SIMPLIFIED),
    "utf16_undeclared": (PLAIN, page("utf16_undeclared", RARE).encode("utf-16-le"), RARE),
    "utf16_be_as_le": (html("utf-16le"), page("utf16_be_as_le", RARE).encode("utf-16-be"), RARE),
    "mixed": (html("utf-8"), mixed("mixed"), SIMPLIFIED),
    "mixed_undeclared": (PLAIN, mixed("mixed_undeclared"), SIMPLIFIED),
    "twice_latin": (html("utf-8"), double_encoded("twice_latin", "latin-1"), SIMPLIFIED),
    "twice_cp1252": (html("utf-8"), double_encoded("twice_cp1252", "cp1252"), SIMPLIFIED),
    "twice_gbk": (html("utf-8"), double_encoded("twice_gbk", "gbk"), SIMPLIFIED),
    "twice_gb18030": (html("utf-8"), double_encoded("twice_gb18030", "gb18030"), SIMPLIFIED),
    "gbk_in_latin": (html("utf-8"), double_encoded("gbk_in_latin", "latin-1", "gbk"), SIMPLIFIED),
    "gbk_in_big5": (html("utf-8"), double_encoded("gbk_in_big5", "big5", "gbk"), SIMPLIFIED),
    "lost": (html("utf-8"), page("lost", LOST).encode(), SIMPLIFIED),
    "asked": (html("utf-8"), page("asked", SIMPLIFIED.encode("ascii", "replace").decode()).encode(), SIMPLIFIED),
    "cut_character": (html("utf-8"), cut("cut_character"), SIMPLIFIED),
    "cut_character_undeclared": (PLAIN, cut("cut_character_undeclared"), SIMPLIFIED),
    "halves": (html("utf-8"), page("halves", SIMPLIFIED + "&#xD83D;&#xDE00;").encode(), SIMPLIFIED + SMILE),
    "halves_in_bytes": (html("utf-8"), with_surrogates("halves_in_bytes"), SIMPLIFIED + SMILE),
    "halves_undeclared": (PLAIN, with_surrogates("halves_undeclared"), SIMPLIFIED + SMILE),
    "hz": (html("hz-gb-2312"), page("hz", SIMPLIFIED).encode("hz"), SIMPLIFIED),
    "japanese_as_gbk": (html("gbk"), in_japanese("japanese_as_gbk"), JAPANESE),
}  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    cases = DECODABLE | DAMAGED
    names = dict.fromkeys(cases, "")

    def site(path: str, number: int) -> Answer:
        name = path.removeprefix("/a/").removesuffix(".html")
        if name not in cases:
            return Site(TOY, names, {})(path, number)
        content_type, body, _ = cases[name]
        return Answer(raw=wire(body, Content_Type=content_type))

    finished = crawl_and_measure(TOY, site, tmp_path_factory.mktemp("charsets"), "-s", "RETRY_TIMES=0").run
    assert "Traceback" not in finished.log
    return finished


def is_correct(file: bytes, text: str) -> bool:
    title = "訂單" if text == TRADITIONAL else "受注" if text == JAPANESE else "订单"
    return f'title: "{title} ' in file.decode() and text in file.decode()


@pytest.mark.parametrize("name", DECODABLE)
def test_crawl_stores_text_that_can_be_decoded(run: Run, name: str) -> None:
    assert is_correct(run.files("toy")[name], DECODABLE[name][2])


@pytest.mark.parametrize("name", DAMAGED)
def test_crawl_refuses_text_that_cannot_be_decoded(run: Run, name: str) -> None:
    file = run.files("toy").get(name)
    if file is None:
        assert run.refused[TOY.url(name)] == "incomplete"
    else:
        assert is_correct(file, DAMAGED[name][2])
