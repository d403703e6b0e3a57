"""`celeriac generate` writes a module, and checks whether a file is up to date."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from celeriac.version import VERSION
from lab.harness.checkout import ROOT, python_path
from lab.harness.servers import API
from tests.command.generate.documents import Made, document
from tests.command.running import Celeriac

DOCUMENT = ROOT / "openapi.json"


def test_a_file_and_standard_input_give_the_same_module(celeriac: Celeriac, tmp_path: Path) -> None:
    file = tmp_path / "shop_client.py"
    written = celeriac("generate", DOCUMENT, "-o", file)
    assert (written.code, written.output, written.words) == (0, "", f"Wrote {file}.\n")
    printed = celeriac("generate", "-", stdin=DOCUMENT.read_text())
    assert (printed.code, printed.output, printed.words) == (0, file.read_text(), "")
    assert file.read_text().startswith('"""The tasks of an API as typed calls.')
    assert f"celeriac {VERSION} wrote this file" in file.read_text()
    assert "Write it again with: celeriac generate" in file.read_text()


def test_a_server_gives_the_same_module_as_its_document(api: API, celeriac: Celeriac, tmp_path: Path) -> None:
    address = f"http://127.0.0.1:{api.port}"
    with api.client() as client:
        (tmp_path / "openapi.json").write_text(client.get("/openapi.json").text)
    texts = {
        celeriac("generate", *source, **settings).output
        for source, settings in (
            ((address,), {}),
            (("--url", address), {}),
            ((), {"url": address}),
            ((tmp_path / "openapi.json",), {}),
        )
    }
    (text,) = texts
    assert "def give_back(self, *, person: Person) -> Person:" in text


def test_the_module_is_the_same_in_every_process(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "celeriac.command", "generate", str(DOCUMENT)]
    environment = {**os.environ, "PYTHONPATH": python_path()}
    texts = {
        subprocess.run(
            command,
            env={**environment, "PYTHONHASHSEED": seed},
            cwd=tmp_path,
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(texts) == 1


def test_check_says_whether_the_file_is_up_to_date(celeriac: Celeriac, tmp_path: Path) -> None:
    file = tmp_path / "shop_client.py"
    missing = celeriac("generate", DOCUMENT, "-o", file, "--check")
    assert (missing.code, missing.words.splitlines()[0]) == (1, f"Error: {file} does not exist.")
    celeriac("generate", DOCUMENT, "-o", file)
    reformatted = (
        file.read_text()
        .replace("\n    @call", "\n\n    # fmt: off\n    @call")
        .replace('"', "'")
        .replace("'''", '"""')
    )
    for text in (file.read_text(), reformatted):
        file.write_text(text)
        current = celeriac("generate", DOCUMENT, "-o", file, "--check")
        assert (current.code, current.words) == (0, f"{file} is up to date.\n")
    for text in (file.read_text().replace("x: int", "x: str"), "def", "\0"):
        file.write_text(text)
        stale = celeriac("generate", DOCUMENT, "-o", file, "--check")
        assert (stale.code, stale.words.splitlines()[0]) == (1, f"Error: {file} is not up to date.")
        assert f"celeriac generate … -o {file}" in stale.words
        assert file.read_text() == text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is not valid JSON"),
        ("[]", "is not the OpenAPI document of a Celeriac API"),
        ('{"paths": {}}', "is not the OpenAPI document of a Celeriac API"),
        ('{"paths": {"/a": {"post": {}}}, "components": {"schemas": {}}}', "is not the OpenAPI document of a Celeriac API"),
        ('{"paths": {"/a": {"post": {"x-celeriac-definition": 1}}}, "components": {"schemas": {}}}', "is not the OpenAPI"),
        (json.dumps(document({"a": Made(result={"$ref": "#/components/schemas/Nobody"})})), "refers to the schema '#/components/schemas/Nobody'"),
        (json.dumps(document({"a": Made(result={"$ref": "file:///etc/passwd"})})), "refers to the schema 'file:///etc/passwd'"),
        ('{"a": "\\ud800"}', "contains a lone surrogate"),
        ("[" * 100_000, "is nested too deeply"),
    ],
)  # fmt: skip
def test_what_is_no_document_of_an_api_is_refused(
    text: str, reason: str, celeriac: Celeriac, tmp_path: Path
) -> None:
    file = tmp_path / "document.json"
    file.write_text(text)
    refused = celeriac("generate", file)
    assert (refused.code, refused.output) == (2, "")
    assert reason in refused.words
    assert str(file) in refused.words or "schema" in reason


def test_a_file_that_cannot_be_read_or_written_is_named(celeriac: Celeriac, tmp_path: Path) -> None:
    missing = celeriac("generate", "no.json")
    assert (missing.code, missing.words.splitlines()[0]) == (2, "Error: The file no.json does not exist.")
    nowhere = celeriac("generate", DOCUMENT, "-o", tmp_path / "no" / "module.py")
    assert (nowhere.code, "cannot be written" in nowhere.words) == (1, True)
    directory = celeriac("generate", tmp_path)
    assert (directory.code, "cannot be read" in directory.words) == (2, True)
    unnamed = celeriac("generate", DOCUMENT, "--check")
    assert (unnamed.code, "--output FILE" in unnamed.words) == (2, True)


def test_without_its_packages_it_says_what_to_install(
    celeriac: Celeriac, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("celeriac.command.output.refusal.find_spec", lambda _: None)
    refused = celeriac("generate", DOCUMENT)
    assert refused.code == 2
    assert "pip install 'celeriac[generate]'" in refused.words
