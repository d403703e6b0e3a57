"""The promises of the Dockerfile and of docker-compose.yml, as far as they can be held without Docker."""

import json
import os
import re
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from ledger.settings import Settings
from tests.dockerfile import Stage, read_stages

ROOT = Path(__file__).parents[1]
STAGES = read_stages(ROOT / "Dockerfile")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]

both = pytest.mark.parametrize("name", ["api", "worker"])

# Run in a directory that holds what an image holds; prints what came along although it should not.
START_API = """
import sys
from api.app import create_app
create_app()
print(*{"celery", "kombu", "PIL"} & set(sys.modules))
"""
START_WORKER = """
import sys
import worker.app
print(*{"fastapi", "uvicorn"} & set(sys.modules))
"""


@both
def test_each_image_has_the_packages_of_its_own_lock_and_those_of_spans_and_no_others(name: str) -> None:
    taken = [value for value in STAGES[name].values("COPY") if value.startswith("--from")]
    assert taken == [f"--from={name}-packages /venv /venv"]
    (install,) = STAGES[f"{name}-packages"].values("RUN")
    assert re.findall(r"--requirement (\S+)", install) == [
        "/requirements/otel.txt",
        f"/requirements/{name}.txt",
    ]
    assert "--require-hashes" in install


def test_the_api_image_is_without_celery_and_the_worker_image_without_fastapi() -> None:
    assert {"celery", "kombu", "billiard", "pillow"}.isdisjoint(locked("api") | locked("otel"))
    assert {"fastapi", "uvicorn", "starlette"}.isdisjoint(locked("worker") | locked("otel"))
    assert {"fastapi", "uvicorn", "redis", "hiredis"} <= locked("api")
    assert {"celery", "redis", "hiredis", "pillow"} <= locked("worker")


def test_every_copied_file_exists_and_is_in_the_build_context() -> None:
    allowed = re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    for stage in STAGES.values():
        for source in (source for copy in stage.copies() for source in copy.sources):
            assert (ROOT / source).exists(), source
            assert Path(source).parts[0] in allowed, source


@pytest.mark.parametrize("spans", ["none", "otlp"])
@pytest.mark.parametrize(("name", "script"), [("api", START_API), ("worker", START_WORKER)])
def test_each_image_holds_every_file_that_its_service_imports(
    name: str, script: str, spans: str, tmp_path: Path
) -> None:
    copy_as_image(STAGES[name], tmp_path)
    environment = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("CELERIAC_", "OTEL_", "PYTHON"))
    } | {"OTEL_TRACES_EXPORTER": spans}
    started = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert started.returncode == 0, started.stderr
    assert started.stdout.split() == []


@both
def test_each_image_runs_as_a_user_without_rights(name: str) -> None:
    (user,) = STAGES[STAGES[name].origin].values("USER")
    assert user == "10001:10001"
    assert STAGES[name].values("USER") == []


@both
def test_signals_reach_each_service_itself(name: str) -> None:
    (command,) = STAGES[name].values("CMD")
    assert json.loads(command)[:2] == ["python", "-m"]
    assert STAGES[STAGES[name].origin].values("STOPSIGNAL") == ["SIGTERM"]


@both
def test_each_image_has_a_health_check(name: str) -> None:
    (check,) = STAGES[name].values("HEALTHCHECK")
    assert " CMD " in check


def test_the_api_is_healthy_when_it_can_accept_tasks() -> None:
    (check,) = STAGES["api"].values("HEALTHCHECK")
    python, flag, script = json.loads(check.partition(" CMD ")[2])
    assert (python, flag) == ("python", "-c")
    assert "'/readyz'" in script
    compile(script, "HEALTHCHECK", "exec")


@both
def test_each_service_may_do_no_more_than_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["tmpfs"] == ["/tmp"]  # noqa: S108 - the one place to write to
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["build"]["target"] == name
    assert service["restart"] == "unless-stopped"


@both
def test_each_service_waits_for_a_redis_that_answers(name: str) -> None:
    assert SERVICES[name]["depends_on"] == {"redis": {"condition": "service_healthy"}}
    assert SERVICES[name]["environment"]["CELERIAC_REDIS_URL"] == "redis://redis:6379/0"
    assert "redis-cli ping" in SERVICES["redis"]["healthcheck"]["test"][1]


def test_redis_writes_down_what_it_accepted_and_evicts_nothing() -> None:
    redis = SERVICES["redis"]
    command = redis["command"]
    assert redis["image"] == "redis:8"
    assert command[command.index("--appendonly") + 1] == "yes"
    assert command[command.index("--maxmemory-policy") + 1] == "noeviction"
    assert redis["volumes"] == ["redis-data:/data"]
    assert "redis-data" in COMPOSE["volumes"]


def test_only_the_api_can_be_reached_from_outside_and_only_from_this_machine() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {"api": ["127.0.0.1:${CELERIAC_PORT:-8000}:8000"]}


def test_there_can_be_several_workers() -> None:
    assert {"container_name", "ports", "hostname"}.isdisjoint(SERVICES["worker"])


def test_a_worker_gets_longer_to_stop_than_its_tasks_may_go_on() -> None:
    grace = timedelta(seconds=int(SERVICES["worker"]["stop_grace_period"].removesuffix("s")))
    assert grace >= Settings.model_fields["shutdown_grace"].default + timedelta(seconds=10)
    assert "REMAP_SIGTERM=SIGQUIT" in STAGES["worker"].values("ENV")


def test_what_waits_for_an_answer_ends_before_the_api_is_killed() -> None:
    command = json.loads(STAGES["api"].values("CMD")[0])
    patience = int(command[command.index("--timeout-graceful-shutdown") + 1])
    assert int(SERVICES["api"]["stop_grace_period"].removesuffix("s")) >= patience + 5


def locked(name: str) -> set[str]:
    return set(re.findall(r"^([a-z0-9-]+)==", (ROOT / f"requirements/{name}.txt").read_text(), re.MULTILINE))


def copy_as_image(stage: Stage, directory: Path) -> None:
    """Lay out the files as the image would: a directory's contents, or the files, into the destination."""
    for copy in stage.copies():
        for source in (ROOT / source for source in copy.sources):
            destination = directory / copy.destination
            if source.is_dir():
                shutil.copytree(source, destination, dirs_exist_ok=True)
            else:
                destination.mkdir(exist_ok=True)
                shutil.copy(source, destination)
