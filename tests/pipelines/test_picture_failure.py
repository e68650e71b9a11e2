"""What a run keeps of the errors of pictures."""

from __future__ import annotations

import gc
import weakref

import pytest
from scrapy import Request
from scrapy.exceptions import DownloadCancelledError, IgnoreRequest
from scrapy.http import Response
from scrapy.utils.test import get_crawler
from twisted.python.failure import Failure

from crawler.counts import Count
from crawler.download.errors import RequestDropped
from crawler.pipelines.picture_failure import PictureFailure, picture_failure
from crawler.pipelines.picture_type import PictureTypeError
from crawler.pipelines.pictures import PicturePipeline
from tests.support.toy.toy import ToySpider

URL = "http://img.example/1.png"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (PictureTypeError("HTTP 500"), PictureFailure("HTTP 500")),
        (PictureTypeError("HTTP 404", is_final=True), PictureFailure("HTTP 404", is_final=True)),
        (DownloadCancelledError("Cancelling download"), PictureFailure("more than 7 bytes", is_final=True)),
        (IgnoreRequest(), PictureFailure("more than 7 bytes", is_final=True)),
        (TimeoutError(), PictureFailure("TimeoutError")),
        (OSError("two\nlines  "), PictureFailure("two lines")),
        (RequestDropped("x", Count.LINKS_FORBIDDEN), PictureFailure("x", dropped=Count.PICTURES_FORBIDDEN)),
        (RequestDropped("x", Count.LINKS_NOT_FETCHED), PictureFailure("x", dropped=Count.PICTURES_NOT_FETCHED)),
    ],
)
def test_facts_of_an_error(error: Exception, expected: PictureFailure) -> None:
    assert picture_failure(error, 7) == expected


def test_failures_hold_no_responses() -> None:
    def fail() -> None:
        response = Response(URL, body=b"x" * 1000)
        bodies.append(weakref.ref(response))
        try:
            raise ValueError
        except ValueError as error:
            raise PictureTypeError("damaged") from error

    bodies: list[weakref.ref[Response]] = []
    crawler = get_crawler(ToySpider, {"STORE_PICTURES": True, "PICTURE_MAXSIZE": 1000})
    pipeline = PicturePipeline.from_crawler(crawler)
    info = PicturePipeline.SpiderInfo(ToySpider())
    try:
        fail()
    except PictureTypeError:
        pipeline.media_failed(Failure(), Request(URL), info)
    gc.collect()
    assert [body() for body in bodies] == [None]
