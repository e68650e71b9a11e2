"""Refuse pages from which no source can be drafted: captchas, logins, pages that a script builds."""

from __future__ import annotations

import re

from crawler.reading.checks import check_answer, check_size
from crawler.reading.errors import Blocked, LayoutChanged, LoginRequired
from crawler.reading.lines import Lines
from crawler.reading.page import Page
from crawler.reading.query import all_of, text_at
from crawler.scaffold.listings import FEED

SHORT = 400  # characters of visible text: captchas and logins have less
SHELL = 120  # characters of visible text outside links: a page that a script fills has less

_CAPTCHA = re.compile(
    r"安全验证|滑动验证|拖动滑块|滑块|验证码|人机验证|人机识别|访问(?:过于|太)频繁|请求(?:过于|太)频繁|访问(?:被|已被)?(?:阻断|拦截|拒绝|禁止)|"
    r"异常(?:流量|访问)|安全(?:检查|检测|防护)|请完成.{0,8}验证|正在(?:检查|验证).{0,8}浏览器|网站防火墙|创宇盾|云防护|"
    r"captcha|Just a moment|Checking your browser|Access Denied|Attention Required|unusual traffic"
    r"|are you a (?:robot|human)",
    re.IGNORECASE,
)
_LOGIN = re.compile(
    r"请(?:先)?(?:扫码)?登[录陆]|登[录陆](?:后|才能|即可)|(?:账号|密码|短信|扫码)登[录陆]|用户登[录陆]|请先注册"
    r"|Sign in to|Log in to",
    re.IGNORECASE,
)
_SCRIPT_NOTICE = re.compile(
    r"(?:启用|开启|打开|支持|enable)\s*(?:您?的?浏览器的?\s*)?JavaScript|JavaScript.{0,30}(?:enable|disabled|required|启用|开启|禁用)",
    re.IGNORECASE,
)
_ROOTS = "#app, #root, #__next, #__nuxt, #__layout, #main-app, [data-reactroot], [ng-app], app-root"


class BuiltByScript(LayoutChanged):
    """The page has no text: a script in the browser loads it."""


def check_response(page: Page) -> None:
    """Raise `PageError` for a response that cannot be read: an error status, an empty body, not a text, too complex."""
    check_answer(page)
    check_size(page)
    if re.match("(?:image|audio|video|font)/|application/(?:pdf|zip|octet-stream|msword|vnd)", kind := _type(page)):
        raise LayoutChanged(f"the response is not a page: its content type is {kind}")
    try:
        _ = page.tree
    except ValueError as error:  # PageTooDeep, PageTooLarge
        raise LayoutChanged(str(error)) from error


def check_content(page: Page) -> None:
    """Raise `PageError` for a page without links or text if it is a captcha, a login, empty, or built by a script."""
    if FEED.match(page.text) or not page.is_html:
        return
    body = page.tree.find("body")
    lines = Lines(body).all if body is not None else []
    words = " ".join([text_at(page, "head > title"), *(line.text for line in lines)])
    length = sum(line.length for line in lines)
    if length <= SHORT and (found := _CAPTCHA.search(words)):
        raise Blocked(f"the site asks for a captcha or blocks this client ({found[0]})")
    if length <= SHORT and ((found := _LOGIN.search(words)) or all_of(page, "input[type=password]")):
        raise LoginRequired(f"the site asks for a login ({found[0] if found else 'a password field'})")
    if _is_shell(page, sum(line.length - line.linked for line in lines)):
        raise BuiltByScript("the page is built by JavaScript: its HTML has no text and no links to articles")
    if not length:
        raise LayoutChanged("the page has no visible text")


def _type(page: Page) -> str:
    return page.headers.get("content-type", "").partition(";")[0].strip().lower()


def _is_shell(page: Page, length: int) -> bool:
    """Return whether *page* has scripts, and nearly no text outside links (*length* characters)."""
    scripts = all_of(page, "script")
    notices = " ".join(node.text_content() for node in all_of(page, "noscript"))
    is_filled = any(
        len(node) == 0 or len("".join(node.text_content().split())) < SHELL for node in all_of(page, _ROOTS)
    )
    size = sum(len(node.text or "") for node in scripts)
    sources = sum("src" in node.attrib for node in scripts)
    return (
        bool(scripts)
        and length < SHELL
        and bool(
            is_filled
            or _SCRIPT_NOTICE.search(notices)
            or size > 10 * max(length, 50)
            or (sources and length < SHELL / 4)
        )
    )
