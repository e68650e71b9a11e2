"""Tests of notices: one after a failure, one after its end, none in between, and no secrets in any output."""

from __future__ import annotations

import json
import socketserver
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from crawler.corpus.errors import LedgerError
from crawler.corpus.ledger import Ledger
from crawler.corpus.runs import KINDS, Run, Verdict
from crawler.jobs import delivery, notices
from crawler.jobs.delivery import Notice, services
from crawler.jobs.notices import NoticeState, decide, plain, send_due_notices
from tests.support.mirror import scrapy

FINE, ONCE = Verdict("fine"), Verdict("unreachable", "HTTP 503")
CHANGED, BLOCKED = Verdict("changed", "no title", alarm=True), Verdict("blocked", "a captcha", alarm=True)
MONDAY = 1762729200  # 2025-11-10 07:00 Beijing time
DAY = 86400
FIGURES = {"links.new": 3, "links.known": 9, "articles.written": 2, "refused.changed": 4, "refused.gone": 1}
URLS = "slack://secret mailto://me:secret@mail.example"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgres"))])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Returns the URL of a ledger."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/ledger.db"
    return str(request.getfixturevalue("postgres"))


def run(number: int = 1, source: str = "qq") -> Run:
    return Run(number, source, MONDAY + (number - 1) * DAY, MONDAY + (number - 1) * DAY + 60, "finished", FIGURES)


class FakeServices:
    """Stands in for `send`: records what was delivered to which service; services in `down` fail."""

    def __init__(self) -> None:
        self.got: list[tuple[str, str]] = []
        self.bodies: list[str] = []
        self.down: set[str] = set()

    def __call__(self, urls: Mapping[str, str], notice: Notice) -> dict[str, str]:
        self.got += [(name, notice.title) for name in urls if name not in self.down]
        self.bodies.append(notice.body)
        return {name: "error 503" for name in urls if name in self.down}


@pytest.fixture
def fake_services(monkeypatch: pytest.MonkeyPatch) -> FakeServices:
    fake_services = FakeServices()
    monkeypatch.setattr(notices, "send", fake_services)
    return fake_services


def after(url: str, number: int, verdict: Verdict, urls: str = URLS) -> None:
    """Send the due notices after a run, with a ledger that was opened again."""
    ledger = Ledger(url)
    send_due_notices(ledger, run(number), verdict, urls)
    ledger.close()


# When ---------------------------------------------------------------------------------------------------------------


def test_one_notice_after_a_failure_and_one_after_its_end(url: str, fake_services: FakeServices) -> None:
    for number, verdict in enumerate([FINE, ONCE, CHANGED, CHANGED, BLOCKED, ONCE, CHANGED, FINE, FINE, ONCE], start=1):
        after(url, number, verdict)
    assert fake_services.got == [
        ("mailto", "press-corpus: qq is broken: changed"),
        ("slack", "press-corpus: qq is broken: changed"),
        ("mailto", "press-corpus: qq works again"),
        ("slack", "press-corpus: qq works again"),
    ]
    assert fake_services.bodies[1].splitlines()[0] == "It was broken since 2025-11-12 07:00, Beijing time"
    after(url, 11, BLOCKED)
    assert fake_services.got[-1] == ("slack", "press-corpus: qq is broken: blocked")


def test_sources_do_not_mix(url: str, fake_services: FakeServices) -> None:
    after(url, 1, CHANGED, "slack://x")
    ledger = Ledger(url)
    send_due_notices(ledger, run(2, "hibor"), CHANGED, "slack://x")
    send_due_notices(ledger, run(3, "iyiou"), FINE, "slack://x")
    ledger.close()
    assert [title for _, title in fake_services.got] == [
        "press-corpus: qq is broken: changed",
        "press-corpus: hibor is broken: changed",
    ]


