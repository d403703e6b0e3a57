"""`GET /tasks`: filters, and pages that stay what they are while tasks come in."""

import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import httpx
import pytest
from redis import Redis

from lab.harness.waiting import wait_until
from tests.support.door import Document, cancel, document, problem_of, run, submit, submit_with


def listed(client: httpx.Client, **query: Any) -> list[str]:
    """The ids on the first page."""
    response = client.get("/tasks", params=query)
    assert response.status_code == 200, response.text
    return [item["task_id"] for item in document(response)["items"]]


def is_forgotten(client: httpx.Client, task: Document) -> bool:
    """Ask for it."""
    return client.delete(task["links"]["self"]).status_code == 204


@pytest.fixture
def tasks(quiet: httpx.Client, quiet_redis: Redis) -> dict[str, Document]:
    """One of each kind, the oldest first; nothing else is there."""
    made = {
        "sum": submit(quiet, "add", x=1, y=2),
        "count": submit(quiet, "word_count", text="to be"),
        "elsewhere": submit(quiet, "unserved"),
        "later": submit_with(quiet, "/add?delay=600", x=1, y=2),
        "cancelled": document(cancel(quiet, submit(quiet, "add", x=3, y=4))),
    }
    assert quiet_redis.zcard("celeriac:tasks") == len(made)
    return made


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["cancelled", "later", "elsewhere", "count", "sum"]),
        ({"state": "queued"}, ["elsewhere", "count", "sum"]),
        ({"state": ["scheduled", "cancelled"]}, ["cancelled", "later"]),
        ({"state": ["queued", "queued"], "name": "add"}, ["sum"]),
        ({"state": "failed"}, []),
        ({"name": "add"}, ["cancelled", "later", "sum"]),
        ({"name": "nobody"}, []),
        ({"queue": "unserved"}, ["elsewhere"]),
        ({"queue": "default", "name": "add", "state": "queued"}, ["sum"]),
        ({"name": ["add", "word_count"], "state": "queued"}, ["count", "sum"]),
        ({"name": ["word_count", "nobody", "word_count"]}, ["count"]),
        ({"name": ["unserved", "add"], "queue": ["unserved", "gpu"]}, ["elsewhere"]),
        (
            {"queue": ["unserved", "default"], "state": ["queued", "scheduled"]},
            ["later", "elsewhere", "count", "sum"],
        ),
        ({"name": "add word_count"}, []),
        ({"name": ""}, []),
        ({"limit": 2}, ["cancelled", "later"]),
        ({"limit": "10000000000000000000000"}, ["cancelled", "later", "elsewhere", "count", "sum"]),
        ({"created_before": "2000-01-01T00:00:00Z"}, []),
        ({"created_after": "2000-01-01T00:00:00+02:00"}, ["cancelled", "later", "elsewhere", "count", "sum"]),
    ],
)
def test_a_filter_leaves_what_it_says_the_newest_first(
    query: dict[str, Any], expected: list[str], quiet: httpx.Client, tasks: dict[str, Document]
) -> None:
    assert listed(quiet, **query) == [tasks[kind]["task_id"] for kind in expected]


def test_a_moment_of_creation_divides_what_was_before_from_the_rest(
    quiet: httpx.Client, tasks: dict[str, Document]
) -> None:
    at = tasks["elsewhere"]["created_at"]
    assert listed(quiet, created_before=at) == [tasks[kind]["task_id"] for kind in ("count", "sum")]
    assert listed(quiet, created_after=at)[-1] == tasks["elsewhere"]["task_id"]


def test_an_item_is_the_task_document(quiet: httpx.Client, tasks: dict[str, Document]) -> None:
    items = document(quiet.get("/tasks"))["items"]
    assert items == list(reversed(tasks.values()))


@pytest.mark.usefixtures("tasks")
def test_where_results_are_left_out_an_item_is_the_task_document_without_one(quiet: httpx.Client) -> None:
    whole = document(quiet.get("/tasks?limit=3"))
    without = document(quiet.get("/tasks?limit=3&omit=result"))
    for item in whole["items"]:
        del item["result"]
    assert without == whole


def test_a_result_that_is_left_out_is_not_read_either(client: httpx.Client, redis: Redis) -> None:
    task, failed = run(client, "word_count", text="left out"), run(client, "fail", message="x")
    redis.delete(f"celery-task-meta-{task['task_id']}")
    redis.delete(f"celery-task-meta-{failed['task_id']}")
    for one in (task, failed):
        redis.lpush(f"celery-task-meta-{one['task_id']}", "whoever reads this as a result is refused")
    try:
        items = document(client.get("/tasks?omit=result"))["items"]
        assert client.get("/tasks").status_code == 503
    finally:
        for one in (task, failed):
            redis.delete(f"celery-task-meta-{one['task_id']}")
    del task["result"], failed["result"]
    assert items[:2] == [failed, task]


