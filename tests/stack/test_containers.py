"""The Dockerfile and docker-compose.yml keep their promises, checked without Docker."""

import json
import os
import re
import shutil
import subprocess
import sys
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from redis import Redis
from redis.exceptions import AuthenticationError

from celeriac.access.secret import well_formed
from celeriac.settings import Settings
from celeriac.stack.processes.ports import free_port
from celeriac.version import VERSION
from celeriac_api.request.wait import LONGEST_SECONDS
from lab.harness.checkout import ROOT, python_path
from lab.harness.program import listens
from lab.harness.servers import environment
from lab.harness.waiting import wait_until
from tests.support.dockerfile import Stage, read_stages

STAGES = read_stages(ROOT / "Dockerfile")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
PROXY: dict[str, Any] = yaml.safe_load((ROOT / "deploy/proxy.yml").read_text())["services"]["proxy"]
NEW_PROJECT: dict[str, Any] = yaml.safe_load((ROOT / "celeriac/command/project/compose.yml.txt").read_text())
PASSWORD_FILE = "/run/celeriac/redis-password"
OWN_IMAGE = ROOT / "examples/own_image"

both = pytest.mark.parametrize("name", ["api", "worker"])

# Run in a directory that holds what an image holds; prints what came along although it should not.
START_API = """
import sys
from celeriac_api.app import create_app
create_app()
print(*{"celery", "kombu", "PIL"} & set(sys.modules))
"""
START_WORKER = """
import sys
import celeriac_worker.app
print(*{"fastapi", "uvicorn"} & set(sys.modules))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory into which the wheel of this checkout was installed, as the Dockerfile builds and installs it."""
    place = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    options = ["--no-deps", "--no-build-isolation", "--no-compile", "--target", str(place)]
    subprocess.run([*pip, *options, str(ROOT)], check=True)
    return place


@both
def test_each_image_has_the_wheel_the_packages_of_its_own_lock_and_those_of_spans_and_no_others(
    name: str,
) -> None:
    taken = [value for value in STAGES[name].values("COPY") if value.startswith("--from")]
    assert taken == [f"--from={name}-packages /venv /venv"]
    locks, wheel = STAGES[f"{name}-packages"].values("RUN")
    assert re.findall(r"--requirement (\S+)", locks) == [
        "/requirements/otel.txt",
        f"/requirements/{name}.txt",
    ]
    assert "--require-hashes" in locks
    assert wheel.endswith("pip install --no-deps --no-index /wheels/*.whl")
    assert "--from=wheel /wheels/ /wheels/" in STAGES[f"{name}-packages"].values("COPY")
    (tools, built) = STAGES["wheel"].values("RUN")
    assert "--require-hashes" in tools
    assert built == "pip wheel --no-deps --no-build-isolation --wheel-dir /wheels ."


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
    name: str, script: str, spans: str, installed: Path, tmp_path: Path
) -> None:
    copy_as_image(STAGES[name], tmp_path)
    environment = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("CELERIAC_", "OTEL_", "PYTHON"))
    } | {"OTEL_TRACES_EXPORTER": spans, "PYTHONPATH": f"{tmp_path}{os.pathsep}{installed}"}
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
    assert json.loads(command) == ["python", "-m", f"celeriac_{name}"]
    assert STAGES[STAGES[name].origin].values("STOPSIGNAL") == ["SIGTERM"]


@both
def test_each_image_has_a_health_check(name: str) -> None:
    (check,) = STAGES[name].values("HEALTHCHECK")
    assert " CMD " in check


def test_a_worker_is_healthy_while_redis_hears_of_it() -> None:
    (check,) = STAGES["worker"].values("HEALTHCHECK")
    assert json.loads(check.partition(" CMD ")[2]) == ["python", "-m", "celeriac_worker.health"]


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
    assert service["tmpfs"] == ["/tmp:mode=1777,size=${TMP_SIZE:-256m}"]  # noqa: S108 - the one place to write to
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["build"]["target"] == name
    assert service["restart"] == "unless-stopped"


@both
def test_each_service_waits_for_a_redis_that_answers(name: str) -> None:
    assert SERVICES[name]["depends_on"]["redis"] == {"condition": "service_healthy"}
    assert (
        SERVICES[name]["environment"]["CELERIAC_REDIS_URL"] == "${CELERIAC_REDIS_URL:-redis://redis:6379/0}"
    )
    assert SERVICES[name]["environment"]["CELERIAC_REDIS_PASSWORD_FILE"].endswith(f":-{PASSWORD_FILE}}}")
    assert SERVICES[name]["volumes"] == ["secrets:/run/celeriac:ro", "files:/files"]
    assert "redis-cli ping" in SERVICES["redis"]["healthcheck"]["test"][1]


