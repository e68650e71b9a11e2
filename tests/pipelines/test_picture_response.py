"""Which redirected responses are substitutes for the picture."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy import Request
from scrapy.http import Response

from crawler.pipelines.picture_response import checked_ending, is_substitute
from crawler.pipelines.picture_type import PictureTypeError
from tests.support.picture_site import picture

HOST = "http://img.example"
REQUESTED = f"{HOST}/2024/04/chart.png"


@pytest.mark.parametrize(
    "name",
    [
        *("nopic.png", "no-pic.gif", "no_image.jpg", "noimg2.png", "NoPicture.png", "forbid.png", "forbidden.gif"),
        *("hotlink.png", "anti-hotlink.png", "hotlink-denied.png", "daolian.gif", "fangdaolian.jpg", "deny.png"),
        *("access_denied.png", "error.png", "error500.png", "img-error.jpg", "default.png", "default_1.jpg"),
        *("defaultpic.png", "403.png", "404.jpg", "404", "404-page.png", "img_403.gif", "http.404.png", "default"),
    ],
)
def test_names_of_substitutes(name: str) -> None:
    assert is_substitute(REQUESTED, f"http://cdn.example/static/{name}?x=1")
    with pytest.raises(PictureTypeError, match="a substitute"):
        checked_ending(Response(f"{HOST}/{name}", body=picture(1)), Request(REQUESTED))


@pytest.mark.parametrize(
    "name",
    [
        *("20240403.jpg", "20240404_1.jpg", "2024-04-403.png", "404-1.jpg", "1_404.png", "a403f.png", "404abcdef0.png"),
        *("9f404e.jpg", "3b40-4040-a403.png", "w403x300.png", "4031.jpg", "1403.jpg", "403x300.jpg", "404-2024.png"),
        *("terror.jpg", "mirrors.png", "forbiddencity.jpg", "defaultrate.png", "sudden.png", "denying.png"),
        *(
            "nopicnic.png",
            "piano-pictures.png",
            "volcano-photo.jpg",
            "hidden.png",
            "chart.webp",
            "chart.png",
            "%E5%9B%BE.png",
        ),
    ],
)
def test_names_of_pictures(name: str) -> None:
    assert not is_substitute(REQUESTED, f"http://cdn.example/403/error/{name}")
    assert checked_ending(Response(f"{HOST}/{name}", body=picture(1)), Request(REQUESTED)) == "png"


@pytest.mark.parametrize("name", ["default.png", "404.jpg", "error-rates.png", "no%20pic%201.png"])
def test_the_name_that_was_requested_is_no_substitute(name: str) -> None:
    for received in (name, name.rpartition(".")[0] + ".webp", name.replace("%20", " ")):
        assert not is_substitute(f"{HOST}/{name}", f"https://cdn.example/big/{received}?w=640")


@given(st.from_regex(r"[0-9a-f]{4,40}(?:[-_][0-9a-f]{4,12}){0,4}", fullmatch=True))
def test_numbers_and_hashes_are_no_substitutes(name: str) -> None:
    assert not is_substitute(REQUESTED, f"{HOST}/{name}.jpg")
