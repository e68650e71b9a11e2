"""Deliver a notice through apprise (Feishu, DingTalk, WeCom, Slack, mail, webhooks …), in a process of its own.

The process has two reasons. Apprise and its libraries log URLs with tokens and passwords, and this output is discarded.
A service that hangs ends with the process. Logs and messages name a service only by the scheme of its URL.
"""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from crawler.project import child_environment, command_line

COMMAND = command_line(module="crawler.jobs.delivery")
TIMEOUT = 60  # seconds for all services together; they are requested in parallel
MISSING = "apprise is not installed: install press-corpus with the extra `notices`"
# These services refuse a message with HTTP 200 and an error code in the JSON response, which apprise ignores.
REFUSING_WITH_200 = {"open.feishu.cn", "open.larksuite.com", "oapi.dingtalk.com", "qyapi.weixin.qq.com"}


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice as plain text."""

    title: str
    body: str
    good: bool  # whether it reports the end of a failure


def services(urls: str) -> dict[str, str]:
    """Name each URL of a list separated by white space: by its scheme, as in "slack"; a second one is "slack 2"."""
    named: dict[str, str] = {}
    count: Counter[str] = Counter()
    for url in urls.split():
        scheme = re.match(r"([a-z][a-z0-9]{1,19})://", url.lower())
        kind = scheme[1] if scheme else "unknown"
        count[kind] += 1
        named[kind if count[kind] == 1 else f"{kind} {count[kind]}"] = url
    return named


def describe_failures(failures: Mapping[str, str]) -> str:
    """List the failed services by reason: "slack (error 403), mailto, json (no response)"."""
    reasons: dict[str, list[str]] = defaultdict(list)
    for name, reason in failures.items():
        reasons[reason].append(name)
    return ", ".join(f"{', '.join(names)} ({reason})" for reason, names in reasons.items())


def send(urls: Mapping[str, str], notice: Notice) -> dict[str, str]:
    """Send *notice* to the URLs by name. Returns the failed names with the reason, which contains no part of a URL."""
    if find_spec("apprise") is None:
        return dict.fromkeys(urls, MISSING)
    task = json.dumps({"urls": dict(urls), "title": notice.title, "body": notice.body, "good": notice.good})
    try:
        output = subprocess.run(  # noqa: S603
            COMMAND, input=task.encode(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=TIMEOUT,
            env=child_environment(),
        ).stdout  # fmt: skip
    except subprocess.TimeoutExpired as timeout:
        output = timeout.output or b""
    except OSError as error:
        return dict.fromkeys(urls, f"apprise cannot be started: {error.strerror}")
    results = dict.fromkeys(urls, "no response")
    for line in output.splitlines():
        with suppress(ValueError):  # an incomplete line after a timeout
            name, reason = json.loads(line)
            results[name] = reason
    return {name: reason for name, reason in results.items() if reason}


# In the process that sends ------------------------------------------------------------------------------------------


def main() -> None:
    """Read the task of `send` from standard input; print a JSON line for each service: its name, and why it failed."""
    task = json.load(sys.stdin)
    use_error_codes_as_status()
    with ThreadPoolExecutor(len(task["urls"])) as pool:
        posts = {
            pool.submit(post, url, task["title"], task["body"], task["good"]): name
            for name, url in task["urls"].items()
        }
        for done in as_completed(posts):
            print(json.dumps([posts[done], done.result()]), flush=True)


def post(url: str, title: str, body: str, good: bool) -> str:
    """Send to one URL. Returns why it failed; "" if it did not."""
    import apprise

    try:
        asset = apprise.AppriseAsset(app_id="press-corpus", storage_mode="memory")  # write no files
        service = apprise.Apprise.instantiate(url, asset=asset)
        if service is None:
            return "not a URL that apprise supports"
        kind = apprise.NotifyType.SUCCESS if good else apprise.NotifyType.FAILURE
        result = apprise.Apprise(service).notify(body, title, kind, body_format=apprise.NotifyFormat.TEXT)
        if result:
            return ""
        codes = re.findall(r"error=(\d{3,6})\b", " ".join(entry.message for entry in result.logs()))
    except Exception as error:
        return type(error).__name__
    return f"error {codes[-1]}" if codes else "connection failed or message refused"


def use_error_codes_as_status() -> None:
    """Patch `requests.post`: the error code of a refusal with HTTP 200 becomes its status, which apprise checks."""
    requests: Any = importlib.import_module("requests")
    original_post = requests.post

    def post_and_check(url: str, *args: Any, **options: Any) -> Any:
        response = original_post(url, *args, **options)
        if response.ok and urlsplit(url).hostname in REFUSING_WITH_200:
            with suppress(ValueError):  # not JSON
                content = response.json()
                response.status_code = content.get("errcode") or content.get("code") or response.status_code
        return response

    requests.post = post_and_check


if __name__ == "__main__":
    main()
