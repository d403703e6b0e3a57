"""The built-in echo: APIs accept it, workers run it, no list shows it."""

import httpx
import pytest

from celeriac.contract.declaration import task
from celeriac.contract.signature import ContractError

ECHO = {"name": "celeriac.echo", "input": {"text": "hello"}}


def test_an_echo_comes_back_from_a_worker_through_the_default_queue(client: httpx.Client) -> None:
    document = client.post("/tasks", json=ECHO, params={"wait": 50}).json()
    assert (document["state"], document["result"], document["queue"]) == ("succeeded", "hello", "default")
    retry = client.post(f"/tasks/{document['task_id']}/retry").json()
    assert retry["name"] == "celeriac.echo"


def test_its_input_is_checked(quiet: httpx.Client) -> None:
    problem = quiet.post("/tasks", json={"name": "celeriac.echo", "input": {"text": "x" * 101}}).json()
    assert (problem["status"], problem["errors"][0]["pointer"]) == (422, "/input/text")


def test_no_list_shows_it(quiet: httpx.Client) -> None:
    unknown = quiet.post("/tasks", json={"name": "celeriac.ecco"}).json()["detail"]
    for text in (unknown, quiet.get("/catalog").text, quiet.get("/openapi.json").text):
        assert "celeriac.echo" not in text
    assert quiet.post("/celeriac.echo", json={}).status_code == 404


def test_no_other_task_can_have_such_a_name() -> None:
    with pytest.raises(ContractError, match=r"'celeriac\.echo' is reserved"):

        @task(name="celeriac.echo")
        def echo() -> None:
            """Something else."""
