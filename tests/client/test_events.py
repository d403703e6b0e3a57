"""A client follows tasks as they run."""

import threading
from pathlib import Path
from typing import Any

import pytest

from celeriac.client import errors, events
from lab.harness.waiting import wait_until
from tests.client.sides import Side


def test_the_events_of_a_task_come_from_the_first_to_its_end(ours: Any) -> None:
    task = ours.submit("tell_all", lines=2)
    received = list(task.events())
    assert received[:2] == [events.StateChange("queued", 0), events.StateChange("running", 1)]
    assert [event.line for event in received if isinstance(event, events.Log)] == ["line 0", "line 1"]
    assert "".join(event.chunk for event in received if isinstance(event, events.Output)) == "first second"
    assert received[-2] == events.StateChange("succeeded", 1)
    assert events.Progress(2, 2, "counting") in received
    assert received[-1] == events.Done(task.wait().document)


def test_events_come_as_they_happen(ours: Any, tmp_path: Path) -> None:
    following = ours.submit("hold", until=str(tmp_path / "file")).events()
    assert [next(following).state for _ in range(2)] == ["queued", "running"]
    (tmp_path / "file").touch()
    assert isinstance(list(following)[-1], events.Done)


def test_a_loop_that_is_left_closes_its_stream(ours: Any, tmp_path: Path) -> None:
    task = ours.submit("hold", until=str(tmp_path / "file"))
    for event in task.events():
        if event == events.StateChange("running", 1):
            break
    (tmp_path / "file").touch()
    assert task.result() == "let go"


def test_an_unknown_task_has_no_events(ours: Any) -> None:
    with pytest.raises(errors.TaskNotFound):
        next(ours.task("00000000-0000-4000-8000-000000000000").events())


def test_the_feed_shows_changes_of_all_tasks_that_are_asked_for(ours: Any, side: Side) -> None:
    feed = ours.events(name="word_count", state=["queued", "succeeded"])
    stopped, ids = threading.Event(), []

    def submit() -> None:
        with (
            side.client(ours.base_url)
            if side.name == "sync"
            else Side("async").client(ours.base_url) as other
        ):
            while not stopped.is_set():
                ids.append(other.submit("word_count", text="a b").id)
                other.run("add", x=1, y=1)

    thread = threading.Thread(target=submit)
    thread.start()
    try:
        changes = [next(feed) for _ in range(4)]
    finally:
        stopped.set()
        thread.join()
        feed.close()
    assert {change.name for change in changes} == {"word_count"}
    assert {change.state for change in changes} <= {"queued", "succeeded"}
    wait_until(lambda: {change.task_id for change in changes} <= set(ids))
