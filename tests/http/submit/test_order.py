"""`priority` and `fair`: which tasks of a queue start first."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis import Redis

from celeriac.ledger.store import keys
from lab.harness.servers import running_api, running_worker
from lab.harness.waiting import wait_until
from tests.support.door import Document, cancel, document, ended, problem_of, shown

MANY = 400


@pytest.fixture(scope="module")
def url(new_database: Callable[[], str]) -> str:
    """A database of these tests' own."""
    return new_database()


@pytest.fixture(scope="module")
def redis(url: str) -> Iterator[Redis]:
    """A client of it."""
    with Redis.from_url(url, decode_responses=True) as client:
        yield client


@pytest.fixture(scope="module")
def door(url: str, directory: Path) -> Iterator[httpx.Client]:
    """An API whose tasks a worker with one process runs."""
    with (
        running_worker(directory, "-c", "1", redis_url=url),
        running_api(directory, redis_url=url) as api,
        api.client() as client,
    ):
        yield client


@pytest.fixture
def paused(door: httpx.Client, redis: Redis) -> Iterator[httpx.Client]:
    """The same while its queue is paused; then nothing is left in a lane."""
    assert document(door.post("/queues/default/pause"))["paused"] is True
    yield door
    door.post("/queues/default/purge")
    door.post("/queues/default/resume")
    left = ("lane*", "turns*", "waiting*", "held*")
    assert [key for pattern in left for key in redis.scan_iter(f"celeriac:{pattern}")] == []


def moments(client: httpx.Client, count: int, **options: Any) -> list[Document]:
    """Submit so many tasks that take a moment."""
    return [moment(client, **options) for _ in range(count)]


def moment(client: httpx.Client, **options: Any) -> Document:
    """Submit one."""
    response = client.post("/tasks", json={"name": "take_a_moment", **options})
    assert response.status_code == 202, response.text
    task: Document = document(response)
    return task


def resume(client: httpx.Client) -> None:
    """Let the worker take tasks."""
    assert document(client.post("/queues/default/resume"))["paused"] is False


def in_order_of_start(client: httpx.Client, tasks: Sequence[Document]) -> list[str]:
    """Their ids, once they have ended."""
    done = [ended(client, task) for task in tasks]
    assert {task["state"] for task in done} == {"succeeded"}
    return [task["task_id"] for task in sorted(done, key=lambda task: str(task["started_at"]))]


def ids(tasks: Sequence[Document]) -> list[str]:
    """Their ids, as they are."""
    return [task["task_id"] for task in tasks]


def test_high_tasks_start_before_all_others_and_low_ones_after_them_each_in_the_order_of_their_submission(
    paused: httpx.Client,
) -> None:
    low, normal = moments(paused, 3, priority="low"), moments(paused, 5)
    high = moments(paused, 25, priority="high")
    normal += moments(paused, 2, priority="normal")
    assert [task["priority"] for task in (low[0], normal[0], high[0])] == ["low", "normal", "high"]
    assert document(paused.get("/queues/default"))["depth"] == 35
    resume(paused)
    assert in_order_of_start(paused, [*low, *normal, *high]) == ids([*high, *normal, *low])
    assert shown(paused, high[0])["priority"] == "high"


def test_many_tasks_of_one_key_do_not_delay_the_first_of_others(paused: httpx.Client) -> None:
    many = moments(paused, 40, fair="a")
    others = [moment(paused, fair=key) for key in "bcdef"]
    resume(paused)
    order = in_order_of_start(paused, [*many, *others])
    assert max(order.index(task_id) for task_id in ids(others)) <= 8 + 2 * len(others)
    assert [task_id for task_id in order if task_id in ids(many)] == ids(many)


def test_keys_take_turns(paused: httpx.Client) -> None:
    tasks = {key: moments(paused, 4, fair=key, priority="high") for key in "ab"}
    tasks["c"] = moments(paused, 12, fair="c", priority="high")
    tasks["d"] = moments(paused, 4, fair="d", priority="high")
    resume(paused)
    order = in_order_of_start(paused, [task for group in tasks.values() for task in group])
    keys_of = {task_id: key for key, group in tasks.items() for task_id in ids(group)}
    assert "".join(keys_of[task_id] for task_id in order[16:]) in {"cdcdcdcd", "dcdcdcdc"}