def test_a_page_of_large_results_is_small_without_them(client: httpx.Client) -> None:
    for _ in range(3):
        run(client, "say_and_return", text="x" * 500_000)
    assert len(client.get("/tasks?limit=3").content) > 1_500_000
    assert len(client.get("/tasks?limit=3&omit=result").content) < 5_000


@pytest.mark.parametrize("query", [{}, {"queue": "default"}, {"state": "queued"}, {"name": "add"}])
@pytest.mark.usefixtures("quiet_redis")
def test_pages_show_each_task_once_while_others_come_in(query: dict[str, str], quiet: httpx.Client) -> None:
    before = [submit(quiet, "add", x=number, y=0)["task_id"] for number in range(7)]
    seen: list[str] = []
    cursor = None
    while True:
        page = document(
            quiet.get("/tasks", params={**query, "limit": 3, **({"cursor": cursor} if cursor else {})})
        )
        seen += [item["task_id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
        submit(quiet, "add", x=0, y=0)
    assert seen == list(reversed(before))


def test_what_has_failed_is_listed_by_its_state(client: httpx.Client) -> None:
    task = run(client, "fail", message="x")
    assert task["task_id"] in listed(client, state="failed", name="fail", limit=5)


@pytest.mark.parametrize(
    "query",
    [
        "state=resting",
        "state=",
        "limit=0",
        "limit=-1",
        "limit=all",
        "cursor=x",
        "cursor=",
        "created_after=1",
        "page=2",
        "omit=",
        "omit=error",
        "omit=result&omit=links",
        "name=add" + "&name=add" * 20,
        "queue=default" + "&queue=default" * 20,
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(query: str, quiet: httpx.Client) -> None:
    response = quiet.get(f"/tasks?{query}")
    assert problem_of(response) == (422, "invalid-input")
    assert document(response)["errors"][0]["pointer"] == "?" + query.partition("=")[0]


def test_a_page_leaves_out_the_results_that_do_not_fit_and_says_whose(client: httpx.Client) -> None:
    accepted = [submit(client, "return_at_length", size=9_000_000) for _ in range(3)]
    large = [client.get(task["links"]["self"], params={"wait": 50}).json()["task_id"] for task in accepted]
    small = run(client, "word_count", text="small")
    page = document(client.get("/tasks?limit=4"))
    assert page["omitted_results"] == large[::-1]
    assert page["items"][0] == small
    assert [item["task_id"] for item in page["items"][1:]] == large[::-1]
    assert not any("result" in item for item in page["items"][1:])
    with ThreadPoolExecutor(3) as threads:  # each has it, and no more than one is read at a time
        results = list(threads.map(lambda task: client.get(task["links"]["result"]), accepted))
    assert [(answer.status_code, len(answer.content)) for answer in results] == [(200, 9_000_002)] * 3
    for task in accepted:  # the disk may have much to do now
        wait_until(partial(is_forgotten, client, task))


@pytest.mark.parametrize("query", ["", "?omit=result"])
def test_a_page_says_what_became_of_a_task_of_celery_s_own_however_large_its_result(
    query: str, quiet: httpx.Client, quiet_redis: Redis
) -> None:
    large = "x" * 3_000_000
    ends = {
        "SUCCESS": large,
        "FAILURE": {"exc_type": "ValueError", "exc_message": [large], "exc_module": "builtins"},
    }
    ids = [submit(quiet, "add", x=1, y=2)["task_id"] for _ in ends]
    for task_id, (status, result) in zip(ids, ends.items(), strict=True):
        said = {"status": status, "result": result, "traceback": None, "children": []}
        kept = json.dumps({**said, "date_done": "2026-05-01T12:00:00+00:00", "task_id": task_id})
        quiet_redis.set(f"celery-task-meta-{task_id}", kept)
    page = document(quiet.get(f"/tasks{query}"))
    failed, succeeded = page["items"]
    assert (succeeded["state"], succeeded["ended_at"]) == ("succeeded", "2026-05-01T12:00:00.000000Z")
    assert "result" not in succeeded
    assert page["omitted_results"] == ([] if query else ids[:1])
    assert (failed["state"], failed["error"]["type"]) == ("failed", "ValueError")
    assert "too large" in failed["error"]["message"]
    assert len(document(quiet.get(failed["links"]["self"]))["error"]["message"]) <= 10_000
