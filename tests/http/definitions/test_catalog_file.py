"""A file of definitions, made from an existing app: its tasks run over HTTP."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from lab.harness.servers import environment, running_api
from tests.existing_app.running.place import SHOP, Place
from tests.http.definitions.announcer import definition, names, tell, wait_for
from tests.support.door import document, problem_of

ADD = f"{SHOP}.add"


@pytest.fixture(scope="module")
def file(directory: Path) -> Path:
    """The catalog of the shop."""
    command = [sys.executable, "-m", "celeriac.command", "catalog", f"{SHOP}:app"]
    done = subprocess.run(command, env=environment(), capture_output=True, check=True)
    path = directory / "catalog.json"
    path.write_bytes(done.stdout)
    return path


def test_tasks_of_a_file_run_in_the_app_and_an_announcement_of_the_app_replaces_them(
    own_url: str, tmp_path: Path, file: Path
) -> None:
    with (
        running_api(tmp_path, redis_url=own_url, tasks="none", catalog=file) as api,
        api.client() as client,
    ):
        assert ADD in names(client)
        with Place(own_url, tmp_path).worker():
            by_name = client.post(f"/{ADD}?wait=30", json={"x": 4, "y": 5})
            assert (by_name.status_code, document(by_name)["result"]) == (200, 9), by_name.text
            assert problem_of(client.post(f"/{ADD}", json={"x": 4, "y": "5"})) == (422, "invalid-input")
        tell(own_url, "shop", definition("charge", app="shop"))
        wait_for(client, "charge")


@pytest.mark.parametrize(
    ("text", "reason"),
    [("[]", "is not a catalog"), ("{", "is not a catalog"), (None, "cannot be read: No such file")],
)
def test_a_file_that_is_no_catalog_stops_the_start(text: str | None, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "catalog.json"
    if text is not None:
        path.write_text(text)
    command = [sys.executable, "-c", "from celeriac_api.app import create_app; create_app()"]
    done = subprocess.run(
        command, env=environment(tasks="none", catalog=path), capture_output=True, text=True, check=False
    )
    assert (done.returncode, reason in done.stderr) == (2, True), done.stderr


def test_a_definition_of_a_file_that_cannot_be_offered_is_shown(own_url: str, tmp_path: Path) -> None:
    path, odd = (
        tmp_path / "catalog.json",
        definition("odd", input_schema={"$ref": "https://elsewhere.example/x"}),
    )
    path.write_text(json.dumps({"app": "shop", "definitions": [odd.to_json(), definition("even").to_json()]}))
    with running_api(tmp_path, redis_url=own_url, tasks="none", catalog=path) as api, api.client() as client:
        refusals = {each["name"]: each["refusal"] for each in client.get("/catalog").json()["items"]}
    assert refusals["even"] is None
    assert "schema cannot be used" in refusals["odd"]