def test_a_definition_has_a_priority_and_a_key_and_a_submission_can_choose_others(
    paused: httpx.Client, redis: Redis
) -> None:
    task = document(paused.post("/errand", json={"tenant": "acme", "seconds": 0}))
    chosen = document(paused.post("/errand?priority=normal&fair=mine", json={"tenant": "acme", "seconds": 0}))
    assert (task["priority"], chosen["priority"]) == ("low", "normal")
    records = [redis.hgetall(keys.record(each["task_id"])) for each in (task, chosen)]
    assert [record["fair"] for record in records] == ["/tenant=acme", "mine"]
    resume(paused)
    assert [ended(paused, each)["state"] for each in (task, chosen)] == ["succeeded"] * 2
    again = document(paused.post(f"/tasks/{chosen['task_id']}/retry"))
    assert (again["priority"], redis.hget(keys.record(again["task_id"]), "fair")) == ("normal", "mine")
    assert ended(paused, again)["state"] == "succeeded"


@pytest.mark.parametrize(
    ("options", "pointer"),
    [
        ({"priority": "highest"}, "/priority"),
        ({"priority": 9}, "/priority"),
        ({"fair": ""}, "/fair"),
        ({"fair": 5}, "/fair"),
        ({"fair": "/nowhere"}, "/input/nowhere"),
        ({"fair": "/~"}, "/fair"),
        ({"fair": "x" * 201}, "/fair"),
    ],
)
def test_what_is_no_priority_or_key_is_refused(options: Document, pointer: str, door: httpx.Client) -> None:
    response = door.post("/tasks", json={"name": "take_a_moment", **options})
    assert problem_of(response) == (422, "invalid-input")
    assert document(response)["errors"][0]["pointer"] == pointer


def test_the_same_key_with_another_priority_is_a_conflict(paused: httpx.Client) -> None:
    fields = {"Idempotency-Key": "an order"}
    answers = [
        paused.post(f"/take_a_moment?priority={each}", json={}, headers=fields)
        for each in ("low", "low", "high")
    ]
    assert [answer.status_code for answer in answers] == [202, 202, 422]


def test_tasks_in_lanes_can_be_cancelled_and_purged_and_are_counted(
    paused: httpx.Client, redis: Redis
) -> None:
    tasks = moments(paused, 30, fair="a") + moments(paused, 30, priority="high")
    window, lane = tasks[0], tasks[29]
    assert redis.zscore(keys.laned("default"), window["task_id"]) is None
    assert redis.zscore(keys.laned("default"), lane["task_id"]) is not None
    assert cancel(paused, window).status_code == cancel(paused, lane).status_code == 200
    queue = document(paused.get("/queues/default"))
    assert (queue["depth"], queue["oldest_wait_seconds"] > 0) == (58, True)
    assert document(paused.post("/queues/default/purge"))["cancelled"] == 58
    assert document(paused.get("/queues/default"))["depth"] == 0


def test_a_task_that_waited_for_another_or_was_delayed_comes_into_its_lane(paused: httpx.Client) -> None:
    first = moment(paused)
    normal = moments(paused, 2)
    after = moment(paused, after=[first["task_id"]], when="ended", priority="high")
    delayed = moment(paused, delay=0.1, priority="high")
    cancel(paused, first)
    wait_until(lambda: shown(paused, delayed)["state"] == "queued", what="its time")
    resume(paused)
    assert in_order_of_start(paused, [*normal, delayed, after]) == ids([after, delayed, *normal])


def test_the_first_task_of_a_key_does_not_wait_for_hundreds_that_were_there_before(
    paused: httpx.Client, redis: Redis
) -> None:
    many = moments(paused, MANY, fair="a", input={"seconds": 0.005})
    resume(paused)
    wait_until(lambda: shown(paused, many[0])["state"] == "succeeded", what="the first")
    ended(paused, moment(paused, fair="b"))
    assert redis.zcard(keys.laned("default")) > MANY / 2
