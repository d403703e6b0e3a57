"""What an owner sees of its tasks, and another one does not."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from celeriac_api.openapi import starter_app
from lab.harness.servers import running_api
from lab.harness.waiting import wait_until
from tests.http.access.keys import bearer, stored, stored_key
from tests.support.door import document, problem_of

ROUTES = [
    (method, route.path)
    for route in starter_app().short_routes
    if "{task_id}" in route.path
    for method in route.methods or ()
    if method != "PUT"  # which makes a task of an id that is unknown
]
ADD = {"x": 4, "y": 5}
SCOPES = ("submit", "read", "cancel")


class Callers:
    """Clients of one API without a worker, by the name of their key."""

    def __init__(self, url: str, base_url: httpx.URL, secrets: dict[str, str]) -> None:
        """`secrets` are by the name of the key."""
        self.url = url
        self._base_url = base_url
        self._clients: dict[str, httpx.Client] = {}
        for name, secret in secrets.items():
            self.use(name, secret)

    def use(self, name: str, secret: str) -> None:
        """From now on this one has this secret."""
        self._clients[name] = httpx.Client(
            base_url=self._base_url, headers=bearer(secret), timeout=60, trust_env=False
        )

    def __getitem__(self, name: str) -> httpx.Client:
        """The client that has this key."""
        return self._clients[name]


@pytest.fixture(scope="module")
def callers(new_database: Callable[[], str], directory: Path) -> Iterator[Callers]:
    """Two owners, a second key of the first, and who may see all."""
    url = new_database()
    secrets = {
        name: stored_key(url, name, *scopes, owner=owner)
        for name, owner, scopes in (
            ("ada", "acme", SCOPES),
            ("alan", "acme", SCOPES),
            ("bob", "umbrella", SCOPES),
            ("boss", "boss", ("admin",)),
        )
    }
    with running_api(directory, redis_url=url) as api, api.client() as client:
        yield Callers(url, client.base_url, secrets)


def new_id(client: httpx.Client) -> str:
    """The id of a task that this caller has submitted."""
    response = client.post("/add", json=ADD)
    assert response.status_code == 202, response.text
    return str(document(response)["task_id"])


def answer(client: httpx.Client, method: str, path: str, task_id: str) -> tuple[int, str, list[str]]:
    """What is said of this id, but for the id, and the names of the headers."""
    response = client.request(method, path.replace("{task_id}", task_id))
    return response.status_code, response.text.replace(task_id, "ID"), sorted(response.headers)


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_the_id_of_another_owner_is_answered_byte_for_byte_as_an_unknown_one(
    method: str, path: str, callers: Callers
) -> None:
    theirs, unknown = new_id(callers["bob"]), str(uuid4())
    foreign = answer(callers["ada"], method, path, theirs)
    assert foreign == answer(callers["ada"], method, path, unknown)
    assert foreign[0] == 404
    waited = answer(callers["ada"], method, f"{path}?wait=1", theirs)
    assert waited == answer(callers["ada"], method, f"{path}?wait=1", unknown)
    assert document(callers["bob"].get(f"/tasks/{theirs}"))["state"] == "queued"


def test_all_keys_of_an_owner_and_who_sees_all_can_read_its_task(callers: Callers) -> None:
    task_id = new_id(callers["ada"])
    for name in ("ada", "alan", "boss"):
        shown = document(callers[name].get(f"/tasks/{task_id}"))
        assert (shown["task_id"], shown["owner"]) == (task_id, "acme")
        assert callers[name].get(f"/tasks/{task_id}/input").json() == ADD


def test_the_document_of_a_new_task_names_its_owner(callers: Callers) -> None:
    for query in ("", "?delay=600", "?wait=0"):
        response = callers["ada"].post(f"/add{query}", json=ADD)
        assert document(response)["owner"] == "acme"
        assert response.status_code == 202


def test_the_place_where_a_stream_begins_does_not_tell_when_others_did_something(callers: Callers) -> None:
    new_id(callers["bob"])
    first, second = beginning(callers["ada"]), beginning(callers["ada"])
    wait_until(lambda: beginning(callers["ada"]) > second)  # by the clock
    assert first <= second


def beginning(client: httpx.Client) -> tuple[int, int]:
    """The id after which a stream of all events begins."""
    with client.stream("GET", "/events") as stream:
        milliseconds, sequence = next(stream.iter_lines()).removeprefix("id: ").split("-")
    return int(milliseconds), int(sequence)


def test_each_lists_its_own_and_who_sees_all_may_ask_for_one_owner(callers: Callers) -> None:
    ours, theirs = new_id(callers["ada"]), new_id(callers["bob"])

    def listed(caller: str, **query: str) -> list[str]:
        items = document(callers[caller].get("/tasks", params={"limit": 200, **query}))["items"]
        return [item["task_id"] for item in items]

    assert ours in listed("alan")
    assert theirs not in listed("alan")
    assert listed("alan", owner="acme") == listed("alan")
    assert listed("alan", owner="umbrella") == []
    assert listed("boss")[:2] == [theirs, ours]
    assert listed("boss", owner="umbrella") == listed("bob")
    assert theirs in listed("bob", state="queued", name="add")


def test_the_feed_shows_each_its_own_and_who_sees_all_every_event(callers: Callers) -> None:
    with (
        callers["ada"].stream("GET", "/events") as ours,
        callers["boss"].stream("GET", "/events") as all_of_them,
    ):
        of_ours, of_all = ours.iter_lines(), all_of_them.iter_lines()
        next(of_ours)  # a comment: it has begun
        next(of_all)
        theirs, own = new_id(callers["bob"]), new_id(callers["ada"])
        assert _next_id(of_ours) == own
        assert [_next_id(of_all), _next_id(of_all)] == [theirs, own]


def _next_id(lines: Iterator[str]) -> str:
    data = next(line.removeprefix("data: ") for line in lines if line.startswith("data: "))
    return str(json.loads(data)["task_id"])


def test_an_idempotency_key_is_its_owner_s_and_outlives_the_rotation_of_a_key(callers: Callers) -> None:
    def submit(name: str) -> str:
        response = callers[name].post("/add", json=ADD, headers={"Idempotency-Key": "order-7"})
        assert response.status_code == 202, response.text
        return str(document(response)["task_id"])

    first = submit("ada")
    assert submit("alan") == first != submit("bob")
    _, secret = stored(callers.url, lambda keys: keys.rotate("ada", overlap=timedelta(0)))
    callers.use("ada", secret)
    assert submit("ada") == first


def test_an_id_that_another_owner_has_chosen_is_taken(callers: Callers) -> None:
    path, body = f"/tasks/{uuid4()}", {"name": "add", "input": ADD}
    assert callers["bob"].put(path, json=body).status_code == 202
    for _ in range(2):
        refused = callers["ada"].put(path, json=body)
        assert problem_of(refused) == (409, "task-id-taken")
        assert "umbrella" not in refused.text
    assert document(callers["bob"].put(path, json=body))["owner"] == "umbrella"


def test_nobody_waits_for_the_task_of_another_owner(callers: Callers) -> None:
    task_id = document(callers["ada"].post("/add", json=ADD))["task_id"]
    unknown = str(uuid4())
    answers = [
        callers["bob"].post("/tasks", json={"name": "add", "input": ADD, "after": [other]})
        for other in (task_id, unknown)
    ]
    assert [problem_of(answer) for answer in answers] == [(422, "dependency-not-found")] * 2
    texts = [
        answer.text.replace(other, "") for answer, other in zip(answers, (task_id, unknown), strict=True)
    ]
    assert texts[0] == texts[1]
    accepted = callers["alan"].post(f"/add?after={task_id}", json=ADD)
    assert document(accepted)["state"] == "blocked"
