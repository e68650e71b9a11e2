"""Text of PDFs."""

from __future__ import annotations

import sys

import pytest

from crawler.newspapers.pdf import PdfError, read_pdf


def test_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    with pytest.raises(PdfError, match="requires an extra"):
        read_pdf(b"%PDF-")
