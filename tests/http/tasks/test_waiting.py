"""Waiting for a task's end while the request is open, on submit and on GET."""

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from redis import Redis

from celeriac.stack.valkey import Valkey
from lab.chaos.proxy import Proxy
from lab.harness.servers import running_api
from lab.harness.waiting import wait_until
from tests.support.door import document, in_state, is_waited_for, submit

DONE = '{"status": "SUCCESS", "result": 3, "traceback": null, "children": []}'
SOME_ID = "00000000-0000-4000-8000-000000000000"
# Of the connections of an API that are subscribed to anything.
ONE_FOR_TASKS = ONE_FOR_BATCHES = 1


def waiters(redis: Redis) -> int:
    """How many tasks are waited for, by the channels that are subscribed to."""
    return len(redis.pubsub_channels("celery-task-meta-*"))


def subscribers(redis: Redis) -> int:
    """How many connections to the shared API's database are subscribed to anything."""
    return sum(connection["db"] == "0" for connection in redis.client_list(_type="pubsub"))


@pytest.fixture
def batch_watch(client: httpx.Client) -> None:
    """The connection of the API over which batches are waited for."""
    batch = client.post("/batches", json=[{"name": "add", "input": {"x": 1, "y": 2}}])
    assert document(client.get(batch.headers["location"], params={"wait": 30}))["ready"]


@pytest.mark.parametrize("path", ["/add", "/tasks"])
def test_a_submission_that_waits_is_answered_with_the_result(client: httpx.Client, path: str) -> None:
    task_input = {"x": 4, "y": 5}
    body = task_input if path == "/add" else {"name": "add", "input": task_input}
    response = client.post(path, json=body, headers={"Prefer": "respond-async, wait=10"})
    assert response.status_code == 200
    assert response.headers["preference-applied"] == "wait=10"
    assert (document(response)["ready"], document(response)["result"]) == (True, 9)
    assert response.headers["location"] == document(response)["links"]["self"]


@pytest.mark.parametrize(
    ("preference", "applied"),
    [
        ("wait=1", "1"),
        ('wait="2"', "2"),
        ("a; b=c, Wait = 3; d", "3"),
        ("wait=100", "55"),
        ("wait=0", "0"),
        ("wait=" + "9" * 5_000, "55"),
    ],
    ids=lambda value: value[:20],
)
def test_the_preference_is_read_as_its_standard_writes_it(
    client: httpx.Client, preference: str, applied: str
) -> None:
    response = client.post("/add", json={"x": 1, "y": 2}, headers={"Prefer": preference})
    assert response.headers["preference-applied"] == f"wait={applied}"


@pytest.mark.parametrize("preference", ["wait", "wait=soon", "wait=-1", "await=5", "wait=1.5", ""])
def test_a_preference_that_is_not_understood_is_ignored(client: httpx.Client, preference: str) -> None:
    response = client.post("/add", json={"x": 1, "y": 2}, headers={"Prefer": preference})
    assert response.status_code == 202
    assert "preference-applied" not in response.headers


