"""Domains of hosts."""

from __future__ import annotations

import pytest

from crawler.text.urls import registered_domain


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("www.a.cn", "a.cn"), ("a.cn", "a.cn"), ("News.A.com.cn", "a.com.cn"), ("com.cn", "com.cn"),
        ("m.qq.cn", "qq.cn"), ("m.36kr.com", "36kr.com"), ("www.city.gov.cn.", "city.gov.cn"), ("x.a.zj.cn", "a.zj.cn"),
        ("m.sh.io", "sh.io"), ("x.a.co.uk", "a.co.uk"), ("a.b.net.com", "net.com"),
        ("127.0.0.1", "127.0.0.1"), ("localhost", "localhost"), ("::1", "::1"), ("", ""),
    ],
)  # fmt: skip
def test_the_registered_domain_of_a_host(host: str, domain: str) -> None:
    assert registered_domain(host) == domain
