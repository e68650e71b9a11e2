"""Dockerfile and compose.yaml. The tests that build and run the image need Docker; the workflow runs them."""

from __future__ import annotations

import re
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import yaml
from scrapy import cmdline
from scrapy.utils.project import get_project_settings

from tests.support.mirror import ROOT
from tests.support.test_dependencies import EXTRAS, PROJECT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
DATABASE: dict[str, Any] = COMPOSE["services"]["database"]
SERVICES: dict[str, dict[str, Any]] = {name: each for name, each in COMPOSE["services"].items() if name != "database"}
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def instructions(name: str) -> list[str]:
    """Return the arguments of each instruction *name* in the last stage of the Dockerfile."""
    last = re.split(r"^FROM ", DOCKERFILE, flags=re.M)[-1].replace("\\\n", " ")
    return re.findall(rf"^{name} (.*)$", last, re.M)


def commands() -> set[str]:
    return set(cmdline._get_commands_dict(get_project_settings(), inproject=True))


def test_hadolint_accepts_the_dockerfile() -> None:
    program = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([program, ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_image_runs_the_command_without_privileges() -> None:
    assert instructions("ENTRYPOINT") == ['["press-corpus"]']
    assert "press-corpus" in PROJECT["scripts"]
    assert set(re.findall(r'"([\w-]+)"', instructions("CMD")[0])) <= commands()
    user = instructions("USER")[-1].split(":")[0]
    assert int(user) > 0
    assert f"useradd --uid {user} " in DOCKERFILE
    (extras,) = re.findall(r"\.whl\)\[([\w,]+)\]", DOCKERFILE)
    assert set(extras.split(",")) <= set(EXTRAS)


def test_compose_and_image_have_the_same_folders() -> None:
    volumes = set(re.findall(r'"([^"]+)"', instructions("VOLUME")[0]))
    assert f"OUTPUT_DIR={next(iter(volumes - {'/project'}))}" in instructions("ENV")[0]
    assert instructions("WORKDIR")[-1] in volumes
    for service in SERVICES.values():
        assert {volume.split(":")[1] for volume in service["volumes"]} == volumes
        named = {volume.split(":")[0] for volume in service["volumes"]} - {"./project"}
        assert named <= set(COMPOSE["volumes"])


def test_every_service_has_a_profile_and_a_known_command() -> None:
    assert {name: service["profiles"] for name, service in SERVICES.items()} == {
        "schedule": ["schedule"],
        "cli": ["cli"],
        "worker": ["cluster"],
    }
    for service in SERVICES.values():
        assert set(service.get("command", [])) <= commands()
        assert (service["read_only"], service["cap_drop"], service["init"]) == (True, ["ALL"], True)
        assert service["user"].startswith("${PRESS_CORPUS_USER:-10001:10001")


def test_the_workers_use_the_database_and_are_always_restarted() -> None:
    worker = SERVICES["worker"]
    assert (worker["deploy"], worker["restart"], DATABASE["restart"]) == ({"replicas": 2}, "always", "always")
    url = sa.make_url(worker["environment"]["LEDGER_URL"])
    account = DATABASE["environment"]
    assert (url.username, url.password, url.host, url.database) == (
        account["POSTGRES_USER"], account["POSTGRES_PASSWORD"], "database", account["POSTGRES_DB"],
    )  # fmt: skip
    assert url.drivername == "postgresql+psycopg"
    assert worker["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert "healthcheck" in DATABASE
    assert DATABASE["profiles"] == worker["profiles"]
    assert [volume.split(":")[0] for volume in DATABASE["volumes"]] == ["database"]
    assert {"corpus", "database"} == set(COMPOSE["volumes"])
    assert "ports" not in DATABASE
    (extras,) = re.findall(r"\.whl\)\[([\w,]+)\]", DOCKERFILE)
    assert "cluster" in extras.split(",")


def test_build_context_has_what_the_wheel_needs_and_no_secrets() -> None:
    allowed = {
        line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line.startswith("!")
    }
    assert allowed == {"crawler", "tests/fixtures", "hatch_build.py", "pyproject.toml", "README.md", "LICENSE"}
    assert all((ROOT / path).exists() for path in allowed)


# With Docker --------------------------------------------------------------------------------------------------------


def docker(*words: str, timeout: float = 600) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["docker", *words], cwd=ROOT, capture_output=True, text=True, check=False, timeout=timeout
    )  # fmt: skip


def has_docker() -> bool:
    try:
        return docker("info", timeout=20).returncode == 0 and docker("compose", "version").returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


@pytest.fixture(scope="module")
def image() -> str:
    if not has_docker():
        pytest.skip("Docker with Compose is not available")
    done = docker("compose", "--profile", "schedule", "build")
    assert done.returncode == 0, done.stderr
    return str(COMPOSE["x-crawler"]["image"])


@pytest.fixture
def compose(image: str) -> Iterator[tuple[str, ...]]:
    """The first words of a compose command, for a project of its own that is removed at the end."""
    words = ("compose", "--project-name", f"test-{uuid.uuid4().hex[:8]}")
    yield words
    docker(*words, "--profile", "*", "down", "--volumes", "--timeout", "30")


@pytest.mark.needs_container
def test_the_image_writes_a_first_article_without_privileges(image: str) -> None:
    run = ("run", "--rm", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL")
    assert docker(*run, "--entrypoint", "id", image, "-u").stdout == "10001\n"
    done = docker(*run, image, "demo", "woshipm", "-s", "OUTPUT_DIR=/corpus/demo")
    assert done.returncode == 0, done.stderr
    assert re.search(r"^/corpus/demo/woshipm/\d{4}/\d\d/\w+\.md$", done.stdout, re.M)


@pytest.mark.needs_container
def test_the_corpus_stays_in_the_volume(compose: tuple[str, ...]) -> None:
    for new in (5, 0):  # the second container finds the articles of the first one
        done = docker(*compose, "run", "--rm", "cli", "demo", "woshipm", "-s", "OUTPUT_DIR=/corpus/demo")
        assert done.returncode == 0, done.stderr
        assert f"{new} new articles of 1 source in" in done.stdout
    listed = docker(*compose, "run", "--rm", "cli", "list")
    assert "woshipm" in listed.stdout.splitlines()


@pytest.mark.needs_container
def test_the_schedule_runs_and_stops_in_time(compose: tuple[str, ...]) -> None:
    done = docker(*compose, "--profile", "schedule", "up", "--detach", "schedule")
    assert done.returncode == 0, done.stderr
    time.sleep(10)
    container = docker(*compose, "--profile", "schedule", "ps", "--quiet", "schedule").stdout.strip()
    state = docker("inspect", "--format", "{{.State.Running}} {{.RestartCount}}", container).stdout.strip()
    assert state == "true 0", docker("logs", container).stderr
    docker(*compose, "--profile", "schedule", "stop", "schedule")
    assert docker("inspect", "--format", "{{.State.ExitCode}}", container).stdout.strip() == "0"
