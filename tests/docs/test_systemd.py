"""The units of deploy/systemd/ are valid, and docs/deploy/systemd.md configures them with settings."""

import re
import shutil
import subprocess
from configparser import RawConfigParser
from pathlib import Path

import pytest

from celeriac.settings import Settings
from lab.harness.checkout import ROOT

UNITS = sorted((ROOT / "deploy/systemd").iterdir())
ANALYZE = shutil.which("systemd-analyze")
INI = re.compile(r"^```ini\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.skipif(ANALYZE is None, reason="systemd is not installed")
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    files = [tmp_path / unit.name.replace("@", "@1") for unit in UNITS]
    for unit, file in zip(UNITS, files, strict=True):
        file.write_text(unit.read_text().replace("/opt/celeriac/bin/celeriac", "/bin/true"))
    command = [str(ANALYZE), "verify", "--man=no", *map(str, files)]
    verified = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (verified.returncode, verified.stderr) == (0, "")


@pytest.mark.parametrize(("name", "grace"), [("api", "api_grace"), ("worker@", "shutdown_grace")])
def test_a_unit_stops_its_service_in_order(name: str, grace: str) -> None:
    unit = RawConfigParser(strict=False)
    unit.read(ROOT / f"deploy/systemd/celeriac-{name}.service")
    service = unit["Service"]
    assert float(service["TimeoutStopSec"]) > getattr(Settings.read({}), grace).total_seconds() + 3
    assert service["ExecStart"] == f"/opt/celeriac/bin/celeriac {name.strip('@')}"
    assert (service.get("KillMode") == "mixed") is (name == "worker@")


def test_the_page_configures_the_services_with_settings() -> None:
    environment, override = INI.findall((ROOT / "docs/deploy/systemd.md").read_text())
    variables = dict(line.split("=", 1) for line in environment.splitlines())
    assert Settings.read(variables).api_processes == 2
    assert "worker -Q billing" in override
