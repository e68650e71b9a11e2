"""Properties of units and crontabs: read by the rules of systemd and cron, they give the same command line."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scrapy.settings import default_settings

import crawler.settings
from crawler.jobs.cron import Cron, ScheduleError
from crawler.jobs.schedules import Schedule
from crawler.jobs.secret_settings import is_secret_setting
from crawler.jobs.timers import cron_lines, missing_values, systemd_units, without_secrets

SCHEDULES = [Schedule("toy", frozenset(), Cron.parse("0 9 * * *"))]
FOLDER = Path("/home/me/corpus")
TEXTS = st.text(st.sampled_from("ab%$\\'\";# \n\r\t\0@{}*[]~`!=中é\x85\u2028\udc80")) | st.text()
TRAPS = [
    "a\\%b",
    "\\",
    "%",
    "100%%",
    "$HOME",
    "${HOME}",
    "$$",
    "'",
    '"',
    ";",
    "",
    " ",
    "a b",
    "#",
    "\\\\%",
    "%n",
    "`x`",
    "\\n",
]


def systemd_words(line: str) -> list[str]:
    """Split the value of ExecStart= as systemd does: quotes, C escapes, specifiers, variables without values."""
    words, rest = [], line
    while rest := rest.lstrip(" \t"):
        word, quote = "", ""
        while rest:
            character, rest = rest[0], rest[1:]
            if character == "\\":
                escaped, rest = rest[0], rest[1:]
                assert escaped in "\\\"'", escaped  # the only escapes that are written
                word += escaped
            elif quote:
                quote, word = ("", word) if character == quote else (quote, word + character)
            elif character in "\"'":
                quote = character
            elif character in " \t":
                break
            else:
                word += character
        assert not quote
        assert word != ";" or line.count('";"')
        assert not re.search("(?<!%)(?:%%)*%(?!%)", word), "a specifier"
        word = word.replace("%%", "%")
        words.append(word)
    program, *arguments = words
    for argument in arguments:
        assert "$" not in argument.replace("$$", ""), "a variable"
    return [program, *(argument.replace("$$", "$") for argument in arguments)]


def cron_command(line: str, removes_backslash: bool) -> str:
    """Return what cron gives to the shell. cronie removes the backslash of an escaped %, other crons leave it."""
    command, escaped = "", False
    for character in line.split(" ", 5)[5]:
        if character == "%" and not escaped:
            break
        if character == "%" and removes_backslash:
            command = command[:-1]
        escaped = character == "\\" and not escaped
        command += character
    return command.strip()


def unit_lines(text: str, key: str) -> list[str]:
    """Return the values of an entry, after the joining of continued lines."""
    lines = text.replace("\\\n", " ").split("\n")
    return [line.partition("=")[2] for line in lines if line.startswith(f"{key}=")]


@given(TEXTS, TEXTS)
@settings(deadline=None, max_examples=400)
@example("\\", "\\%")
def test_a_unit_has_the_same_command_line_or_the_value_is_refused(value: str, contact: str) -> None:
    command = ["/venv/bin/python", "-P", "-m", "crawler", "job", "SOURCE", "-s", f"RECORD={value}"]
    try:
        units = systemd_units(SCHEDULES, FOLDER, command, {"CRAWLER_CONTACT": contact})
    except ScheduleError:
        assert any(not character.isprintable() for character in value + contact)
        return
    text = units["press-corpus-toy.service"]
    text.encode()
    assert "\0" not in text
    (line,) = unit_lines(text, "ExecStart")
    assert systemd_words(line) == ["toy" if word == "SOURCE" else word for word in command]
    (variable,) = unit_lines(text, "Environment")
    assert systemd_words(f"x {variable.replace('$', '$$')}") == ["x", f"CRAWLER_CONTACT={contact}"]
    assert len(text.split("\n")) == 16


@given(TEXTS, TEXTS)
@settings(deadline=None, max_examples=400)
@example("\\", "\\%")
def test_a_crontab_has_the_same_command_line_or_the_value_is_refused(value: str, folder: str) -> None:
    command = ["/venv/bin/python", "-P", "-m", "crawler", "job", "SOURCE", "-s", f"RECORD={value}"]
    try:
        lines = cron_lines(SCHEDULES, Path("/home", folder), command, {})
    except ScheduleError:
        assert any(not character.isprintable() for character in value + folder)
        return
    assert "\n" not in "".join(lines)
    assert all(line.startswith(("#", "CRON_TZ=")) for line in lines[:-1])
    for removes_backslash in (True, False):
        words = shlex.split(cron_command(lines[-1], removes_backslash))
        expected = ["cd", str(Path("/home", folder)), "&&", *("toy" if word == "SOURCE" else word for word in command)]
        assert words == expected


@pytest.mark.parametrize("value", TRAPS)
def test_the_shell_reads_the_words_of_a_crontab(value: str) -> None:
    lines = cron_lines(SCHEDULES, Path("/tmp"), ["printf", "%s|", "SOURCE", value], {})
    for removes_backslash in (True, False):
        command = cron_command(lines[-1], removes_backslash)
        done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=True)
        assert done.stdout == f"toy|{value}|"


@pytest.mark.parametrize("folder", ["/a/b%n", "/a/b c", "/a/$x", "/a/[b]*?", "/a/中"])
def test_the_folder_of_a_unit(folder: str) -> None:
    text = systemd_units(SCHEDULES, Path(folder), ["/p"], {})["press-corpus-toy.service"]
    assert unit_lines(text, "WorkingDirectory") == [folder.replace("%", "%%")]
    (file,) = unit_lines(text, "EnvironmentFile")
    assert re.sub(r"\\([\[\]*?])", r"\1", file) == f"-{folder.replace('%', '%%')}/.env"
    assert not re.search(r"(?<!\\)[\[\]*?]", file)  # systemd reads it as a pattern


@pytest.mark.parametrize(
    ("folder", "command", "source"),
    [
        ("/a\nb", ["/p"], "toy"), ("/a\\", ["/p"], "toy"), ("/a ", ["/p"], "toy"), ("/a", ["/$p"], "toy"),
        ("/a", ["/p\n"], "toy"), ("/a", ["/p", "SOURCE"], "t\ny"), ("/a", ["/p", "SOURCE"], "t/y"),
        ("/a", ["/p", "-s", "A\nB=1"], "toy"),
    ],
)  # fmt: skip
def test_what_no_unit_can_contain_is_refused(folder: str, command: list[str], source: str) -> None:
    schedules = [Schedule(source, frozenset(), Cron.parse("0 9 * * *"))]
    with pytest.raises(ScheduleError) as caught:
        systemd_units(schedules, Path(folder), command, {})
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("value", ["a\nb=c", ' "a"', "'a'", " a", "a\\"])
def test_a_variable_that_crons_read_differently_is_refused(value: str) -> None:
    with pytest.raises(ScheduleError, match="CRAWLER_CONTACT"):
        cron_lines(SCHEDULES, FOLDER, ["/p"], {"CRAWLER_CONTACT": value})


@pytest.mark.parametrize(
    "setting",
    [
        "LEDGER_URL=postgresql+psycopg://me:geheim@db/ledger", "LEDGER_URL=postgresql+psycopg://me:ge/he?im@db/x",
        "LEDGER_URL=postgresql+psycopg://db/x?user=me&password=geheim", "LEDGER_URL=postgresql://geheim@db/x",
        "NOTICE_URLS=feishu://geheim", "MAIL_PASS=geheim", "SMTP_PASSWORD=1234", "FTP_PASSWORD=geheim",
        "AWS_SECRET_ACCESS_KEY=geheim", "AWS_ACCESS_KEY_ID=geheim", "AWS_SESSION_TOKEN=geheim", "API_KEY=geheim",
        "http_proxy=http://me:geheim@proxy:8080", "HTTPS_PROXY=me:geheim@proxy:8080", "all_proxy=socks5://geheim@p:1",
        'DEFAULT_REQUEST_HEADERS={"Authorization": "Basic geheim"}', 'DEFAULT_REQUEST_HEADERS={"X-Api-Key": "geheim"}',
        'DEFAULT_REQUEST_HEADERS={"Cookie":"a=geheim"}', 'FEEDS={"ftp://me:geheim@host/x": {}}', "X=https://h/?token=geheim",
        "WEBHOOK=https://hooks.slack.com/services/T/B/geheim", "HOOK=https://hooks.slack.com/services/T/B/geheim",
        f"BROKER=amqp://me:ge/{'geheim' * 200}@host/x",
        "CRAWLER_CONTACT=https://me:geheim@crawl.example/", "SENTRY_DSN=https://geheim@sentry.example/1",
    ],
)  # fmt: skip
def test_secret_settings(setting: str) -> None:
    printed, secret = without_secrets([setting, "LAYOUT=gitbook"])
    assert printed == ["LAYOUT=gitbook"]
    assert list(secret) == [setting.partition("=")[0]]
    (remark,) = missing_values(secret, {}, {}, FOLDER)
    assert "geheim" not in remark
    assert setting.partition("=")[0] in remark


@pytest.mark.parametrize(
    "setting",
    [
        "EXTRA_KEYS=author,keywords", "COOKIES_ENABLED=1", "HTTPPROXY_AUTH_ENCODING=utf-8", "OUTPUT_DIR=/srv/me@host/x",
        "CRAWLER_CONTACT=me@crawl.example", "CRAWLER_CONTACT=mailto:me@crawl.example",
        "CRAWLER_CONTACT=https://social.example/@me", "CRAWLER_CONTACT=https://social.example:8080/@me",
        "LEDGER_URL=sqlite:////srv/ledger.db", "LEDGER_URL=postgresql:///ledger", "LEDGER_URL=", "KEEP_LOGS=5",
    ],
)  # fmt: skip
def test_harmless_settings(setting: str) -> None:
    assert without_secrets([setting]) == ([setting], {})


def test_the_names_of_secret_settings_of_scrapy_and_of_this_project() -> None:
    names = [name for name in {*vars(default_settings), *vars(crawler.settings)} if name.isupper()]
    assert sorted(name for name in names if is_secret_setting(name, "x")) == [
        "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "FTP_PASSWORD",
        "HTTPAUTH_PASS", "MAIL_PASS", "TELNETCONSOLE_PASSWORD",
    ]  # fmt: skip