@both
def test_every_setting_of_the_shell_and_of_dot_env_reaches_the_containers(name: str) -> None:
    of_make_run = {"host", "port", "data_dir", "valkey_server"}
    passed = {variable for variable in SERVICES[name]["environment"] if variable.startswith("CELERIAC_")}
    assert passed == {f"CELERIAC_{field.upper()}" for field in Settings.model_fields.keys() - of_make_run}
    others = {
        variable: value
        for variable, value in SERVICES[name]["environment"].items()
        if variable not in {"CELERIAC_REDIS_URL", "CELERIAC_REDIS_PASSWORD_FILE", "CELERIAC_FILES"}
    }
    # Compose 1.29 removes a variable of the image that has no value here.
    assert SERVICES[name]["environment"]["CELERIAC_FILES"] == "${CELERIAC_FILES:-/files}"
    assert set(others.values()) == {None}, "a value here would go before the one of the shell"


def test_compose_1_29_reads_what_compose_2_does() -> None:
    assert {key for key in COMPOSE if not key.startswith("x-")} == {"services", "volumes"}
    assert not re.search(r"\$\{[^}]*\$\{", (ROOT / "docker-compose.yml").read_text()), (
        "it does not nest variables"
    )


def test_the_variables_of_the_containers_are_documented() -> None:
    used = set()
    for file in ("docker-compose.yml", "deploy/proxy.yml"):
        used |= set(re.findall(r"\$\{(\w+)", (ROOT / file).read_text()))
    text = (ROOT / "docs/how-to/containers.md").read_text()
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", text, re.MULTILINE))
    assert documented == (used | {"COMPOSE_PROJECT_NAME"}) - {
        "CELERIAC_REDIS_URL",
        "CELERIAC_REDIS_PASSWORD_FILE",
    }


def test_redis_has_no_rights_and_a_health_check_that_knows_its_password() -> None:
    redis = SERVICES["redis"]
    assert (redis["user"], redis["read_only"], redis["cap_drop"]) == ("redis", True, ["ALL"])
    assert redis["depends_on"] == {"redis-password": {"condition": "service_completed_successfully"}}
    assert PASSWORD_FILE in redis["healthcheck"]["test"][1]
    maker = SERVICES["redis-password"]
    assert (maker["read_only"], maker["cap_drop"], maker["network_mode"]) == (True, ["ALL"], "none")


def test_redis_has_a_password_by_default_that_stays_and_that_no_list_of_processes_shows(
    tmp_path: Path,
) -> None:
    file, run = tmp_path / "redis-password", partial(run_as_container, tmp_path)
    run("redis-password", REDIS_PASSWORD="").wait(60)
    first = file.read_text()
    assert re.fullmatch("[0-9a-f]{64}", first)
    run("redis-password", REDIS_PASSWORD="").wait(60)
    assert file.read_text() == first
    run("redis-password", REDIS_PASSWORD="mine").wait(60)
    assert file.read_text() == "mine\n"
    if shutil.which("redis-server") is None:
        pytest.skip("needs a redis-server")
    port = free_port()
    with run("redis", f" --port {port} --dir {tmp_path}", REDIS_MAXMEMORY="1gb") as server:
        try:
            wait_until(lambda: listens(port), what="Redis")
            with Redis(port=port, password="mine") as redis, Redis(port=port) as stranger:
                assert redis.ping()
                assert (redis.config_get("appendonly"), redis.config_get("maxmemory-policy")) == (
                    {"appendonly": "yes"},
                    {"maxmemory-policy": "noeviction"},
                )
                with pytest.raises(AuthenticationError):
                    stranger.ping()
            command = Path(f"/proc/{server.pid}/cmdline").read_text() if sys.platform == "linux" else ""
            assert "mine" not in command
        finally:
            server.kill()


def run_as_container(
    directory: Path, name: str, options: str = "", **environment: str
) -> subprocess.Popen[bytes]:
    """The command of a service, as the shell of its container reads it, with this directory in place of the volume."""
    entrypoint, (script,) = SERVICES[name]["entrypoint"], SERVICES[name]["command"]
    assert entrypoint == ["sh", "-euc"]
    script = script.replace("$$", "$").replace("/run/celeriac", str(directory))
    script = script.replace("redis-server -", f"redis-server -{options}", 1)
    return subprocess.Popen(
        ["sh", "-euc", script], env={**os.environ, **environment}, stdout=subprocess.DEVNULL
    )


@pytest.mark.parametrize("services", [SERVICES, NEW_PROJECT["services"]], ids=["here", "celeriac new"])
def test_the_api_starts_after_a_key_was_created_which_no_other_container_can_read(
    services: dict[str, Any], own_url: str, tmp_path: Path
) -> None:
    maker = services["first-key"]
    assert services["api"]["depends_on"]["first-key"] == {"condition": "service_completed_successfully"}
    assert (maker["read_only"], maker["restart"]) == (True, "no")
    assert services["api"]["environment"].get("CELERIAC_OPEN") is None
    readers = [name for name, service in services.items() if "/run/first-key" in str(service.get("volumes"))]
    assert readers == ["first-key"]
    command = [part.replace("/run/first-key", str(tmp_path)) for part in maker["command"]]
    program = [sys.executable, "-m", "celeriac.command", *command[1:]]
    subprocess.run(program, env=environment(redis_url=own_url), check=True)
    assert well_formed((tmp_path / "admin").read_text().strip())


def test_no_log_grows_for_ever() -> None:
    for service in (*SERVICES.values(), PROXY):
        assert service["logging"]["options"].keys() == {"max-size", "max-file"}


