"""The Retry-After header in all its forms, and the pauses that the ledger keeps."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy.http import Response
from scrapy.utils.test import get_crawler

from crawler.download.retry_after import MAX_PAUSE, retry_after
from crawler.download.throttle import HostThrottle

SENT = datetime(2019, 11, 6, 8, 49, 37, tzinfo=UTC)  # of a server whose clock is years behind
DATE = "Wed, 06 Nov 2019 08:49:37 GMT"


def pause(*values: bytes | str, status: int = 503, date: bytes | str | None = None) -> float:
    headers = {"Retry-After": list(values)} | ({"Date": date} if date is not None else {})
    return retry_after(Response("https://a.example/", status=status, headers=headers))


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 120 ", 120),
        ("0", 0),
        ("1.5", 1.5),
        ("86401", MAX_PAUSE),
        ("9" * 5000, MAX_PAUSE),
        ("-120", 0),
        ("+120", 0),
        ("", 0),
        (" ", 0),
        ("120 s", 0),
        ("1e3", 0),
        ("inf", 0),
        ("nan", 0),
        ("soon", 0),
        ("1_000", 0),
        ("120,", 0),
        ("30, 120, 60", 120),
        (b"\xb2\xb3", 0),  # superscript digits in ISO 8859-1
        ("１２０".encode(), 0),  # full-width digits
        (b"\x00\xff", 0),
    ],
)
def test_numbers(value: bytes | str, seconds: float) -> None:
    assert pause(value) == seconds


@pytest.mark.parametrize(
    "value",
    [
        "Wed, 06 Nov 2019 08:51:37 GMT",
        "Wednesday, 06-Nov-19 08:51:37 GMT",
        "Wed Nov  6 08:51:37 2019",  # asctime: without a zone, in UTC
        "Wed, 06 Nov 2019 08:51:37",
        "Wed, 06 Nov 2019 08:51:37 -0000",
        "Wed, 06 Nov 2019 16:51:37 +0800",
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "America/New_York"])
def test_a_date_counts_from_the_date_header(value: str, zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert pause(value, date=DATE) == 120
        assert pause(value, date="Wed Nov  6 08:49:37 2019") == 120
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_date_is_at_most_one_day_ahead_and_never_in_the_past() -> None:
    assert pause(format_datetime(SENT + timedelta(400), usegmt=True), date=DATE) == MAX_PAUSE
    assert pause(format_datetime(SENT - timedelta(400), usegmt=True), date=DATE) == 0
    assert pause("Fri, 31 Dec 9999 23:59:59 GMT", date=DATE) == MAX_PAUSE
    assert pause("Mon, 01 Jan 0001 00:00:00 +1200", date=DATE) == 0
    assert pause("Wed, 99 Nov 2019 08:51:37 GMT", date=DATE) == 0


@pytest.mark.parametrize("date", [None, "", "yesterday", "Wed, 99 Nov 2019 08:51:37 GMT"])
def test_a_date_counts_from_the_current_time_without_a_valid_date_header(date: str | None) -> None:
    until = datetime.now(UTC) + timedelta(minutes=10)
    assert 590 < pause(format_datetime(until, usegmt=True), date=date) <= 600
    assert 590 < pause(until.strftime("%a %b %d %H:%M:%S %Y"), date=date) <= 600


def test_the_longest_of_repeated_headers_counts() -> None:
    assert pause("30", "120", "soon") == 120
    assert pause("30", "Wed, 06 Nov 2019 08:51:37 GMT", date=DATE) == 120


def test_only_error_responses_pause_a_host() -> None:
    assert pause("120", status=200) == 0
    assert pause("120", status=301) == 0
    assert retry_after(Response("https://a.example/", status=503)) == 0


@given(st.lists(st.binary(max_size=60), max_size=3), st.none() | st.binary(max_size=60))
def test_any_header_gives_a_pause_of_at_most_one_day(values: list[bytes], date: bytes | None) -> None:
    assert 0 <= pause(*values, date=date) <= MAX_PAUSE


@given(st.text(alphabet="0123456789:+-., WedNovGMTUTC", max_size=40), st.sampled_from([DATE, ""]))
def test_any_date_gives_a_pause_of_at_most_one_day(value: str, date: str) -> None:
    assert 0 <= pause(value, date=date) <= MAX_PAUSE


def test_a_stored_pause_is_at_most_one_day_and_is_stored_again_only_once() -> None:
    now = int(time.time())
    pauses = {"year.example": now + 365 * 86400, "hour.example": now + 3600, "day.example": now + 86400}
    stored: dict[str, int] = {}

    def restore() -> HostThrottle:
        throttle = HostThrottle(get_crawler())
        throttle.restore(pauses, stored.__setitem__)
        return throttle

    throttle = restore()
    assert stored.keys() == {"year.example"}
    assert now + 86400 <= stored["year.example"] <= now + 86400 + 60
    assert 86300 < throttle._hosts["year.example"].wait() <= 86400
    assert 3500 < throttle._hosts["hour.example"].wait() <= 3600
    pauses |= stored
    stored.clear()
    restore()
    assert stored == {}


def test_a_new_pause_is_stored_with_its_end() -> None:
    stored: dict[str, int] = {}
    throttle = HostThrottle(get_crawler())
    throttle.restore({}, stored.__setitem__)
    from scrapy import Request

    request = Request("https://a.example/1")
    throttle.process_response(request, Response(request.url, status=429, headers={"Retry-After": "9" * 20}))
    assert 0 <= stored["a.example"] - time.time() - MAX_PAUSE <= 60
