"""Notices: one when a source breaks, one when it is well again, none in between, and no secret anywhere."""

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

from crawler.corpus.database import LedgerError
from crawler.corpus.ledger import Ledger
from crawler.corpus.runs import KINDS, Run, Verdict
from crawler.jobs import notices
from crawler.jobs.notices import Notice, NoticeState, decide, plain, send_due_notices, services
from tests.support.mirror import scrapy

FINE, ONCE = Verdict("fine"), Verdict("unreachable", "HTTP 503")
CHANGED, BLOCKED = Verdict("changed", "no title", alarm=True), Verdict("blocked", "a captcha", alarm=True)
MONDAY = 1762729200  # 2025-11-10 07:00 Beijing time
DAY = 86400
FIGURES = {"links.new": 3, "links.known": 9, "articles.written": 2, "refused.changed": 4, "refused.gone": 1}
URLS = "slack://secret mailto://me:secret@mail.example"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgres"))])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A ledger's address."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/ledger.db"
    return str(request.getfixturevalue("postgres"))


def run(number: int = 1, source: str = "qq") -> Run:
    return Run(number, source, MONDAY + (number - 1) * DAY, MONDAY + (number - 1) * DAY + 60, "finished", FIGURES)


class Services:
    """Plays `send`: what was delivered to whom; those in `down` fail."""

    def __init__(self) -> None:
        self.got: list[tuple[str, str]] = []
        self.bodies: list[str] = []
        self.down: set[str] = set()

    def __call__(self, addresses: Mapping[str, str], notice: Notice) -> dict[str, str]:
        self.got += [(name, notice.title) for name in addresses if name not in self.down]
        self.bodies.append(notice.body)
        return {name: "error 503" for name in addresses if name in self.down}


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> Services:
    played = Services()
    monkeypatch.setattr(notices, "send", played)
    return played


def after(url: str, number: int, verdict: Verdict, urls: str = URLS) -> None:
    """Tell after a run, in a process that was started anew."""
    ledger = Ledger(url)
    send_due_notices(ledger, run(number), verdict, urls)
    ledger.close()


# When ---------------------------------------------------------------------------------------------------------------


def test_one_when_it_breaks_and_one_when_it_is_well_again(url: str, played: Services) -> None:
    for number, verdict in enumerate([FINE, ONCE, CHANGED, CHANGED, BLOCKED, ONCE, CHANGED, FINE, FINE, ONCE], start=1):
        after(url, number, verdict)
    assert played.got == [
        ("mailto", "press-corpus: qq is broken: changed"),
        ("slack", "press-corpus: qq is broken: changed"),
        ("mailto", "press-corpus: qq is well again"),
        ("slack", "press-corpus: qq is well again"),
    ]
    assert played.bodies[1].splitlines()[0] == "It was broken since 2025-11-12 07:00, Beijing time"
    after(url, 11, BLOCKED)
    assert played.got[-1] == ("slack", "press-corpus: qq is broken: blocked")


def test_sources_do_not_mix(url: str, played: Services) -> None:
    after(url, 1, CHANGED, "slack://x")
    ledger = Ledger(url)
    send_due_notices(ledger, run(2, "hibor"), CHANGED, "slack://x")
    send_due_notices(ledger, run(3, "iyiou"), FINE, "slack://x")
    ledger.close()
    assert [title for _, title in played.got] == [
        "press-corpus: qq is broken: changed",
        "press-corpus: hibor is broken: changed",
    ]


def test_what_could_not_be_delivered_is_told_after_the_next_run_and_to_those_who_missed_it(
    url: str, played: Services, caplog: pytest.LogCaptureFixture
) -> None:
    played.down = {"slack"}
    after(url, 1, CHANGED)
    after(url, 2, ONCE)  # not healed by that
    assert played.got == [("mailto", "press-corpus: qq is broken: changed")]
    assert caplog.messages.count("notices of qq (broken: changed): not delivered to slack (error 503)") == 2
    played.down = set()
    after(url, 3, BLOCKED)
    after(url, 4, BLOCKED)
    assert played.got[1:] == [("slack", "press-corpus: qq is broken: blocked")]
    assert "Since: 2025-11-10 07:00, Beijing time" in played.bodies[-1]
    played.down = {"mailto", "slack"}
    after(url, 5, FINE)
    played.down = set()
    after(url, 6, FINE)
    after(url, 7, FINE)
    assert played.got[2:] == [
        ("mailto", "press-corpus: qq is well again"),
        ("slack", "press-corpus: qq is well again"),
    ]


