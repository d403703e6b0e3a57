"""One long run makes a task long, and several short ones make it short."""

import pytest

from celeriac_worker.processes.run_times import Pace


@pytest.fixture
def pace() -> Pace:
    """What is known of tasks."""
    return Pace()


def test_a_task_that_has_never_run_may_take_any_time(pace: Pace) -> None:
    assert pace.seconds("add") == float("inf")


def test_what_is_known_of_one_task_says_nothing_of_another(pace: Pace) -> None:
    pace.took("add", 0.001)
    assert pace.seconds("add") == 0.001
    assert pace.seconds("report") == float("inf")


def test_one_long_run_is_believed_at_once(pace: Pace) -> None:
    for _ in range(100):
        pace.took("add", 0.001)
    pace.took("add", 5.0)
    assert pace.seconds("add") == 5.0


def test_short_runs_are_believed_by_and_by(pace: Pace) -> None:
    pace.took("add", 5.0)
    after = []
    for _ in range(100):
        pace.took("add", 0.001)
        after.append(pace.seconds("add"))
    assert after[0] > 4.0
    assert after == sorted(after, reverse=True)
    assert after[-1] < 0.01
