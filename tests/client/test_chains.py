"""`chain` and `gather` submit tasks that wait for each other."""

import uuid
from pathlib import Path
from typing import Any

import pytest

from celeriac import Step
from celeriac.client import errors


def test_each_step_of_a_chain_gets_the_result_of_the_one_before(ours: Any) -> None:
    steps = [Step("add", x=1, y=1)]
    for _ in range(4):
        steps.append(Step("add", x=steps[-1].reference(), y=steps[-1].reference()))
    last = ours.chain(*steps)
    assert last.id == steps[-1].id
    assert last.result() == 2**5
    assert ours.get(steps[0].id).result() == 2


def test_a_step_gathers_the_results_of_those_that_run_side_by_side(ours: Any, tmp_path: Path) -> None:
    gates = [Step("hold", until=str(tmp_path / "gate")) for _ in range(3)]
    words = Step("word_count", text="to be or not to be")
    last = ours.gather(*gates, words, into=Step("add", x=words.reference("/be"), y=words.reference("/to")))
    assert last.state == "blocked"
    assert {step.id for step in gates} <= {*last.document["blocked_by"]["tasks"]}
    (tmp_path / "gate").touch()
    assert last.result() == 4


def test_steps_of_a_list_in_a_chain_run_side_by_side(ours: Any) -> None:
    first = Step("add", x=1, y=1)
    middle = [Step("add", x=first.reference(), y=number) for number in range(2)]
    last = Step("add", x=middle[0].reference(), y=middle[1].reference())
    assert ours.chain(first, middle, [], last).result() == 5


def test_a_failure_cancels_the_rest_except_for_a_step_that_waits_for_it(ours: Any) -> None:
    cancelled = Step("add", x=1, y=1)
    last = ours.chain(Step("fail", message="no"), cancelled, Step("add", x=2, y=3, when="failed"))
    assert last.result() == 5
    with pytest.raises(errors.TaskCancelled, match="it waited for task"):
        ours.get(cancelled.id).result()


def test_the_same_steps_again_are_the_same_tasks(ours: Any) -> None:
    first = Step("add", x=1, y=1, tags=[tag := uuid.uuid4().hex])
    second = Step("add", x=first.reference(), y=1, tags=tag, after=first, task_id=uuid.uuid4())
    with pytest.raises(errors.InvalidInput):
        ours.chain(first, Step("add", x="one", y=1))
    assert {ours.chain(first, second).id for _ in range(2)} == {second.id}
    assert {task.id for task in ours.tasks(tag=tag)} == {first.id, second.id}


def test_a_wrong_chain_submits_nothing(ours: Any) -> None:
    first = Step("add", x=1, y=1, tags=[tag := uuid.uuid4().hex])
    with pytest.raises(errors.InputNotJSON):
        ours.chain(first, Step("add", x=object(), y=1))
    with pytest.raises(ValueError, match="can wait for 1,000 others, not for 1,001"):
        ours.gather(*[first] * 1_001, into=Step("add", x=1, y=1))
    with pytest.raises(ValueError, match="at least one step"):
        ours.chain()
    assert list(ours.tasks(tag=tag)) == []
