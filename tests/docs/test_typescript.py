"""The TypeScript of the documentation is type-checked, and runs against the API."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from lab.harness.checkout import ROOT
from lab.harness.servers import API
from tests.docs.blocks.block import all_blocks

PAGE = "docs/how-to/typescript.md"
# What the page names for the oldest Node.js, and a TypeScript that runs in it.
PACKAGES = ("@hey-api/openapi-ts@0.95.0", "typescript@5.9.3")
OLDEST_NODE = (20, 19)
# What npm says where the registry cannot be reached.
OFFLINE = re.compile(r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ECONNRESET|network|E40[13]")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the packages and the generated client."""
    if shutil.which("npm") is None or node_version() < OLDEST_NODE:
        pytest.skip(f"npm and Node.js {OLDEST_NODE} are not installed")
    folder = tmp_path_factory.mktemp("typescript")
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "tsconfig.json").write_text(block("json"))
    install = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--no-save", *PACKAGES]
    installed = subprocess.run(install, cwd=folder, capture_output=True, text=True, check=False, timeout=240)
    if installed.returncode and OFFLINE.search(installed.stderr):
        pytest.skip("the registry of npm cannot be reached")
    assert installed.returncode == 0, installed.stderr
    run(folder, "npx", "--no-install", "openapi-ts", "-i", str(ROOT / "openapi.json"), "-o", "client")
    return folder


def test_the_program_of_the_page_has_right_types_and_runs(project: Path, api: API) -> None:
    program = block("ts").replace(', auth: "clrc_…"', "").replace(":8000", f":{api.port}")
    wrong = 'import { add } from "./client/index.js";\nawait add({ body: { x: "4", y: 5 } });\n'
    (project / "program.ts").write_text(program)
    (project / "wrong.ts").write_text(wrong)
    checked = subprocess.run(
        ["npx", "--no-install", "tsc"], cwd=project, capture_output=True, text=True, check=False
    )
    errors = [line for line in checked.stdout.splitlines() if "error" in line]
    assert len(errors) == 1, checked.stdout
    assert errors[0].startswith("wrong.ts(2,")
    printed = run(project, "node", "program.js").splitlines()
    assert printed[:2] == ["succeeded 9", "168"]
    assert "limit" in printed[2]


def test_the_page_names_the_packages_that_are_tested() -> None:
    text = (ROOT / PAGE).read_text()
    assert PACKAGES[0] in text
    assert ".".join(map(str, OLDEST_NODE)) in text
    assert json.loads(block("json"))["compilerOptions"]["strict"] is True


def block(language: str) -> str:
    """The only block of the page in this language."""
    (only,) = (block.text for block in all_blocks() if (block.page, block.language) == (PAGE, language))
    return only


def node_version() -> tuple[int, ...]:
    """Of the Node.js that is installed; zero for none."""
    if shutil.which("node") is None:
        return (0,)
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    return tuple(map(int, version.strip().removeprefix("v").split(".")))


def run(folder: Path, *command: str) -> str:
    """What a program prints."""
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=240)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout
