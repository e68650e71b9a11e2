"""PDF files: document information, damaged and hostile files, and files without text."""

from __future__ import annotations

import io
import random
import time
from contextlib import suppress

import pytest
from PIL import Image
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from crawler.newspapers.pdf import MAX_CHARACTERS, PdfError, read_pdf
from crawler.newspapers.pdf_metadata import is_misread
from tests.newspapers.typeset import FONT, Sheet, read_one
from tests.robustness import malformed_files

TEXT = b"BT /F1 12 Tf 60 700 Td (The water of the valley is high this year, and the paper mill works again.) Tj ET"


def raw_pdf(
    info: bytes = b"", content: bytes = TEXT, catalog: bytes = b"", kids: bytes = b"4 0 R", more: tuple[bytes, ...] = ()
) -> bytes:
    """Return a PDF of one page with these bytes in its document information."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R " + catalog + b" >>",
        b"<< /Type /Pages /Kids [" + kids + b"] /Count " + str(kids.count(b"R")).encode() + b" >>",
        b"<< " + info + b" >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R"
        b" /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        *more,
    ]
    file, offsets = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(objects, 1):
        offsets.append(len(file))
        file += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(file)
    file += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    file += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    file += b"trailer\n<< /Size %d /Root 1 0 R /Info 3 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(file)


def literal(data: bytes) -> bytes:
    return b"<" + data.hex().encode() + b">"


# Document information -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("储能观察".encode("utf-16"), "储能观察"),
        (b"\xfe\xff" + "储能观察".encode("utf-16-be"), "储能观察"),
        (b"\xef\xbb\xbf" + "储能观察".encode(), "储能观察"),
        (b"The Soci\xe9t\xe9 G\xe9n\xe9rale in 2025", "The Société Générale in 2025"),
        (b"M\xfcnchen \x84 a report", "München — a report"),
        ("储能观察".encode("gbk"), "储能"),
        ("储能行业2025年一季度的观察".encode("gbk"), "储能"),
        ("储能 Storage 观察".encode("gbk"), "储能"),
        ("電池產業觀察".encode("big5"), "储能"),
        ("储能观察".encode(), "储能"),
        ("储能观".encode("gbk") + b"\xb2", "储能"),
        (b"", "储能"),
        (b"   ", "储能"),
        (b"untitled", "储能"),
        (b"Untitled-1", "储能"),
        (b"Microsoft Word - \xb8\xe5\xbc\xfe.doc", "储能"),
        (b"\xfe\xff" + "Microsoft Word - 稿件.doc".encode("utf-16-be"), "储能"),
        (b"\xfe\xff" + "无标题文档".encode("utf-16-be"), "储能"),
        (b"A03.indd", "储能"),
        (b"\xfe\xff" + "A03版.fbd".encode("utf-16-be"), "储能"),
        (b"PowerPoint Presentation", "储能"),
        (b"\xfe\xff" + "幻灯片 1".encode("utf-16-be"), "储能"),
        (b"\x00\x01\x02", "储能"),
        (b"\xfe\xff", "储能"),
        (b"\xfe\xff\x50", "储能"),
    ],
)
def test_title_of_the_file_information(title: bytes, expected: str) -> None:
    assert read_one(raw_pdf(b"/Title " + literal(title)), "2025-02-11_储能.pdf").title == expected


@pytest.mark.parametrize(
    ("author", "expected"),
    [
        ("王山".encode("gbk"), ""),
        (b"\xfe\xff" + "王山".encode("utf-16-be"), "王山"),
        (b"user", ""),
        (b"Li Qiao", "Li Qiao"),
    ],
)
def test_author_of_the_file_information(author: bytes, expected: str) -> None:
    assert read_one(raw_pdf(b"/Author " + literal(author))).author == expected


@pytest.mark.parametrize(
    "name", ["Société Générale", "Łódź – a city", "Ærøskøbing", "É", "Dvořák & Škoda", "plain", "水库"]
)
def test_western_names_are_not_misread(name: str) -> None:
    assert not is_misread(name)


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        (b"D:20250211221709+08'00'", "2025-02-11 22:17:09"),
        (b"D:20250211221709+08'00", "2025-02-11 22:17:09"),
        (b"D:20250211221709+0800", "2025-02-11 22:17:09"),
        (b"D:20250211141709Z", "2025-02-11 22:17:09"),
        (b"D:20250211141709Z00'00'", "2025-02-11 22:17:09"),
        (b"D:20250211141709+00'00'", "2025-02-11 22:17:09"),
        (b"D:20250211091709-05'00'", "2025-02-11 22:17:09"),
        (b"D:20250211194709+05'30'", "2025-02-11 22:17:09"),
        (b"D:20250210201709-10'00'", "2025-02-11 14:17:09"),
        (b"D:20250211221709", "2025-02-11 22:17:09"),
        (b"20250211221709+08'00'", "2025-02-11 22:17:09"),
        (b"D:202502112217+08'00'", "2025-02-11 22:17:00"),
        (b"D:202502112217", "2025-02-11 22:17:00"),
        (b"D:20250211", "2025-02-11"),
        (b"\xfe\xff" + "D:20250211221709+08'00'".encode("utf-16-be"), "2025-02-11 22:17:09"),
        (b"D:20250231221709+08'00'", ""),
        (b"D:2025", ""),
        (b"yesterday", ""),
        (b"", ""),
    ],
)
def test_date_of_the_file_information(date: bytes, expected: str) -> None:
    article = read_one(raw_pdf(b"/CreationDate " + literal(date)), "a.pdf")
    assert (article.date, article.chosen["date"]) == ((expected, "PDF") if expected else ("2025-02-12", "file"))


# Files without text -------------------------------------------------------------------------------------------------


def scan(text: str = "", pages: int = 2) -> bytes:
    """Return a PDF with a picture on each page, and *text* below it."""
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=(595, 842), invariant=1)
    picture = ImageReader(Image.new("L", (60, 85), 200))
    for _ in range(pages):
        canvas.drawImage(picture, 0, 0, 595, 842)
        canvas.setFont(FONT, 9)
        canvas.drawString(400, 20, text)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


@pytest.mark.parametrize("text", ["", "扫描全能王 创建", "- 1 -"])
def test_scan_without_text_is_refused(text: str) -> None:
    for pages in (1, 3):
        with pytest.raises(PdfError, match=r"no text layer: the pages are pictures .* run OCR first"):
            read_pdf(scan(text, pages))


def test_scan_with_text_layer_is_read() -> None:
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=(595, 842), invariant=1)
    canvas.drawImage(ImageReader(Image.new("L", (60, 85), 200)), 0, 0, 595, 842)
    text = canvas.beginText(60, 700)
    text.setTextRenderMode(3)  # invisible, as OCR programs write it
    text.setFont(FONT, 10)
    text.textLines("水库在三月里蓄满了水，镇上的人说，这是十年来的第一次，河边的\n纸厂因此又能开工了。")
    canvas.drawText(text)
    canvas.showPage()
    canvas.save()
    assert "纸厂因此又能开工了。" in read_one(file.getvalue()).markdown


def test_page_with_outlines_only_is_refused() -> None:
    with pytest.raises(PdfError, match="no text layer"):
        read_pdf(raw_pdf(content=b"100 100 m 200 200 l 200 100 l f"))
    with pytest.raises(PdfError, match="no text layer"):
        read_pdf(raw_pdf(content=b""))


def test_xfa_form_is_refused() -> None:
    catalog = b"/AcroForm << /Fields [] /XFA [(template) 6 0 R] >> /NeedsRendering true"
    content = b"BT /F1 12 Tf 60 700 Td (Please wait... If this message is not eventually replaced) Tj ET"
    stream = b"<< /Length 5 >>\nstream\n<xdp>\nendstream"
    with pytest.raises(PdfError, match="XFA form"):
        read_pdf(raw_pdf(content=content, catalog=catalog, more=(stream,)))


def test_pdf_without_pages_is_refused() -> None:
    with pytest.raises(PdfError, match="no pages"):
        read_pdf(raw_pdf(kids=b""))


def test_encrypted_pdf_is_refused_unless_it_opens_without_a_password() -> None:
    with pytest.raises(PdfError, match="encrypted: a password is required"):
        read_pdf(malformed_files.pdf(["水库满了。"], password="geheim"))
    sheet = Sheet(encrypt=StandardEncryption("", ownerPassword="geheim", canPrint=0))
    sheet.say(60, 780, "水库满了。", 10)
    sheet.end_page()
    assert read_one(sheet.data()).markdown == "水库满了。"


# Hostile files ------------------------------------------------------------------------------------------------------


def test_huge_text_is_refused() -> None:
    line = b"(%s) Tj " % (b"water " * 1000)
    lines = b"".join(b"1 0 0 1 20 %d Tm " % (10 * number) + line for number in range(MAX_CHARACTERS // 6000 + 1))
    content = b"BT /F1 8 Tf " + lines + b"ET"
    with pytest.raises(PdfError, match="more than 1000000 characters"):
        read_pdf(raw_pdf(content=content))


def test_flipped_bytes_give_text_or_an_error() -> None:
    sheet = Sheet()
    sheet.say(60, 780, "水库满了以后的山桥镇", 20)
    sheet.fill(1, [(60.0, 740.0, 500.0)], 10, 15, 475)
    sheet.end_page()
    data = sheet.data()
    for seed in range(60):
        rng = random.Random(seed)
        changed = bytearray(data)
        for _ in range(rng.randint(1, 40)):
            changed[rng.randrange(len(changed))] = rng.randrange(256)
        with suppress(PdfError):  # any other error fails the test
            assert read_pdf(bytes(changed)).paragraphs


def hostile(kind: str) -> bytes:
    rng = random.Random(7)
    place = lambda: (rng.uniform(0, 595), rng.uniform(0, 842))  # noqa: E731
    if kind == "letters":  # at random places
        parts = [b"1 0 0 1 %.1f %.1f Tm (w) Tj" % place() for _ in range(30_000)]
    elif kind == "columns":  # short lines in many columns
        parts = [b"1 0 0 1 %d %d Tm (ab) Tj" % (x, y) for y in range(20, 830, 8) for x in range(10, 590, 28)]
    elif kind == "sizes":  # large light letters over each other
        parts = [
            b"0.9 g %.1f 0 0 %.1f %.1f %.1f Tm (water) Tj" % (size, size, *place())
            for size in range(1, 60)
            for _ in range(100)
        ]
    elif kind == "edges":  # lines that begin at different places
        parts = [b"1 0 0 1 %.1f %.1f Tm (ab) Tj" % (20 * x, 17 * y) for x, y in (place() for _ in range(1900))]
    elif kind == "numbers":  # a table of a page
        parts = [b"1 0 0 1 %d %d Tm (7) Tj" % (x, y) for y in range(20, 830, 9) for x in range(10, 590, 16)]
    else:  # a grid
        lines = b" ".join(b"%d 10 m %d 830 l" % (x, x) for x in range(10, 590, 3))
        lines += b" ".join(b" 10 %d m 590 %d l" % (y, y) for y in range(10, 830, 3))
        return raw_pdf(content=TEXT + b" " + lines + b" S")
    return raw_pdf(content=b"BT /F1 8 Tf " + b"\n".join(parts) + b" ET")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["letters", "columns", "sizes", "numbers", "edges", "grid"])
def test_hostile_page_takes_bounded_time(kind: str) -> None:
    data = hostile(kind)
    start = time.process_time()
    assert read_pdf(data).paragraphs
    assert time.process_time() - start < 20