@pytest.mark.parametrize("wait", ["", "-1", "1.5", "soon", "٣", "null", "1e1", "+1"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_wait_that_is_no_number_of_seconds_is_refused(client: httpx.Client, method: str, wait: str) -> None:
    path = "/add" if method == "POST" else f"/tasks/{SOME_ID}"
    response = client.request(
        method, path, params={"wait": wait}, json={"x": 1, "y": 2} if method == "POST" else None
    )
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == "?wait"


@pytest.mark.parametrize("wait", ["61", "9999999999", "9" * 5_000], ids=lambda wait: wait[:12])
def test_a_wait_that_is_too_long_is_taken_as_the_longest(client: httpx.Client, wait: str) -> None:
    response = client.post("/add", json={"x": 1, "y": 2}, params={"wait": wait})
    assert (response.status_code, response.headers["preference-applied"]) == (200, "wait=55")


def test_a_wait_that_is_over_answers_the_task_as_it_stands(quiet: httpx.Client) -> None:
    response = quiet.post("/add", json={"x": 1, "y": 2}, params={"wait": 1})
    assert (response.status_code, document(response)["state"]) == (202, "queued")
    assert response.headers["preference-applied"] == "wait=1"
    again = quiet.get(document(response)["links"]["self"], params={"wait": 1})
    assert (again.status_code, document(again)["state"]) == (200, "queued")


def test_get_waits_for_the_end(client: httpx.Client) -> None:
    task = submit(client, "flaky", failures=2)
    at_end = document(client.get(task["links"]["self"], headers={"Prefer": "wait=30"}))
    assert (at_end["state"], at_end["attempt"]) == ("succeeded", 3)


def test_the_bare_result_can_be_waited_for(client: httpx.Client) -> None:
    task = submit(client, "flaky", failures=1)
    response = client.get(task["links"]["result"], params={"wait": 30})
    assert (response.status_code, document(response)) == (200, "succeeded on attempt 2")


def test_an_unknown_id_is_not_waited_for(client: httpx.Client) -> None:
    assert client.get(f"/tasks/{SOME_ID}", params={"wait": 60}).status_code == 404


@pytest.mark.usefixtures("batch_watch")
def test_all_who_wait_for_one_task_are_told_over_one_connection(client: httpx.Client, redis: Redis) -> None:
    task = submit(client, "flaky", failures=3)
    with ThreadPoolExecutor(20) as pool:
        waiting = [pool.submit(client.get, task["links"]["self"], params={"wait": 30}) for _ in range(20)]
        wait_until(lambda: waiters(redis) == 1)
        assert subscribers(redis) == ONE_FOR_TASKS + ONE_FOR_BATCHES
        answers = {one.result().content for one in waiting}
    assert len(answers) == 1
    assert b"succeeded on attempt 4" in answers.pop()
    wait_until(lambda: waiters(redis) == 0, what="the end of the subscription")


@pytest.mark.usefixtures("batch_watch")
def test_many_tasks_are_waited_for_over_one_connection(client: httpx.Client, redis: Redis) -> None:
    with ThreadPoolExecutor(20) as pool:
        numbers = list(range(100))
        answers = list(
            pool.map(lambda n: client.post("/add", json={"x": n, "y": 1}, params={"wait": 30}), numbers)
        )
    assert [document(answer)["result"] for answer in answers] == [number + 1 for number in numbers]
    assert subscribers(redis) == ONE_FOR_TASKS + ONE_FOR_BATCHES


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_client_that_goes_away_frees_its_place(
    method: str, quiet: httpx.Client, quiet_redis: Redis
) -> None:
    body = json.dumps({"x": 1, "y": 2})
    request = f"POST /add?wait=60 HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    if method == "GET":
        request = f"GET {submit(quiet, 'add', x=1, y=2)['links']['self']}?wait=60 HTTP/1.1"
        body = ""
    with socket.create_connection((quiet.base_url.host, quiet.base_url.port or 80)) as connection:
        connection.sendall(f"{request}\r\nHost: localhost\r\n\r\n{body}".encode())
        wait_until(lambda: waiters(quiet_redis) == 1, what="the wait")
    wait_until(lambda: waiters(quiet_redis) == 0, what="the end of the subscription")
    assert quiet_redis.llen("default") == 1


def test_parked_clients_cost_no_connection_to_redis_and_hold_up_nobody(
    quiet: httpx.Client, quiet_redis: Redis
) -> None:
    tasks = [submit(quiet, "add", x=number, y=0) for number in range(200)]
    assert quiet.post("/add", json={"x": 1, "y": 2}, params={"wait": 1}).status_code == 202
    before = len(quiet_redis.client_list())
    address = (quiet.base_url.host, quiet.base_url.port or 80)
    with ExitStack() as stack:
        for task in tasks:
            connection = stack.enter_context(socket.create_connection(address))
            connection.sendall(
                f"GET {task['links']['self']}?wait=60 HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
            )
        wait_until(lambda: waiters(quiet_redis) == len(tasks), what="all waits")
        assert len(quiet_redis.client_list()) == before
        assert submit(quiet, "add", x=1, y=2)["state"] == "queued"
    wait_until(lambda: waiters(quiet_redis) == 0, what="the end of all subscriptions")


def test_a_wait_survives_the_loss_of_the_subscriber_connection(client: httpx.Client, redis: Redis) -> None:
    task = submit(client, "flaky", failures=4)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(client.get, task["links"]["self"], params={"wait": 30})
        is_waited_for(client, redis, task)
        redis.client_kill_filter(_type="pubsub")
        at_end = document(waiting.result())
    assert at_end["result"] == "succeeded on attempt 5"


def test_an_end_during_the_loss_of_the_connection_is_not_missed(
    quiet: httpx.Client, quiet_redis: Redis
) -> None:
    """The end is written, but not published: only the reading after the reconnect can tell of it."""
    task = submit(quiet, "add", x=1, y=2)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(quiet.get, task["links"]["self"], params={"wait": 30})
        is_waited_for(quiet, quiet_redis, task)
        quiet_redis.set(
            f"celery-task-meta-{task['task_id']}",
            DONE,
            ex=600,
        )
        assert not waiting.done()
        quiet_redis.client_kill_filter(_type="pubsub")
        at_end = document(waiting.result())
    assert (at_end["state"], at_end["result"]) == ("succeeded", 3)


def test_an_end_between_the_reconnect_and_the_subscription_is_not_missed(
    valkey: Valkey, own_redis: Redis, own_url: str, tmp_path: Path
) -> None:
    with Proxy(valkey.port) as proxy, ThreadPoolExecutor(1) as pool:
        url = f"redis://127.0.0.1:{proxy.port}/{own_url.rpartition('/')[2]}"
        with running_api(tmp_path, redis_url=url) as api, api.client() as client:
            task = submit(client, "add", x=1, y=2)
            channel = f"celery-task-meta-{task['task_id']}"
            waiting = pool.submit(client.get, task["links"]["self"], params={"wait": 50})
            is_waited_for(client, own_redis, task)
            proxy.hold = b"SUBSCRIBE"
            proxy.reset()
            wait_until(proxy.held.is_set)
            in_state(client, task, "queued")
            own_redis.set(channel, DONE, ex=600)
            assert own_redis.publish(channel, DONE) == 0
            proxy.hold = None
            answer = waiting.result(20)
            assert document(answer).get("result") == 3, answer.text


def test_two_apis_in_turn_say_the_same(client: httpx.Client, valkey: Valkey, directory: Path) -> None:
    task = submit(client, "add", x=2, y=3)
    with running_api(directory, redis_url=valkey.url) as other, other.client() as other_client:
        waited = document(other_client.get(task["links"]["self"], params={"wait": 10}))
        assert waited == document(client.get(task["links"]["self"]))
    assert waited["result"] == 5
