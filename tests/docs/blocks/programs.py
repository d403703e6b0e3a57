"""Judges what a block of shell would have started or set."""

import re
import tomllib
from itertools import pairwise

import pytest
import yaml

from celeriac.settings import Settings, SettingsError
from lab.harness.checkout import ROOT
from tests.docs.blocks.shell import Outcome, words


def judge_settings(outcome: Outcome) -> None:
    """The settings exist and have such values; a file that they name need not be on this machine."""
    by_compose = any(call[0] == "docker" for call in outcome.calls)
    if by_compose:  # CELERIAC_PORT may be a range there
        assert {
            name.removeprefix("CELERIAC_").lower() for name in outcome.settings
        } <= Settings.model_fields.keys()
        return
    mistakes = _mistakes(outcome.settings)
    assert [mistake for mistake in mistakes if "names a file that does not exist" not in mistake] == []


def _mistakes(settings: dict[str, str]) -> list[str]:
    try:
        Settings.read(settings)
    except SettingsError as error:
        return str(error).splitlines()
    return []


def judge(call: list[str]) -> None:
    """Whether a program that was not started would understand its arguments: files, services and extras exist."""
    match call:
        case ["pip", "install", *packages]:
            extras = {extra for package in packages for extra in re.findall(r"celeriac\[([\w,]+)\]", package)}
            known = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
            assert {name for extra in extras for name in extra.split(",")} <= known.keys()
        case ["docker", "compose", *arguments]:
            services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
            files = [ROOT / file for option, file in pairwise(arguments) if option == "-f"]
            scaled = [word.partition("=")[0] for word in arguments if re.fullmatch(r"\w+=\d+", word)]
            assert all(file.exists() for file in files)
            assert {*scaled} <= services.keys()
        case ["systemctl", _, *arguments]:
            units = {unit.removesuffix(".service").partition("@")[0] for unit in arguments if unit[0] != "-"}
            known_units = {file.stem.partition("@")[0] for file in (ROOT / "deploy/systemd").iterdir()}
            assert units <= known_units
        case ["apt-get", "install", *_] | ["useradd", *_] | ["python", "-m", "venv", _]:
            pass
        case ["docker", "run" | "build" | "pull" | "logs", *_] | ["make", *_]:
            pass  # make has judged its own
        case _:
            pytest.fail(f"nobody judges: {words(call)}")