def test_who_never_heard_that_it_broke_does_not_hear_that_it_is_well(url: str, played: Services) -> None:
    played.down = {"slack", "mailto"}
    after(url, 1, CHANGED)
    played.down = set()
    after(url, 2, FINE)
    assert played.got == []


def test_without_addresses_nothing_happens(played: Services) -> None:
    send_due_notices(None, run(), CHANGED, " \n")
    assert played.got == []


RUNS = st.tuples(st.sampled_from([FINE, ONCE, CHANGED, BLOCKED]), st.sets(st.sampled_from(["slack", "mailto", "json"])))


@given(st.lists(RUNS, max_size=40))
def test_to_each_service_broken_and_well_take_turns(runs: list[tuple[Verdict, set[str]]]) -> None:
    """Whatever the verdicts are, and whoever fails; and who is in reach believes what is so."""
    everyone = ("slack", "mailto", "json")
    heard: dict[str, list[bool]] = {name: [] for name in everyone}
    known, broken = NoticeState(), False
    for started, (verdict, down) in enumerate(runs, start=1):
        broken = verdict.alarm or (broken and not verdict.is_fine)
        before = known
        known, audience = decide(before, verdict, started, everyone)
        assert bool(known.kind) == broken
        if broken:
            assert known.since == (before.since if before.kind else started)
        reached = audience - down
        for name in reached:
            heard[name].append(broken)
        known = NoticeState(known.kind, known.why, known.since, known.told ^ reached)
        for name, news in heard.items():
            assert news == [number % 2 == 0 for number in range(len(news))]
            if name not in down:
                assert (news[-1:] == [True]) == broken


# What ---------------------------------------------------------------------------------------------------------------


