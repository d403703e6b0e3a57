"""Each task of an existing app ends in the ledger as Celery alone ends it."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from celeriac.ledger.store import keys
from lab.harness.waiting import wait_until
from tests.existing_app.running.place import Place


@pytest.fixture(scope="module")
def place(new_database: Callable[[], str], directory: Path) -> Iterator[Place]:
    """A worker with processes, and a producer with our line."""
    place = Place(new_database(), directory, result_expires=7_200)
    with closing(place), place.worker():
        yield place


def test_a_task_succeeds_and_celery_reads_its_result(place: Place) -> None:
    task = place.send("add", 1, 2)
    assert place.ended(task)["state"] == "succeeded"
    assert place.app.AsyncResult(task).get(timeout=5) == 3


def test_a_failure_is_one_with_its_words(place: Place) -> None:
    task = place.send("fail", "no")
    record = place.ended(task)
    assert (record["state"], record["error"]) == ("failed", '{"type": "ValueError", "message": "no"}')
    assert (place.status(task), str(place.app.AsyncResult(task).result)) == ("FAILURE", "no")


@pytest.mark.parametrize(("x", "state"), [(1, "succeeded"), (-1, "failed")])
def test_an_ignored_result_is_not_stored_and_the_task_ends_all_the_same(
    place: Place, x: int, state: str
) -> None:
    task = place.send("forget", x)
    assert place.ended(task)["state"] == state
    assert place.status(task) == "PENDING"


def test_a_task_that_raises_ignore_has_succeeded_unless_it_has_stored_another_end(place: Place) -> None:
    ignored, decided = place.send("ignore"), place.send("decide")
    assert place.ended(ignored)["state"] == "succeeded"
    assert place.ended(decided)["state"] == "failed"
    assert place.status(decided) == "FAILURE"


def test_a_rejected_message_comes_again_or_ends_its_task(place: Place, tmp_path: Path) -> None:
    again, never = place.send("reject", str(tmp_path / "ran")), place.send("refuse")
    assert place.ended(again) | {"state": "succeeded", "attempt": "2"} == place.record(again)
    assert place.ended(never)["state"] == "failed"


def test_a_task_that_is_replaced_ends_as_the_other_one(place: Place) -> None:
    task = place.send("replace", 4)
    assert place.ended(task)["state"] == "succeeded"
    assert place.app.AsyncResult(task).get(timeout=5) == 5


def test_a_task_that_overruns_fails_and_one_whose_process_is_killed_runs_again(
    place: Place, tmp_path: Path
) -> None:
    late, killed = place.send("overrun"), place.send("die", str(tmp_path / "ran"))
    assert place.ended(killed) | {"state": "succeeded", "attempt": "2", "lost": "1"} == place.record(killed)
    record = place.ended(late)
    assert record["state"] == "failed"
    assert "time limit of 1 s" in record["error"]
    assert place.status(late) == "FAILURE"


def test_a_task_acknowledged_early_whose_process_is_killed_fails_and_runs_once(
    place: Place, tmp_path: Path
) -> None:
    task = place.send("die_early", str(tmp_path / "ran"))
    assert place.ended(task)["state"] == "failed"
    assert (tmp_path / "ran").read_text().split() == ["ran"]


def test_what_comes_too_late_expires_and_what_no_worker_knows_fails(place: Place) -> None:
    late, unknown = place.send("add", 1, 1, expires=-1), place.send("nothing")
    assert place.ended(late)["state"] == "expired"
    assert place.ended(unknown)["state"] == "failed"
    assert [place.status(task) for task in (late, unknown)] == ["REVOKED", "FAILURE"]


def test_a_task_retries_at_once_many_times(place: Place, tmp_path: Path) -> None:
    task = place.send("again", str(tmp_path / "ran"), 30)
    assert place.ended(task)["state"] == "succeeded"
    assert (tmp_path / "ran").read_text().split() == [str(number) for number in range(31)]
    assert place.app.AsyncResult(task).get(timeout=5) == 30


def test_nothing_is_left_in_any_index(place: Place) -> None:
    wait_until(lambda: not place.left(), what="the end of all entries")


def test_results_are_kept_for_as_long_as_celery_says(place: Place) -> None:
    task = place.send("add", 1, 2)
    place.ended(task)
    assert 7_000 < place.redis.ttl(keys.result(task)) <= 7_200
