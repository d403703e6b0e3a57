"""The Django shop: its page, its beat, and its tasks over HTTP."""

import json
from collections.abc import Callable, Iterator
from typing import NamedTuple

import httpx
import pytest

from lab.harness.servers import running_api
from lab.harness.waiting import wait_until
from tests.existing_app.shop.project import ORDER, Shop


class Open(NamedTuple):
    """The shop with a worker, and a client of an API beside it."""

    shop: Shop
    client: httpx.Client


@pytest.fixture(scope="module")
def open_shop(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    """All is served, and the API knows the definitions."""
    shop = Shop(new_database(), tmp_path_factory.mktemp("shop"))
    shop.run("manage.py", "migrate", "--verbosity", "0")
    with (
        shop.running_worker(),
        running_api(shop.directory, redis_url=shop.redis_url, tasks="none") as api,
        api.client() as client,
    ):
        wait_until(lambda: "orders.tasks.quote" in names(client), what="the definitions")
        yield Open(shop, client)


def test_an_order_from_the_page_is_fulfilled_by_a_chain_that_the_api_shows(open_shop: Open) -> None:
    shop, client = open_shop
    order = json.loads(shop.run("-c", ORDER))["order"]
    tasks = wait_until(lambda: ended(client, "orders.tasks.send"), what="the end of the chain")
    assert [task["result"] for task in tasks] == ["sent"]
    (charge,) = ended(client, "orders.tasks.charge")
    assert (charge["result"], charge["attempt"]) == (order, 2)


def test_its_tasks_are_submitted_over_http_and_take_what_json_has_no_form_for(open_shop: Open) -> None:
    quote = {"article": "chair", "price": "19.90", "pieces": 3, "valid_until": "2026-12-31"}
    response = open_shop.client.post("/orders.tasks.quote?wait=30", json=quote)
    assert response.json()["result"] == {"article": "chair", "total": "59.70", "valid_until": "2026-12-31"}
    report = open_shop.client.post("/orders.tasks.report?wait=30", json={}).json()
    assert report["state"] == "succeeded"
    assert report["queue"] == "reports"


def test_a_wrong_input_is_refused_at_the_door(open_shop: Open) -> None:
    response = open_shop.client.post("/orders.tasks.quote", json={"article": "chair", "price": "cheap"})
    assert response.status_code == 422
    assert "price" in response.text


def test_what_beat_sends_is_recorded(open_shop: Open) -> None:
    shop, client = open_shop
    with shop.running("beat", "--schedule", str(shop.directory / "beat"), "--max-interval", "1"):
        wait_until(lambda: ended(client, "orders.tasks.count_open"), what="a task of beat")


def names(client: httpx.Client) -> set[str]:
    """Of all definitions that the API serves."""
    return {item["name"] for item in client.get("/catalog").json()["items"]}


def ended(client: httpx.Client, name: str) -> list[dict[str, object]]:
    """The tasks of this name that have succeeded."""
    items: list[dict[str, object]] = client.get("/tasks", params={"name": name, "state": "succeeded"}).json()[
        "items"
    ]
    return items
