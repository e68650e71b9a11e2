"""Listing pages that a parameter of the request numbers: in the query of the URL, in a form, or in a JSON object."""

from __future__ import annotations

import json
import re
from urllib.parse import parse_qsl, urlencode, urlsplit

from scrapy import Request
from w3lib.url import add_or_replace_parameter

from crawler.reading.page import Page

_is_number = re.compile("[0-9]{1,9}").fullmatch


def number_of(page: Page, name: str, first: int = 1) -> int:
    """Return the value of the parameter *name* of the request for *page*; *first* if it is missing or not a number."""
    value = str(parameters_of(page).get(name, ""))
    return int(value) if _is_number(value) else first


def number_in(url: str, name: str, first: int = 1) -> int:
    """Return the value of the parameter *name* in the query of *url*; *first* if it is missing or not a number."""
    return number_of(Page(url, b""), name, first)


def with_parameter(page: Page, name: str, value: int | str) -> Request:
    """Return the request for *page* with another value of the parameter *name*.

    A request with a body has the parameter in the body: in a JSON object, or in a form. A number stays a number or a
    string, as in the request.
    """
    if not page.request_body:
        return Request(add_or_replace_parameter(page.requested_url or page.url, name, str(value)), method=page.method)
    parameters = parameters_of(page)
    kept = str(value) if isinstance(parameters.get(name), str) else value
    if _is_json(page):
        body, content_type = json.dumps(parameters | {name: kept}, ensure_ascii=False), "application/json"
    else:
        body, content_type = urlencode(parameters | {name: value}), "application/x-www-form-urlencoded"
    headers = {"Content-Type": content_type}
    return Request(page.requested_url or page.url, method=page.method, body=body, headers=headers)


def parameters_of(page: Page) -> dict[str, object]:
    """Return the parameters of the request for *page*: of its JSON object, its form, or the query of its URL."""
    if _is_json(page):
        try:
            parameters = json.loads(page.request_body)
        except ValueError:
            return {}
        return parameters if isinstance(parameters, dict) else {}
    if page.request_body:
        return dict(page.form)
    return dict(parse_qsl(urlsplit(page.requested_url or page.url).query, keep_blank_values=True))


def _is_json(page: Page) -> bool:
    return page.request_body.lstrip().startswith(b"{")
