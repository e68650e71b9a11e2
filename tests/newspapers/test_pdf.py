"""Text of PDFs."""

from __future__ import annotations

import sys

import pytest

from crawler.newspapers.pdf import PdfError, read_pdf
from tests.robustness import malformed_files


def test_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    with pytest.raises(PdfError, match="the extra `pdf`"):
        read_pdf(b"%PDF-")


def test_every_truncated_pdf_is_refused() -> None:
    data = malformed_files.pdf(["水库满了，纸厂停了。", "第二页"])
    assert read_pdf(data).paragraphs
    for length in range(0, len(data) - 6, 10):
        with pytest.raises(PdfError, match="incomplete PDF"):
            read_pdf(data[:length])


def test_a_pdf_that_is_truncated_after_an_earlier_end_mark_is_refused() -> None:
    data = malformed_files.pdf(["水库满了。"])
    assert read_pdf(data + b"\r\n\0").paragraphs == read_pdf(data + b"<!-- 7 ms -->").paragraphs
    for revision in (b"12 0 obj\n<<", b"\r\n12 0"):
        with pytest.raises(PdfError, match="incomplete PDF"):
            read_pdf(data + revision)
    first, rest = data.split(b"\n", 1)
    for length, is_complete in ((len(data), True), (2 * len(data), False)):
        linearized = first + b"\n%%<</Linearized 1/L %d/H[1 2]>>\n" % length + rest
        if is_complete:
            assert read_pdf(linearized).paragraphs
        else:
            with pytest.raises(PdfError, match="incomplete PDF"):
                read_pdf(linearized)
