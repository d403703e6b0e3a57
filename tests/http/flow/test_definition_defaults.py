"""A definition has keys for all of its tasks; a submission can have its own."""

import httpx
import pytest

from celeriac import Concurrency, Throttle, Unique, task
from celeriac.contract.definition import Definition
from celeriac.contract.signature import ContractError
from tests.http.flow.submitting import accepted, fresh
from tests.support.door import cancel, document, problem_of, shown, submit


def test_the_key_of_a_definition_holds_for_each_submission(quiet: httpx.Client) -> None:
    tenant = fresh()["key"]
    first, second = (submit(quiet, "one_of_a_tenant", tenant=tenant) for _ in range(2))
    other = submit(quiet, "one_of_a_tenant", tenant=fresh()["key"])
    assert (first["state"], second["state"], other["state"]) == ("queued", "blocked", "queued")
    assert second["blocked_by"]["key"] == f"/tenant={tenant}"
    own = accepted(quiet, "one_of_a_tenant", input={"tenant": tenant}, concurrency={**fresh(), "limit": 1})
    assert own["state"] == "queued"
    cancel(quiet, first)
    assert shown(quiet, second)["state"] == "queued"
    again = document(quiet.post(first["links"]["retry"]))
    assert again["blocked_by"]["key"] == f"/tenant={tenant}"
    for each in (second, other, own, again):
        cancel(quiet, each)


def test_an_input_without_the_value_is_refused(quiet: httpx.Client) -> None:
    answer = quiet.post("/one_of_a_tenant", json={})
    assert problem_of(answer) == (422, "invalid-input")
    assert document(answer)["errors"][0]["pointer"] == "/tenant"


def test_the_catalog_shows_the_keys(quiet: httpx.Client) -> None:
    items = {item["name"]: item for item in document(quiet.get("/catalog"))["items"]}
    assert items["one_of_a_tenant"]["concurrency"] == {"key": "/tenant", "limit": 1, "else": "wait"}
    assert items["add"]["concurrency"] is None


def test_a_definition_with_keys_is_plain_data() -> None:
    @task(unique=Unique(key="/x", while_="PT1H", else_="refuse"), throttle=Throttle(key="all", rate="5/s"))
    def limited(x: int) -> int:
        return x

    definition = limited.__celeriac__.definition  # type: ignore[attr-defined]
    assert definition.to_json()["unique"] == {"key": "/x", "while": "PT1H", "else": "refuse"}
    assert Definition.from_json(definition.to_json()) == definition


@pytest.mark.parametrize("key", ["/y", "/secret"])
def test_a_key_that_is_no_parameter_or_a_hidden_one_stops_the_start(key: str) -> None:
    with pytest.raises(ContractError, match="the key '/"):

        @task(concurrency=Concurrency(key=key, limit=1), hidden={"secret"})
        def limited(x: int, secret: str = "") -> str:
            return secret * x