def test_a_proxy_waits_longer_than_a_client_may() -> None:
    text = (ROOT / "deploy/nginx.conf").read_text()
    (seconds,) = re.findall(r"proxy_read_timeout (\d+)s;", text)
    assert int(seconds) > LONGEST_SECONDS + 5
    assert "proxy_buffering off;" in text


def test_an_image_with_tasks_and_packages_of_ones_own_takes_three_lines() -> None:
    stages = read_stages(OWN_IMAGE / "Dockerfile")
    services = yaml.safe_load((OWN_IMAGE / "compose.yml").read_text())["services"]
    for name in ("api", "worker"):
        assert stages[name].origin == SERVICES[name]["image"]
        assert services[name]["build"] == {"context": "examples/own_image", "target": name}
        assert services[name]["environment"] == {"CELERIAC_TASKS": "tasks,shop"}
    copied = ("COPY", "shop/ shop/")
    assert stages["api"].instructions == [copied]
    assert stages["worker"].instructions == [
        copied,
        ("RUN", "pip install --requirement shop/requirements.txt"),
    ]
    documented = (ROOT / "docs/how-to/containers.md").read_text()
    assert "FROM celeriac-worker\nCOPY shop/ shop/\nRUN pip install" in documented
    assert load_catalog_of("tasks,shop", OWN_IMAGE) >= {"add", "qr_code"}


def test_packages_of_ones_own_are_installed_without_root_and_go_with_ours() -> None:
    (environment,) = (dict(re.findall(r"(\w+)=(\S+)", value)) for value in STAGES["service"].values("ENV"))
    (users,) = STAGES["service"].values("RUN")
    assert users.endswith(
        f"install --directory --owner 10001 --group 10001 {environment['CELERIAC_FILES']} {environment['PYTHONUSERBASE']}"
    )
    (venv,) = STAGES["packages"].values("RUN")
    assert "--system-site-packages" in venv, "PYTHONUSERBASE does not count in other ones"
    for name in ("api", "worker"):
        (_, wheel) = STAGES[f"{name}-packages"].values("RUN")
        assert wheel.startswith(f"pip freeze --local > {environment['PIP_CONSTRAINT']} &&")


@both
def test_each_image_says_what_it_is_and_make_images_gives_it_its_version(name: str) -> None:
    labels = " ".join(STAGES["service"].values("LABEL") + STAGES[name].values("LABEL"))
    for label in ("title", "description", "licenses", "version=$VERSION", "revision=$REVISION"):
        assert f"org.opencontainers.image.{label}" in labels
    planned = subprocess.run(
        ["make", "--dry-run", "images"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    (build,) = [line for line in planned.splitlines() if f"--target {name} " in line]
    assert f"--build-arg VERSION={VERSION} " in build
    series = VERSION.rpartition(".")[0]
    assert re.findall(r"--tag (\S+)", build) == [
        f"celeriac-{name}:{tag}" for tag in (VERSION, series, "latest")
    ]


def test_redis_writes_down_what_it_accepted_and_evicts_nothing() -> None:
    redis = SERVICES["redis"]
    (command,) = redis["command"]
    assert redis["image"] == "redis:8"
    assert "--appendonly yes" in command
    assert "--maxmemory-policy noeviction" in command
    assert '--maxmemory "$$REDIS_MAXMEMORY"' in command
    assert redis["environment"] == {"REDIS_MAXMEMORY": "${REDIS_MAXMEMORY:-1gb}"}
    assert redis["volumes"] == ["redis-data:/data", "secrets:/run/celeriac:ro"]
    assert COMPOSE["volumes"].keys() == {"redis-data", "secrets", "first-key", "files"}


def test_only_the_api_can_be_reached_from_outside_and_only_from_this_machine() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {"api": ["127.0.0.1:${CELERIAC_PORT:-8000}:8000"]}


def test_there_can_be_several_workers() -> None:
    assert {"container_name", "ports", "hostname"}.isdisjoint(SERVICES["worker"])


def test_a_worker_gets_longer_to_stop_than_its_tasks_may_go_on() -> None:
    (seconds,) = re.findall(r":-(\d+)s\}", SERVICES["worker"]["stop_grace_period"])
    grace = timedelta(seconds=int(seconds))
    assert grace >= Settings.model_fields["shutdown_grace"].default + timedelta(seconds=10)


def test_what_waits_for_an_answer_ends_before_the_api_is_killed() -> None:
    grace = Settings.model_fields["api_grace"].default
    seconds = int(SERVICES["api"]["stop_grace_period"].removesuffix("s"))
    assert timedelta(seconds=seconds) >= grace + timedelta(seconds=5)


def load_catalog_of(packages: str, directory: Path) -> set[str]:
    """The names of the tasks in these packages, one of which is in the directory."""
    script = f"from celeriac.contract.catalog import load_implementations; print(*load_implementations({packages!r}))"
    environment = {**os.environ, "PYTHONPATH": f"{python_path()}{os.pathsep}{directory}"}
    command = [sys.executable, "-c", script]
    return set(
        subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.split()
    )


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
