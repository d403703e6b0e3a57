"""Checks blocks that are no program: each by what reads its language."""

import json
import shutil
import subprocess
import tomllib
from collections.abc import Callable
from configparser import ConfigParser
from pathlib import Path

import pytest
import yaml

from celeriac.settings import Settings
from celeriac_api.response.errors import Problem
from celeriac_api.response.task_document import TaskDocument
from lab.harness.checkout import ROOT
from tests.docs.blocks.block import Block
from tests.support.nginx import PROGRAM as NGINX

Check = Callable[[Block, Path], None]


def check_json(block: Block, _: Path) -> None:
    """One document, or a line each; a task document and a problem have the members that they have."""
    try:
        documents = [json.loads(block.text)]
    except ValueError:
        documents = [json.loads(line) for line in block.text.splitlines()]
    for document in documents:
        members = document.keys() if isinstance(document, dict) else set[str]()
        if {"task_id", "state", "ready"} <= members:
            assert members <= TaskDocument.model_fields.keys()
        if {"type", "title", "status"} <= members:
            (known,) = [
                problem
                for problem in Problem.__subclasses__()
                if document["type"].endswith(f":{problem.code}")
            ]
            assert (known.status, known.title) == (document["status"], document["title"])


def check_yaml(block: Block, _: Path) -> None:
    """It is a mapping; what it has of services adds to those of docker-compose.yml, or has an image."""
    document = yaml.safe_load(block.text)
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    for name, service in document.get("services", {}).items():
        assert name in services or service.keys() & {"image", "build"}


def check_ini(block: Block, _: Path) -> None:
    """Units of systemd, or lines of an environment file, whose settings are valid."""
    parser = ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # names keep their capitals
    parser.read_string(block.text if "[" in block.text.partition("\n")[0] else f"[environment]\n{block.text}")
    if parser.has_section("environment"):
        Settings.read(
            {name: value for name, value in parser["environment"].items() if name.startswith("CELERIAC_")}
        )
    else:
        assert {*parser.sections()} <= {"Unit", "Service", "Install", "Socket", "Timer"}


def check_nginx(block: Block, tmp_path: Path) -> None:
    """Nginx reads it, in a server or as one."""
    if NGINX is None:
        pytest.skip("nginx is not installed")
    inner = (
        block.text if block.text.startswith("server") else f"server {{ listen 127.0.0.1:1;\n{block.text} }}"
    )
    configuration = tmp_path / "nginx.conf"
    configuration.write_text(
        f"pid {tmp_path}/pid; error_log stderr; events {{}} http {{ access_log off;\n{inner} }}"
    )
    tested = subprocess.run(
        [NGINX, "-t", "-q", "-e", "stderr", "-c", configuration, "-p", tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert tested.returncode == 0, tested.stderr


def check_caddy(block: Block, tmp_path: Path) -> None:
    """Caddy reads it."""
    caddy = shutil.which("caddy")
    if caddy is None:
        pytest.skip("Caddy is not installed")
    (tmp_path / "Caddyfile").write_text(block.text)
    subprocess.run(
        [caddy, "adapt", "--config", "Caddyfile", "--adapter", "caddyfile"],
        cwd=tmp_path,
        capture_output=True,
        check=True,
    )


def check_dockerfile(block: Block, _: Path) -> None:
    """Each line is an instruction, the first of them FROM."""
    instructions = [
        line.partition(" ")[0]
        for line in block.text.replace("\\\n", "").splitlines()
        if line and line[0] != "#"
    ]
    assert instructions[0] == "FROM"
    assert {*instructions} <= set("FROM COPY RUN ENV USER WORKDIR ARG CMD ENTRYPOINT EXPOSE LABEL".split())


def check_toml(block: Block, _: Path) -> None:
    """Python reads it."""
    tomllib.loads(block.text)


CHECKS: dict[str, Check] = {
    "json": check_json,
    "yaml": check_yaml,
    "toml": check_toml,
    "ini": check_ini,
    "nginx": check_nginx,
    "caddy": check_caddy,
    "dockerfile": check_dockerfile,
}
