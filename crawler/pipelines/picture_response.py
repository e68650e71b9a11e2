"""Which responses have the picture that was requested. Pure functions."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from scrapy import Request
from scrapy.http import Response

from crawler.pipelines.picture_type import PictureTypeError, picture_ending
from crawler.reading.pictures import is_address

_GONE = (404, 410)
_PICTURE = r"(?:pics?|pictures?|imgs?|images?|photos?)"
# Names of files to which hosts redirect instead of refusing a request. A word is a whole one, perhaps with a word for
# "picture" or a number after it. 403 and 404 in a longer number, a date or a hash do not count.
_SUBSTITUTE = re.compile(
    rf"(?<![0-9a-z])(?:no[-_]?{_PICTURE}|forbid(?:den)?|(?:anti|fang)?[-_]?(?:hot[-_]?link(?:s|ing|ed)?|daolian)"
    rf"|den(?:y|ied)|errors?|default)(?:{_PICTURE}|page|cover|thumb|avatar|logo)?(?![a-z])"
    r"|(?<![0-9a-z])(?<![0-9][-_.])40[34](?![0-9a-z]|[-_.][0-9])",
    re.IGNORECASE,
)


def is_substitute(requested: str, received: str) -> bool:
    """Return whether the URL *received* is that of a substitute for *requested*, by the name of its file.

    The name that was requested is never one, perhaps with another ending.
    """
    name, stem = _name_of(received), _name_of(received).rpartition(".")[0]
    old = _name_of(requested)
    if name == old or (stem and stem == old.rpartition(".")[0]):
        return False
    return _SUBSTITUTE.search(name) is not None


def _name_of(url: str) -> str:
    return unquote(urlsplit(url).path).rpartition("/")[2]


def checked_ending(response: Response, request: Request) -> str:
    """Return the ending of the file name of the picture in *response*.

    Raises `PictureTypeError` for an error response, a redirect that was not followed, a substitute for the picture, and
    a body that is not a complete picture.
    """
    if 300 <= response.status < 400:
        target = (response.headers.get("Location") or b"")[:200].decode("latin-1")
        raise PictureTypeError(f"HTTP {response.status}: a redirect to {target!r}, not a host of the source")
    if response.status != 200:
        raise PictureTypeError(f"HTTP {response.status}", is_final=response.status in _GONE)
    if response.url != request.url and (not is_address(response.url) or is_substitute(request.url, response.url)):
        raise PictureTypeError(f"a substitute, {response.url}")
    return picture_ending(response.body)
