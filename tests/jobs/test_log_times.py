"""Logs have Beijing time in every time zone of the machine."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator

import pytest

from crawler import settings


@pytest.fixture(params=["UTC", "America/New_York", "Asia/Shanghai"])
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("zone")
def test_log_times_are_beijing_time_and_name_the_zone() -> None:
    record = logging.LogRecord("name", logging.INFO, "file", 1, "text", (), None)
    record.created = 1_770_000_000.5
    formatter = logging.Formatter(settings.LOG_FORMAT, settings.LOG_DATEFORMAT)
    assert formatter.format(record) == "2026-02-02 10:40:00 +0800 INFO text"