def test_a_failed_delivery_is_repeated_after_the_next_run(
    url: str, fake_services: FakeServices, caplog: pytest.LogCaptureFixture
) -> None:
    fake_services.down = {"slack"}
    after(url, 1, CHANGED)
    after(url, 2, ONCE)  # does not end the failure
    assert fake_services.got == [("mailto", "press-corpus: qq is broken: changed")]
    assert caplog.messages.count("notices of qq (broken: changed): not delivered to slack (error 503)") == 2
    fake_services.down = set()
    after(url, 3, BLOCKED)
    after(url, 4, BLOCKED)
    assert fake_services.got[1:] == [("slack", "press-corpus: qq is broken: blocked")]
    assert "Since: 2025-11-10 07:00, Beijing time" in fake_services.bodies[-1]
    fake_services.down = {"mailto", "slack"}
    after(url, 5, FINE)
    fake_services.down = set()
    after(url, 6, FINE)
    after(url, 7, FINE)
    assert fake_services.got[2:] == [
        ("mailto", "press-corpus: qq works again"),
        ("slack", "press-corpus: qq works again"),
    ]


def test_a_service_without_the_failure_notice_gets_no_end_notice(url: str, fake_services: FakeServices) -> None:
    fake_services.down = {"slack", "mailto"}
    after(url, 1, CHANGED)
    fake_services.down = set()
    after(url, 2, FINE)
    assert fake_services.got == []


def test_without_urls_nothing_is_sent(fake_services: FakeServices) -> None:
    send_due_notices(None, run(), CHANGED, " \n")
    assert fake_services.got == []


RUNS = st.tuples(st.sampled_from([FINE, ONCE, CHANGED, BLOCKED]), st.sets(st.sampled_from(["slack", "mailto", "json"])))


@given(st.lists(RUNS, max_size=40))
def test_notices_of_failure_and_end_alternate_for_each_service(runs: list[tuple[Verdict, set[str]]]) -> None:
    """Holds for any verdicts and failed deliveries; a service that is up has the current state."""
    all_services = ("slack", "mailto", "json")
    received: dict[str, list[bool]] = {name: [] for name in all_services}
    known, broken = NoticeState(), False
    for started, (verdict, down) in enumerate(runs, start=1):
        broken = verdict.alarm or (broken and not verdict.is_fine)
        before = known
        known, due = decide(before, verdict, started, all_services)
        assert bool(known.kind) == broken
        if broken:
            assert known.since == (before.since if before.kind else started)
        reached = due - down
        for name in reached:
            received[name].append(broken)
        known = NoticeState(known.kind, known.why, known.since, known.told ^ reached)
        for name, states in received.items():
            assert states == [number % 2 == 0 for number in range(len(states))]
            if name not in down:
                assert (states[-1:] == [True]) == broken


# What ---------------------------------------------------------------------------------------------------------------


def test_the_text_of_a_notice() -> None:
    known, _ = decide(NoticeState(), CHANGED, MONDAY, ())
    sent = notices.notice(known, run(), "/var/log/qq.log")
    assert sent == Notice(
        "press-corpus: qq is broken: changed",
        "Why: no title\n"
        "Since: 2025-11-10 07:00, Beijing time\n"
        "This run: 12 links found, 3 of them new; 2 articles written; 5 pages refused (changed 4, gone 1)\n"
        f"What to do: {KINDS['changed']}\n"
        "Log: /var/log/qq.log",
        good=False,
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('<at user_id="all">all</at> & <!channel> <https://evil.example|here>',
         '‹at user_id="all"›all‹/at› & ‹!channel› ‹https://evil.example|here›'),
        ("@all\r\n\r\nSubject: x\x00\x1b[31m", "＠all Subject: x [31m"),
        ("a\u202eb\u200bc\u2028d\ud800", "a b c d"),
        ("", ""),
    ],
)  # fmt: skip
def test_plain_makes_markup_inert(text: str, expected: str) -> None:
    assert plain(text) == expected


@pytest.mark.parametrize("kind", KINDS)
def test_a_notice_is_short_enough_for_every_service(kind: str) -> None:
    known, _ = decide(NoticeState(), Verdict(kind, "页" * 100_000, alarm=True), MONDAY, ())
    sent = notices.notice(known, run(), "/var/log/press-corpus/qq/2025-11-10.log")
    assert len(f"{sent.title}\n{sent.body}".encode()) < 2048  # WeCom's limit


@given(st.text())
def test_plain_returns_one_short_line(text: str) -> None:
    line = plain(text)
    assert len(line) <= notices.MAX_TEXT
    assert line.isprintable()
    assert not set("<>@") & set(line)