def test_the_text_says_why_since_when_how_much_what_to_do_and_where_to_look() -> None:
    known, _ = decide(NoticeState(), CHANGED, MONDAY, ())
    told = notices.notice(known, run(), "/var/log/qq.log")
    assert told == Notice(
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
def test_a_page_s_text_does_not_act(text: str, expected: str) -> None:
    assert plain(text) == expected


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_short_enough_for_every_service(kind: str) -> None:
    known, _ = decide(NoticeState(), Verdict(kind, "页" * 100_000, alarm=True), MONDAY, ())
    told = notices.notice(known, run(), "/var/log/press-corpus/qq/2025-11-10.log")
    assert len(f"{told.title}\n{told.body}".encode()) < 2048  # WeCom's limit


@given(st.text())
def test_any_text_becomes_one_short_line(text: str) -> None:
    line = plain(text)
    assert len(line) <= notices.LONGEST
    assert line.isprintable()
    assert not set("<>@") & set(line)


def test_services_are_named_by_their_kind_only() -> None:
    urls = "slack://a/b/c  mailto://me:pw@x.example\nMailto://b@y.example https://hooks.example/token token"
    assert list(services(urls)) == ["slack", "mailto", "mailto 2", "https", "unknown"]


# Through apprise, to servers of our own -------------------------------------------------------------------------------


@dataclass
class Inbox:
    """A running server, and what it was sent."""

    port: int
    got: list[tuple[str, str]] = field(default_factory=list)  # (path or address, text)
    status: int = 200  # with which a webhook answers
    answers: dict[str, str] = field(default_factory=dict)  # by the beginning of the path
    accepts: bool = True  # whether the mail server lets anyone in


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
    """A mail server that wants a password."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say("220 here.example")
            to = ""
            while words := self.rfile.readline().decode().strip():
                match words.split(maxsplit=1)[0].upper():
                    case "EHLO":
                        self.say("250-here.example\r\n250 AUTH PLAIN")
                    case "AUTH":
                        self.say("235 in" if inbox.accepts else "535 no: c2VjcmV0 secret")
                    case "RCPT":
                        to = words.partition("<")[2].rstrip(">")
                        self.say("250 ok")
                    case "DATA":
                        self.say("354 go on")
                        lines = iter(self.rfile.readline, b".\r\n")
                        inbox.got.append((to, self.text(b"".join(lines))))
                        self.say("250 ok")
                    case "QUIT":
                        self.say("221 bye")
                        return
                    case _:
                        self.say("250 ok")

        def say(self, line: str) -> None:
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


def test_forty_runs_come_to_two_notices_by_each_way(tmp_path: Path, webhook: Inbox, mailbox: Inbox) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    urls = f"json://127.0.0.1:{webhook.port}/j form://127.0.0.1:{webhook.port}/f {mailto(mailbox)}"
    course = [FINE] * 12 + [ONCE, FINE] * 3 + [CHANGED] * 4 + [ONCE] + [BLOCKED] * 5 + [FINE] * 6 + [ONCE] + [FINE] * 5
    for number, verdict in enumerate(course, start=1):
        after(url, number, verdict, urls)
    assert len(course) == 40
    titles = ["press-corpus: qq is broken: changed", "press-corpus: qq is well again"]
    as_json = [json.loads(body) for path, body in webhook.got if path == "/j"]
    as_form = [parse_qs(body) for path, body in webhook.got if path == "/f"]
    assert [told["title"] for told in as_json] == titles
    assert [told["type"] for told in as_json] == ["failure", "success"]
    assert "Since: 2025-11-28 07:00, Beijing time" in as_json[0]["message"]
    assert [told["title"][0] for told in as_form] == titles
    assert [(to, text.splitlines()[0]) for to, text in mailbox.got] == [
        ("you@there.example", title) for title in titles
    ]
    assert KINDS["changed"] in " ".join(mailbox.got[0][1].split())


def test_a_service_that_fails_is_asked_again_and_changes_nothing_else(
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
    urls = secretive(webhook, mailbox)
    after(url, 1, CHANGED, urls)
    webhook.status, mailbox.accepts = 401, False
    after(url, 2, FINE, urls)
    said = "".join([*caplog.messages, caplog.text, *capfd.readouterr()])
    assert "not delivered to https, unknown (no address that apprise can use)" in said
    assert "not delivered to json (error 401), mailto (not reached, or refused)" in said
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for text in (said, kept.decode("latin-1")):
        assert not reveals(text)


def test_the_test_command_says_by_service_what_went_through(webhook: Inbox, mailbox: Inbox) -> None:
    urls = f"json://127.0.0.1:{webhook.port}/secret {mailto(mailbox)}"
    done = scrapy("notices", "test", environment={"NOTICE_URLS": urls})
    assert (done.returncode, done.stdout) == (0, "json: went through\nmailto: went through\n")
    assert (len(webhook.got), len(mailbox.got)) == (1, 1)


def test_the_test_command_fails_by_name_and_without_secrets(webhook: Inbox, mailbox: Inbox) -> None:
    webhook.status, mailbox.accepts = 401, False
    environment = {"NOTICE_URLS": secretive(webhook, mailbox)}
    done = scrapy("notices", "test", "-L", "DEBUG", environment=environment)
    assert done.returncode == 1
    assert "json: failed: error 401\n" in done.stdout
    assert "mailto: failed: not reached, or refused\n" in done.stdout
    assert "unknown: failed: no address that apprise can use\n" in done.stdout
    assert not reveals(done.stdout + done.stderr)


@pytest.mark.parametrize("words", [("test",), (), ("tell",)])
def test_a_command_line_that_cannot_be_has_exit_code_2(words: tuple[str, ...]) -> None:
    done = scrapy("notices", *words, environment={"NOTICE_URLS": ""})
    assert done.returncode == 2
    assert ("NOTICE_URLS" in done.stderr) == (words == ("test",))


def secretive(webhook: Inbox, mailbox: Inbox) -> str:
    """Addresses with secrets in every place that can have one; the second and the last cannot be used."""
    return " ".join([
        f"json://me:secret1@127.0.0.1:{webhook.port}/secret2?+X-Key=secret3&:token=secret4",
        "https://hooks.slack.com/services/secret5",
        mailto(mailbox, "secret6"),
        "secret7/secret8",
    ])  # fmt: skip


def reveals(text: str) -> bool:
    """Whether *text* has a secret, in plain words or as Basic authentication has it."""
    return "secret" in text.lower() or "c2VjcmV0" in text or "bWU6c2Vjcm" in text


CHINESE = """
import json, sys
from apprise.plugins import dingtalk, feishu, slack, wecombot
from crawler.jobs import notices
here = sys.argv[1]
feishu.NotifyFeishu.notify_url = here + "/feishu/{token}"
dingtalk.NotifyDingTalk.notify_url = here + "/dingtalk/{token}"
wecombot.NotifyWeComBot.notify_url = here + "/wecom/{key}"
slack.NotifySlack.webhook_url = here + "/slack"
notices.REFUSING_WITH_200.add("127.0.0.1")
notices.main()
"""
FOUR = services("feishu://token dingtalk://token wecombot://key slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ")


@pytest.fixture
def four(webhook: Inbox, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], dict[str, str]]:
    """Sends a page's text by the four services, which are all at *webhook*."""
    monkeypatch.setattr(notices, "SENDING", [sys.executable, "-c", CHINESE, f"http://127.0.0.1:{webhook.port}"])

    def send(why: str) -> dict[str, str]:
        known, _ = decide(NoticeState(), Verdict("changed", why, alarm=True), MONDAY, ())
        return notices.send(FOUR, notices.notice(known, run()))

    return send


def test_a_page_s_text_does_not_act_in_any_of_the_four(webhook: Inbox, four: Callable[[str], dict[str, str]]) -> None:
    assert four('<at user_id="all"></at> <!here> @all [here](https://evil.example) *b*') == {}
    sent = {path.split("/")[1]: json.loads(body) for path, body in webhook.got}
    assert sent["feishu"]["msg_type"] == sent["dingtalk"]["msgtype"] == sent["wecom"]["msgtype"] == "text"
    assert sent["slack"]["mrkdwn"] is False
    for body in sent.values():
        text = json.dumps(body, ensure_ascii=False)
        assert "press-corpus: qq is broken: changed" in text  # for robots that let in what has a certain word
        assert '‹at user_id=\\"all\\"›‹/at› ‹!here› ＠all' in text


def test_a_refusal_with_http_200_is_one(webhook: Inbox, four: Callable[[str], dict[str, str]]) -> None:
    webhook.answers = {
        "feishu": '{"code": 19024, "msg": "Key Words Not Found"}',
        "dingtalk": '{"errcode": 310000, "errmsg": "sign not match"}',
        "wecom": '{"errcode": 0, "errmsg": "ok"}',
        "slack": "ok",
    }
    assert four("no title") == {"feishu": "error 19024", "dingtalk": "error 310000"}


# What goes wrong ------------------------------------------------------------------------------------------------------


def test_without_apprise_one_line_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(notices, "find_spec", lambda _: None)
    send_due_notices(None, run(), CHANGED, URLS)
    assert caplog.messages == [
        "notices of qq (broken: changed): not delivered to mailto, slack "
        '(apprise is not installed: pip install -e ".[notices]")'
    ]


def test_a_service_that_hangs_does_not_take_the_others_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def hangs(command: list[str], **options: object) -> None:
        raise subprocess.TimeoutExpired(command, 60, output=b'["slack", ""]\n["json", "error 401"]\n["mai')

    monkeypatch.setattr(subprocess, "run", hangs)
    addresses = services("slack://x json://x mailto://x")
    assert notices.send(addresses, Notice("t", "b", good=True)) == {"json": "error 401", "mailto": "no answer"}


@pytest.mark.parametrize("command", [["/nowhere/python"], [sys.executable, "-c", "raise SystemExit(1)"]])
def test_a_sender_that_cannot_be_started_or_dies_is_one_line(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, command: list[str]
) -> None:
    monkeypatch.setattr(notices, "SENDING", command)
    send_due_notices(None, run(), CHANGED, URLS)
    assert len(caplog.messages) == 1
    assert "not delivered to mailto, slack (" in caplog.messages[0]


def test_a_ledger_that_fails_keeps_no_alarm_back(
    tmp_path: Path, played: Services, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: object) -> None:
        raise LedgerError("sqlite:///full.db", OSError("database or disk is full"))

    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.db")
    monkeypatch.setattr(ledger.notices, "get", fails)
    monkeypatch.setattr(ledger.notices, "set", fails)
    send_due_notices(ledger, run(), Verdict("disk", "no space left", alarm=True), "slack://x")
    ledger.close()
    assert played.got == [("slack", "press-corpus: qq is broken: disk")]
    assert [record.levelname for record in caplog.records if "disk is full" in record.message] == ["WARNING"] * 2


def test_the_ledger_keeps_what_was_told(url: str) -> None:
    ledger = Ledger(url)
    assert ledger.notices.get("qq") == {}
    values: dict[str, object] = {"kind": "changed", "why": "标题\x00", "since": MONDAY, "told": ["mailto 2", "slack"]}
    ledger.notices.set("qq", values)
    ledger.notices.set("hibor", values | {"kind": ""})
    ledger.notices.set("qq", values | {"kind": "blocked"})
    ledger.articles.forget("qq")  # its articles
    ledger.close()
    again = Ledger(url)
    assert again.notices.get("qq") == values | {"kind": "blocked", "why": "标题\ufffd"}
    assert again.notices.get("hibor")["kind"] == ""
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM notices").scalar() == 2
    again.close()
