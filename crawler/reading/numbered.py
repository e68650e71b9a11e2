"""Listing pages with numbers: in the path or the query of the URL, in a form, or in a JSON object.

*number* names the place of the number: a parameter of the request ("page"), or the end of the path that follows the
first page, with braces for the number ("/page/{}", "/list_{}.html").
"""

from __future__ import annotations

import json
import re
from urllib.parse import parse_qsl, urlencode, urlsplit

from scrapy import Request
from w3lib.url import add_or_replace_parameter

from crawler.reading.page import Page
from crawler.reading.xml_listing import listing_request

_is_number = re.compile("[0-9]{1,9}").fullmatch


def number_of(page: Page, number: str) -> int:
    """Return the number of a listing page, from 1; 1 for a request without a number, or with an invalid one."""
    if "{}" in number:
        found = _path_end(number).search(page.path)
        return int(found[1]) if found else 1
    value = str(parameters_of(page).get(number, ""))
    return int(value) if _is_number(value) else 1


def number_in(url: str, number: str) -> int:
    """Return the number of the listing page at *url*, like `number_of`."""
    return number_of(Page(url, b""), number)


def with_number(page: Page, number: str, value: int) -> Request:
    """Return the request for *page* with another number."""
    if "{}" in number:
        path = _path_end(number).sub("", page.path).rstrip("/") + number.format(value)
        return listing_request(urlsplit(page.url)._replace(path=path, query="", fragment="").geturl())
    return with_parameter(page, number, value)


def with_parameter(page: Page, name: str, value: int | str) -> Request:
    """Return the request for *page* with another value of the parameter *name*.

    A request with a body has the parameter there: in a JSON object, or in a form. A string there stays a string.
    """
    url = page.requested_url or page.url
    if not page.request_body:
        return listing_request(add_or_replace_parameter(url, name, str(value)))
    parameters = parameters_of(page)
    if _has_json(page):
        changed = parameters | {name: str(value) if isinstance(parameters.get(name), str) else value}
        body, content_type = json.dumps(changed, ensure_ascii=False), "application/json"
    else:
        body, content_type = urlencode(parameters | {name: value}), "application/x-www-form-urlencoded"
    return Request(url, method=page.method, body=body, headers={"Content-Type": content_type})


def parameters_of(page: Page) -> dict[str, object]:
    """Return the parameters of the request for *page*: of its JSON object, its form, or the query of its URL."""
    if _has_json(page):
        try:
            parameters = json.loads(page.request_body)
        except ValueError:
            return {}
        return parameters if isinstance(parameters, dict) else {}
    if page.request_body:
        return dict(page.form)
    return dict(parse_qsl(urlsplit(page.requested_url or page.url).query, keep_blank_values=True))


def _has_json(page: Page) -> bool:
    return page.request_body.lstrip().startswith(b"{")


def _path_end(number: str) -> re.Pattern[str]:
    before, _, after = number.partition("{}")
    return re.compile(rf"{re.escape(before)}([0-9]{{1,9}}){re.escape(after)}/?\Z")
