"""A task's events can be watched, from the beginning or from any place."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from redis import Redis

from celeriac import context
from celeriac.ledger.store import keys
from celeriac.stack.valkey import Valkey
from lab.harness.servers import running_api
from lab.harness.waiting import wait_until
from tests.support.door import cancel, document, ended, in_state, run, shown, submit


class Event(NamedTuple):
    """One server-sent event."""

    kind: str
    id: str
    data: Any


def watch(client: httpx.Client, path: str, **headers: str) -> Iterator[Event]:
    """The events of a stream, until it ends."""
    with client.stream(
        "GET", path, headers={name.replace("_", "-"): text for name, text in headers.items()}
    ) as response:
        yield from events_of(response)


def events_of(response: httpx.Response) -> Iterator[Event]:
    """The events of this response, until it ends."""
    assert response.status_code == 200, response.read()
    assert response.headers["content-type"].startswith("text/event-stream")
    fields: dict[str, str] = {}
    for line in response.iter_lines():
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif "data" in fields:
            yield Event(fields["event"], fields.get("id", ""), json.loads(fields["data"]))
            fields = {}


def test_the_whole_history_is_told_to_who_comes_late(client: httpx.Client) -> None:
    task = run(client, "flaky", failures=1)
    events = list(watch(client, task["links"]["events"]))
    assert [(event.kind, event.data.get("state"), event.data.get("attempt")) for event in events] == [
        ("state", "queued", 0),
        ("state", "running", 1),
        ("state", "retrying", 1),
        ("state", "running", 2),
        ("state", "succeeded", 2),
        ("done", "succeeded", 2),
    ]
    assert events[-1].data == document(client.get(task["links"]["self"]))


def test_a_silent_task_keeps_no_stream_and_tells_its_events_from_its_record(
    client: httpx.Client, redis: Redis
) -> None:
    task = run(client, "add", x=4, y=5)
    path = task["links"]["events"]
    events = list(watch(client, path))
    assert [event.data["state"] for event in events] == ["queued", "running", "succeeded", "succeeded"]
    for place, event in enumerate(events[:-1]):
        assert list(watch(client, path, Last_Event_ID=event.id)) == events[place + 1 :]
    assert not redis.exists(keys.events(task["task_id"]))


def test_the_events_of_a_delayed_task_are_the_same_during_its_life_and_after_it(client: httpx.Client) -> None:
    watched, alone = (document(client.post("/add?delay=0.1", json={"x": 4, "y": 5})) for _ in range(2))
    during = list(watch(client, watched["links"]["events"]))
    assert [event.data["state"] for event in during[:-1]] == ["scheduled", "queued", "running", "succeeded"]
    assert list(watch(client, watched["links"]["events"])) == during
    ended(client, alone)
    after = list(watch(client, alone["links"]["events"]))
    assert [(event.kind, event.data["state"], event.data["attempt"]) for event in after] == [
        (event.kind, event.data["state"], event.data["attempt"]) for event in during
    ]


def test_a_cancelled_task_tells_how_it_was_accepted(client: httpx.Client) -> None:
    task = document(client.post("/add?delay=60", json={"x": 4, "y": 5}))
    client.post(task["links"]["cancel"])
    states = [event.data["state"] for event in watch(client, task["links"]["events"])]
    assert states == ["scheduled", "cancelled", "cancelled"]


def test_who_comes_while_a_task_runs_is_told_what_was_before_and_what_comes(
    client: httpx.Client, tmp_path: Path
) -> None:
    task = submit(client, "hold", until=str(tmp_path / "file"))
    wait_until(lambda: shown(client, task)["state"] == "running")
    events = watch(client, task["links"]["events"])
    seen = [next(events), next(events)]
    (tmp_path / "file").touch()
    seen += events
    assert [event.data["state"] for event in seen] == ["queued", "running", "succeeded", "succeeded"]
    for place, event in enumerate(seen[:-1]):
        assert list(watch(client, task["links"]["events"], Last_Event_ID=event.id)) == seen[place + 1 :]


def test_what_happens_is_told_as_it_happens(client: httpx.Client, tmp_path: Path) -> None:
    task = submit(client, "hold", until=str(tmp_path / "file"))
    events = watch(client, task["links"]["events"])
    assert [next(events).data["state"] for _ in range(2)] == ["queued", "running"]
    (tmp_path / "file").touch()
    assert [event.kind for event in events] == ["state", "done"]


def test_a_task_says_how_far_it_has_come_and_what_it_does(client: httpx.Client) -> None:
    task = run(client, "tell_all", lines=300)
    events = list(watch(client, task["links"]["events"]))
    lines = [event.data["line"] for event in events if event.kind == "log"]
    assert lines == [f"line {number}" for number in range(300)]
    assert "".join(event.data["chunk"] for event in events if event.kind == "output") == "first second"
    last = [event.data for event in events if event.kind == "progress"][-1]
    assert last == {"done": 300, "total": 300, "message": "counting"}
    assert task["progress"] == last


def test_a_task_says_as_much_in_its_threads(client: httpx.Client) -> None:
    for _ in range(3):  # the pool of threads that lasts is another run's, the second time
        task = run(client, "tell_in_threads")
        assert task["result"] == [1] * 4
        assert task["progress"]["done"] >= 3
        said = [event.data["line"] for event in watch(client, task["links"]["events"]) if event.kind == "log"]
        assert sorted(said) == ["lasting", "pool", "pool", "thread"]


def test_a_thread_hears_that_its_task_is_cancelled(client: httpx.Client) -> None:
    task = submit(client, "stop_in_a_thread")
    in_state(client, task, "running")
    cancel(client, task)
    assert ended(client, task)["state"] == "cancelled"


def test_what_a_thread_says_after_its_task_has_ended_is_not_said_by_the_next(
    client: httpx.Client, tmp_path: Path
) -> None:
    run(client, "leave_a_thread", until=str(tmp_path / "now"))
    following = [submit(client, "hold", until=str(tmp_path / "gate")) for _ in range(2)]
    for task in following:
        in_state(client, task, "running")
    (tmp_path / "now").touch()
    wait_until((tmp_path / "now.done").exists)
    (tmp_path / "gate").touch()
    for task in following:
        ended(client, task)
        assert "log" not in [event.kind for event in watch(client, task["links"]["events"])]


def test_progress_is_in_the_document_while_the_task_runs(client: httpx.Client, tmp_path: Path) -> None:
    task = submit(client, "tell_all", lines=3, until=str(tmp_path / "file"))
    last = {"done": 3, "total": 3, "message": "counting"}
    wait_until(lambda: document(client.get(task["links"]["self"]))["progress"] == last)
    (tmp_path / "file").touch()
    assert ended(client, task)["result"] == "told"


def test_a_stream_goes_on_after_the_last_event_without_loss_or_repeat_also_at_another_api(
    client: httpx.Client, valkey: Valkey, directory: Path
) -> None:
    task = run(client, "tell_all", lines=50)
    whole = list(watch(client, task["links"]["events"]))
    with running_api(directory, redis_url=valkey.url) as other, other.client() as other_client:
        for place, event in enumerate(whole[:-1]):
            if place % 9 == 0:
                rest = list(watch(other_client, task["links"]["events"], Last_Event_ID=event.id))
                assert rest == whole[place + 1 :]


def test_all_who_watch_see_all_in_order(client: httpx.Client, tmp_path: Path) -> None:
    task = submit(client, "tell_all", lines=200, until=str(tmp_path / "file"))
    with ThreadPoolExecutor(10) as threads:
        watching = [threads.submit(lambda: list(watch(client, task["links"]["events"]))) for _ in range(10)]
        (tmp_path / "file").touch()
        streams = [one.result() for one in watching]
    assert all(stream == streams[0] for stream in streams)
    places = [tuple(map(int, event.id.split("-"))) for event in streams[0][1:-1]]
    assert all(before < after for before, after in pairwise(places))


def test_a_lost_connection_to_redis_loses_no_event(
    client: httpx.Client, redis: Redis, tmp_path: Path
) -> None:
    task = submit(client, "hold", until=str(tmp_path / "file"))
    events = watch(client, task["links"]["events"])
    assert next(events).data["state"] == "queued"
    redis.client_kill_filter(_type="normal", skipme=True)
    (tmp_path / "file").touch()
    assert [event.data["state"] for event in events] == ["running", "succeeded", "succeeded"]


def test_only_so_many_events_are_kept_and_a_cut_is_told(client: httpx.Client) -> None:
    task = run(client, "tell_all", lines=4_000)
    events = list(watch(client, task["links"]["events"]))
    assert "cut" in [event.kind for event in events]
    assert len(events) < 2_500


def test_all_tasks_can_be_watched_at_once_and_filtered(client: httpx.Client) -> None:
    with client.stream("GET", "/events", params={"name": "word_count", "state": "succeeded"}) as response:
        lines = response.iter_lines()
        next(lines)  # it has begun
        run(client, "add", x=1, y=2)
        task = run(client, "word_count", text="a b")
        data = next(line for line in lines if line.startswith("data: "))
    assert json.loads(data.removeprefix("data: ")) == {
        "task_id": task["task_id"],
        "name": "word_count",
        "queue": "default",
        "state": "succeeded",
    }


@pytest.mark.parametrize("path", ["/events", "/tasks/{task_id}/events"])
@pytest.mark.parametrize("wrong", ["x", "1", "1-", "-1", "1-x", "9" * 50 + "-0"])
def test_an_id_that_no_event_can_have_is_refused(client: httpx.Client, path: str, wrong: str) -> None:
    task = submit(client, "add", x=1, y=2)
    response = client.get(path.format(**task), headers={"Last-Event-ID": wrong})
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == "Last-Event-ID"


def test_there_are_no_events_of_an_unknown_task(client: httpx.Client) -> None:
    assert client.get("/tasks/00000000-0000-4000-8000-000000000000/events").status_code == 404
    assert client.get("/events", params={"state": "asleep"}).status_code == 422


def test_outside_a_worker_a_task_says_nothing_and_runs_all_the_same() -> None:
    context.progress(1, 2)
    context.log("line")
    context.emit("chunk")
    assert not context.cancelled()