def test_services_are_named_by_their_scheme() -> None:
    urls = "slack://a/b/c  mailto://me:pw@x.example\nMailto://b@y.example https://hooks.example/token token"
    assert list(services(urls)) == ["slack", "mailto", "mailto 2", "https", "unknown"]


# Through apprise, to local servers ------------------------------------------------------------------------------------


@dataclass
class Inbox:
    """A running server and the messages that it has received."""

    port: int
    got: list[tuple[str, str]] = field(default_factory=list)  # (path or mail address, text)
    status: int = 200  # of the responses of a webhook
    answers: dict[str, str] = field(default_factory=dict)  # response bodies by the first part of the path
    accepts: bool = True  # whether the mail server accepts the password


@contextmanager
def running(server: socketserver.TCPServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def webhook() -> Iterator[Inbox]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            if inbox.status == 200:
                inbox.got.append((self.path, body))
            answer = inbox.answers.get(self.path.split("/")[1], "ok").encode()
            self.send_response(inbox.status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    inbox = Inbox(server.server_port)
    with running(server):
        yield inbox


@pytest.fixture
def mailbox() -> Iterator[Inbox]:
    """Returns the inbox of a mail server that requires a password."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.reply("220 here.example")
            to = ""
            while words := self.rfile.readline().decode().strip():
                match words.split(maxsplit=1)[0].upper():
                    case "EHLO":
                        self.reply("250-here.example\r\n250 AUTH PLAIN")
                    case "AUTH":
                        self.reply("235 in" if inbox.accepts else "535 no: c2VjcmV0 secret")
                    case "RCPT":
                        to = words.partition("<")[2].rstrip(">")
                        self.reply("250 ok")
                    case "DATA":
                        self.reply("354 go on")
                        lines = iter(self.rfile.readline, b".\r\n")
                        inbox.got.append((to, self.text(b"".join(lines))))
                        self.reply("250 ok")
                    case "QUIT":
                        self.reply("221 bye")
                        return
                    case _:
                        self.reply("250 ok")

        def reply(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

        def text(self, mail: bytes) -> str:
            message = message_from_bytes(mail, policy=default)
            body = message.get_body(("plain",))
            assert body
            return f"{message['Subject']}\n{body.get_content()}"

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Handler)
    inbox = Inbox(server.server_address[1])
    with running(server):
        yield inbox


def mailto(inbox: Inbox, password: str = "secret") -> str:
    return f"mailto://me:{password}@127.0.0.1:{inbox.port}?from=me@here.example&to=you@there.example&mode=insecure"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


def test_forty_runs_send_two_notices_to_each_service(tmp_path: Path, webhook: Inbox, mailbox: Inbox) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    urls = f"json://127.0.0.1:{webhook.port}/j form://127.0.0.1:{webhook.port}/f {mailto(mailbox)}"
    course = [FINE] * 12 + [ONCE, FINE] * 3 + [CHANGED] * 4 + [ONCE] + [BLOCKED] * 5 + [FINE] * 6 + [ONCE] + [FINE] * 5
    for number, verdict in enumerate(course, start=1):
        after(url, number, verdict, urls)
    assert len(course) == 40
    titles = ["press-corpus: qq is broken: changed", "press-corpus: qq works again"]
    as_json = [json.loads(body) for path, body in webhook.got if path == "/j"]
    as_form = [parse_qs(body) for path, body in webhook.got if path == "/f"]
    assert [sent["title"] for sent in as_json] == titles
    assert [sent["type"] for sent in as_json] == ["failure", "success"]
    assert "Since: 2025-11-28 07:00, Beijing time" in as_json[0]["message"]
    assert [sent["title"][0] for sent in as_form] == titles
    assert [(to, text.splitlines()[0]) for to, text in mailbox.got] == [
        ("you@there.example", title) for title in titles
    ]
    assert KINDS["changed"] in " ".join(mailbox.got[0][1].split())


def test_a_failed_service_is_retried_without_effect_on_others(
    tmp_path: Path, webhook: Inbox, mailbox: Inbox, caplog: pytest.LogCaptureFixture
) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    urls = f"json://127.0.0.1:{webhook.port}/hook {mailto(mailbox)}"
    webhook.status = 503
    after(url, 1, CHANGED, urls)
    assert (webhook.got, len(mailbox.got)) == ([], 1)
    assert "notices of qq (broken: changed): not delivered to json (error 503)" in caplog.messages
    webhook.status = 200
    after(url, 2, CHANGED, urls)
    after(url, 3, CHANGED, urls)
    assert (len(webhook.got), len(mailbox.got)) == (1, 1)


def test_no_secret_in_any_log_or_file(
    tmp_path: Path, webhook: Inbox, mailbox: Inbox, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(1)
    url = f"sqlite:///{tmp_path}/ledger.db"
    urls = urls_with_secrets(webhook, mailbox)
    after(url, 1, CHANGED, urls)
    webhook.status, mailbox.accepts = 401, False
    after(url, 2, FINE, urls)
    output = "".join([*caplog.messages, caplog.text, *capfd.readouterr()])
    assert "not delivered to https, unknown (not a URL that apprise supports)" in output
    assert "not delivered to json (error 401), mailto (connection failed or message refused)" in output
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for text in (output, kept.decode("latin-1")):
        assert not contains_secret(text)


def test_the_test_command_prints_the_result_by_service(webhook: Inbox, mailbox: Inbox) -> None:
    urls = f"json://127.0.0.1:{webhook.port}/secret {mailto(mailbox)}"
    done = scrapy("notices", "test", environment={"NOTICE_URLS": urls})
    assert (done.returncode, done.stdout) == (0, "json: delivered\nmailto: delivered\n")
    assert (len(webhook.got), len(mailbox.got)) == (1, 1)


def test_the_test_command_prints_failures_without_secrets(webhook: Inbox, mailbox: Inbox) -> None:
    webhook.status, mailbox.accepts = 401, False
    environment = {"NOTICE_URLS": urls_with_secrets(webhook, mailbox)}
    done = scrapy("notices", "test", "-L", "DEBUG", environment=environment)
    assert done.returncode == 1
    assert "json: failed: error 401\n" in done.stdout
    assert "mailto: failed: connection failed or message refused\n" in done.stdout
    assert "unknown: failed: not a URL that apprise supports\n" in done.stdout
    assert not contains_secret(done.stdout + done.stderr)


@pytest.mark.parametrize("words", [("test",), (), ("tell",)])
def test_an_invalid_command_line_has_exit_code_2(words: tuple[str, ...]) -> None:
    done = scrapy("notices", *words, environment={"NOTICE_URLS": ""})
    assert done.returncode == 2
    assert ("NOTICE_URLS" in done.stderr) == (words == ("test",))


def urls_with_secrets(webhook: Inbox, mailbox: Inbox) -> str:
    """Return URLs with a secret in every part that can contain one; the second and the last are invalid."""
    return " ".join([
        f"json://me:secret1@127.0.0.1:{webhook.port}/secret2?+X-Key=secret3&:token=secret4",
        "https://hooks.slack.com/services/secret5",
        mailto(mailbox, "secret6"),
        "secret7/secret8",
    ])  # fmt: skip


def contains_secret(text: str) -> bool:
    """Return whether *text* contains a secret, also in the form of Basic authentication."""
    return "secret" in text.lower() or "c2VjcmV0" in text or "bWU6c2Vjcm" in text


PATCHED_SENDER = """
import json, sys
from apprise.plugins import dingtalk, feishu, slack, wecombot
from crawler.jobs import delivery
url = sys.argv[1]
feishu.NotifyFeishu.notify_url = url + "/feishu/{token}"
dingtalk.NotifyDingTalk.notify_url = url + "/dingtalk/{token}"
wecombot.NotifyWeComBot.notify_url = url + "/wecom/{key}"
slack.NotifySlack.webhook_url = url + "/slack"
delivery.REFUSING_WITH_200.add("127.0.0.1")
delivery.main()
"""
FOUR = services("feishu://token dingtalk://token wecombot://key slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ")


@pytest.fixture
def four(webhook: Inbox, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], dict[str, str]]:
    """Returns a function that sends a text through four services, whose URLs all lead to *webhook*."""
    monkeypatch.setattr(delivery, "COMMAND", [sys.executable, "-c", PATCHED_SENDER, f"http://127.0.0.1:{webhook.port}"])

    def send(why: str) -> dict[str, str]:
        known, _ = decide(NoticeState(), Verdict("changed", why, alarm=True), MONDAY, ())
        return delivery.send(FOUR, notices.notice(known, run()))

    return send


def test_markup_of_a_page_is_inert_in_four_services(webhook: Inbox, four: Callable[[str], dict[str, str]]) -> None:
    assert four('<at user_id="all"></at> <!here> @all [here](https://evil.example) *b*') == {}
    sent = {path.split("/")[1]: json.loads(body) for path, body in webhook.got}
    assert sent["feishu"]["msg_type"] == sent["dingtalk"]["msgtype"] == sent["wecom"]["msgtype"] == "text"
    assert sent["slack"]["mrkdwn"] is False
    for body in sent.values():
        text = json.dumps(body, ensure_ascii=False)
        assert "press-corpus: qq is broken: changed" in text  # for webhooks that require a certain word
        assert '‹at user_id=\\"all\\"›‹/at› ‹!here› ＠all' in text


def test_a_refusal_with_http_200_is_a_failure(webhook: Inbox, four: Callable[[str], dict[str, str]]) -> None:
    webhook.answers = {
        "feishu": '{"code": 19024, "msg": "Key Words Not Found"}',
        "dingtalk": '{"errcode": 310000, "errmsg": "sign not match"}',
        "wecom": '{"errcode": 0, "errmsg": "ok"}',
        "slack": "ok",
    }
    assert four("no title") == {"feishu": "error 19024", "dingtalk": "error 310000"}


# Errors ---------------------------------------------------------------------------------------------------------------


def test_without_apprise_the_log_names_the_package(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(delivery, "find_spec", lambda _: None)
    send_due_notices(None, run(), CHANGED, URLS)
    assert caplog.messages == [
        "notices of qq (broken: changed): not delivered to mailto, slack "
        "(apprise is not installed: install press-corpus with the extra `notices`)"
    ]


def test_a_service_that_hangs_does_not_block_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def hangs(command: list[str], **options: object) -> None:
        raise subprocess.TimeoutExpired(command, 60, output=b'["slack", ""]\n["json", "error 401"]\n["mai')

    monkeypatch.setattr(subprocess, "run", hangs)
    urls = services("slack://x json://x mailto://x")
    assert delivery.send(urls, Notice("t", "b", good=True)) == {"json": "error 401", "mailto": "no response"}


@pytest.mark.parametrize("command", [["/nowhere/python"], [sys.executable, "-c", "raise SystemExit(1)"]])
def test_a_sender_that_fails_is_logged_in_one_line(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, command: list[str]
) -> None:
    monkeypatch.setattr(delivery, "COMMAND", command)
    send_due_notices(None, run(), CHANGED, URLS)
    assert len(caplog.messages) == 1
    assert "not delivered to mailto, slack (" in caplog.messages[0]


def test_a_ledger_error_does_not_stop_an_alarm(
    tmp_path: Path, fake_services: FakeServices, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: object) -> None:
        raise LedgerError("sqlite:///full.db", OSError("database or disk is full"))

    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.db")
    monkeypatch.setattr(ledger.notices, "get", fails)
    monkeypatch.setattr(ledger.notices, "set", fails)
    send_due_notices(ledger, run(), Verdict("disk", "no space left", alarm=True), "slack://x")
    ledger.close()
    assert fake_services.got == [("slack", "press-corpus: qq is broken: disk")]
    assert [record.levelname for record in caplog.records if "disk is full" in record.message] == ["WARNING"] * 2


def test_the_ledger_stores_the_state_of_notices(url: str) -> None:
    ledger = Ledger(url)
    assert ledger.notices.get("qq") == {}
    values: dict[str, object] = {"kind": "changed", "why": "标题\x00", "since": MONDAY, "told": ["mailto 2", "slack"]}
    ledger.notices.set("qq", values)
    ledger.notices.set("hibor", values | {"kind": ""})
    ledger.notices.set("qq", values | {"kind": "blocked"})
    ledger.articles.forget("qq")  # deletes only its articles
    ledger.close()
    again = Ledger(url)
    assert again.notices.get("qq") == values | {"kind": "blocked", "why": "标题\ufffd"}
    assert again.notices.get("hibor")["kind"] == ""
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM notices").scalar() == 2
    again.close()
