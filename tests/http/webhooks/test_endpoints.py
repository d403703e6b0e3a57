"""Endpoints and secrets of owners: what they get, and who changes them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from lab.harness.servers import running_api
from tests.http.access.keys import bearer, file_key, write_keys
from tests.http.webhooks.conftest import LOOPBACK, Ends
from tests.http.webhooks.receiver import Receiver
from tests.http.webhooks.test_webhooks import delivered, deliveries, submit
from tests.support.door import document, problem_of

KEYS = {
    "ada": ("acme", ["submit", "read", "webhooks"]),
    "bob": ("umbrella", ["submit", "read", "webhooks"]),
    "eve": ("acme", ["submit", "read", "cancel", "operate"]),
    "root": ("root", ["admin"]),
}
Callers = dict[str, httpx.Client]


@pytest.fixture(scope="module")
def owned_url(new_database: Callable[[], str]) -> str:
    """The database of `callers`."""
    return new_database()


@pytest.fixture(scope="module")
def callers(owned_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callers]:
    """A client for each of the keys, by name."""
    directory: Path = tmp_path_factory.mktemp("owners")
    keys = {name: file_key(name, *scopes, owner=owner) for name, (owner, scopes) in KEYS.items()}
    file = write_keys(directory / "keys.json", *(key for key, _ in keys.values()))
    with running_api(directory, redis_url=owned_url, keys_file=file, **LOOPBACK) as api:
        url = f"http://127.0.0.1:{api.port}"
        clients = {
            name: httpx.Client(base_url=url, headers=bearer(secret), trust_env=False, timeout=60)
            for name, (_, secret) in keys.items()
        }
        yield clients
        for client in clients.values():
            client.close()


@pytest.fixture(scope="module")
def owned_ends(owned_url: str) -> Ends:
    """Who ends their tasks."""
    return Ends(redis_url=owned_url)


def test_an_endpoint_gets_the_ends_of_all_tasks_of_its_owner_that_it_asks_for(
    callers: Callers, owned_ends: Ends, receiver: Receiver
) -> None:
    ada, bob = callers["ada"], callers["bob"]
    before = document(ada.post("/unserved"))
    put = ada.put("/webhooks/all", json={"url": f"{receiver.url}/acme", "on": ["succeeded"]})
    assert (put.status_code, document(put)["owner"]) == (201, "acme")
    ada.put("/webhooks/some", json={"url": f"{receiver.url}/some", "names": ["add"]})
    plain, failing, other = (document(client.post("/unserved")) for client in (ada, ada, bob))
    added = document(ada.post("/add", json={"x": 4, "y": 5}))
    for task in (before, plain, other, added):
        owned_ends.succeed(task["task_id"])
    owned_ends.fail(failing["task_id"])
    assert {item["endpoint"] for item in delivered(ada, added, 2)} == {"all", "some"}
    assert [item["endpoint"] for item in delivered(ada, plain)] == ["all"]
    assert [deliveries(ada, task) for task in (before, failing, other)] == [[], [], []]
    assert deliveries(bob, plain) == []
    assert problem_of(bob.get(delivered(ada, plain)[0]["links"]["self"])) == (404, "delivery-not-found")
    assert {item["data"]["owner"] for item in (r.document for r in receiver.at("/acme", 2))} == {"acme"}
    for name in ("all", "some"):
        assert ada.delete(f"/webhooks/{name}").status_code == 204
    assert document(ada.get("/tasks"))["items"][0]["owner"] == "acme"


def test_endpoints_are_put_shown_and_listed_for_their_owner_alone(callers: Callers) -> None:
    ada, bob, eve, root = callers["ada"], callers["bob"], callers["eve"], callers["root"]
    rules = {"url": "https://example.com/a", "on": ["failed"], "names": ["add"], "disabled": True}
    first = document(ada.put("/webhooks/shop", json=rules))
    assert {name: first[name] for name in rules} == rules
    again = ada.put("/webhooks/shop", json={"url": "https://example.com/b"})
    assert (again.status_code, document(again)["created_at"]) == (200, first["created_at"])
    assert document(ada.get("/webhooks/shop")) == document(again)
    assert document(eve.get("/webhooks"))["items"] == [document(again)]
    assert document(bob.get("/webhooks"))["items"] == []
    assert problem_of(bob.get("/webhooks/shop")) == (404, "endpoint-not-found")
    assert problem_of(bob.get("/webhooks/shop", params={"owner": "acme"})) == (404, "endpoint-not-found")
    assert problem_of(eve.put("/webhooks/other", json=rules)) == (403, "forbidden")
    assert problem_of(eve.post("/webhooks/secret/rotate")) == (403, "forbidden")
    assert problem_of(bob.delete("/webhooks/shop", params={"owner": "acme"})) == (403, "forbidden")
    assert document(root.get("/webhooks", params={"owner": "acme"}))["items"] == [document(again)]
    assert root.delete("/webhooks/shop", params={"owner": "acme"}).status_code == 204
    wrong = ada.put("/webhooks/wrong", json={"url": "http://169.254.169.254/"})
    assert document(wrong)["errors"][0]["pointer"] == "/url"


def test_410_disables_an_endpoint_until_it_is_put_again(
    callers: Callers, owned_ends: Ends, receiver: Receiver
) -> None:
    ada = callers["ada"]
    receiver.answers["/moved"] = [410]
    rules = {"url": f"{receiver.url}/moved"}
    ada.put("/webhooks/moved", json=rules)
    first, second, third = (document(ada.post("/unserved")) for _ in range(3))
    owned_ends.succeed(first["task_id"])
    assert delivered(ada, first)[0]["error"] == "the receiver answered 410"
    endpoint = document(ada.get("/webhooks/moved"))
    assert (endpoint["disabled"], endpoint["disabled_reason"]) == (True, "a receiver answered 410 Gone")
    owned_ends.succeed(second["task_id"])
    assert document(ada.put("/webhooks/moved", json=rules))["disabled"] is False
    owned_ends.succeed(third["task_id"])
    assert delivered(ada, third)[0]["state"] == "succeeded"
    assert deliveries(ada, second) == []
    ada.delete("/webhooks/moved")


def test_a_delivery_goes_to_where_its_endpoint_is_now_or_nowhere(
    callers: Callers, owned_ends: Ends, receiver: Receiver
) -> None:
    ada = callers["ada"]
    receiver.acts["/old"] = lambda _: ada.put("/webhooks/moving", json={"url": f"{receiver.url}/new"})
    receiver.answers["/old"] = [500]
    receiver.acts["/new"] = lambda _: ada.delete("/webhooks/moving")
    receiver.answers["/new"] = [500]
    ada.put("/webhooks/moving", json={"url": f"{receiver.url}/old"})
    task = document(ada.post("/unserved"))
    owned_ends.succeed(task["task_id"])
    (delivery,) = delivered(ada, task)
    assert (delivery["state"], delivery["error"]) == ("failed", "the endpoint 'moving' was deleted")
    assert [len(receiver.at(path)) for path in ("/old", "/new")] == [1, 1]


def test_a_rotated_secret_and_the_one_before_it_both_sign(
    callers: Callers, owned_ends: Ends, receiver: Receiver
) -> None:
    bob = callers["bob"]
    old, new = (document(bob.post("/webhooks/secret/rotate")) for _ in range(2))
    assert (old["previous_until"], new["previous_until"] is None) == (None, False)
    task = submit(bob, {"url": f"{receiver.url}/rotated"})
    owned_ends.succeed(task["task_id"])
    (request,) = receiver.at("/rotated")
    assert len(request.headers["webhook-signature"].split()) == 2
    for secret in (old["secret"], new["secret"]):
        Webhook(secret).verify(request.body, request.headers)
    others = document(callers["ada"].post("/webhooks/secret/rotate"))["secret"]
    with pytest.raises(WebhookVerificationError):
        Webhook(others).verify(request.body, request.headers)
