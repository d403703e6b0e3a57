"""`map` runs a task for each input, with bounded memory."""

import asyncio
import base64
import threading
from collections.abc import AsyncIterator, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from celeriac.client import errors
from celeriac.client.client import AsyncClient
from celeriac.client.flow.window import AHEAD
from lab.harness.servers import API
from tasks.images import ONE_PIXEL_PNG
from tests.client.sides import Side

AT_ONCE = 8


def numbers(count: int) -> list[dict[str, Any]]:
    """As many inputs of `add`."""
    return [{"x": number, "y": number} for number in range(count)]


def test_results_come_in_the_order_of_the_inputs(ours: Any) -> None:
    outcomes = list(ours.map("add", numbers(200), at_once=AT_ONCE))
    assert [outcome.result() for outcome in outcomes] == [2 * number for number in range(200)]
    assert [outcome.number for outcome in outcomes] == list(range(200))
    assert outcomes[7].input == {"x": 7, "y": 7}
    assert ours.get(outcomes[7].task_id).input() == {"x": 7, "y": 7}


def test_results_come_as_tasks_end_if_order_does_not_matter(ours: Any, tmp_path: Any) -> None:
    inputs = [{"until": str(tmp_path / "file")}, {"until": str(tmp_path)}]
    outcomes = ours.map("hold", inputs, ordered=False)
    assert next(outcomes).number == 1
    (tmp_path / "file").touch()
    assert next(outcomes).number == 0
    assert list(outcomes) == []


def test_one_wrong_input_is_named_and_loses_no_other(ours: Any) -> None:
    inputs = [*numbers(3), {"x": "4", "y": 5}, {"x": object(), "y": 1}, {"x": 10**30, "y": 0}]
    outcomes = list(ours.map("add", inputs))
    assert [outcome.succeeded for outcome in outcomes] == [True, True, True, False, False, True]
    wrong = outcomes[3].error
    assert isinstance(wrong, errors.InvalidInput)
    assert [error.pointer for error in wrong.errors] == ["/x"]
    assert isinstance(outcomes[4].error, errors.InputNotJSON)
    assert "in JSON" in str(outcomes[4].error)
    with pytest.raises(errors.InvalidInput):
        outcomes[3].result()
    assert outcomes[5].value == 10**30


def test_a_task_that_fails_is_named(ours: Any) -> None:
    outcome = next(ours.map("fail", [{"message": "no such invoice"}]))
    assert isinstance(outcome.error, errors.TaskFailed)
    assert ours.get(outcome.task_id).state == "failed"


def test_inputs_are_taken_only_when_there_is_room_and_an_end_of_the_loop_ends_all(ours: Any) -> None:
    taken = 0

    def endless() -> Iterator[dict[str, Any]]:
        nonlocal taken
        while True:
            taken += 1
            yield {"x": taken, "y": 0}

    before = threading.active_count()
    outcomes = ours.map("add", endless(), at_once=AT_ONCE)
    assert [outcome.value for outcome in islice(outcomes, 100)] == list(range(1, 101))
    outcomes.close()
    assert taken <= 100 + AHEAD * AT_ONCE
    for thread in threading.enumerate():
        if thread.name == "celeriac-map":
            thread.join(60)
    assert threading.active_count() <= before


def test_a_file_that_is_missing_loses_no_other_input(ours: Any, tmp_path: Path) -> None:
    (tmp_path / "there.png").write_bytes(base64.b64decode(ONE_PIXEL_PNG))
    files = [{"image": tmp_path / name, "width": 1} for name in ("there.png", "missing.png", "there.png")]
    outcomes = list(ours.map("thumbnail", files))
    assert [outcome.succeeded for outcome in outcomes] == [True, False, True]
    assert isinstance(outcomes[1].error, errors.InputNotJSON)
    assert "missing.png" in str(outcomes[1].error)


def test_nothing_of_an_async_map_runs_after_its_end(api: API) -> None:
    async def left_after_its_end() -> int:
        async with AsyncClient(f"http://127.0.0.1:{api.port}") as client:
            outcomes = client.map("add", numbers(100), at_once=AT_ONCE)
            assert (await anext(outcomes)).value == 0
            await outcomes.aclose()
            return len(asyncio.all_tasks()) - 1

    assert asyncio.run(left_after_its_end()) == 0


def test_an_error_of_the_user_s_own_iterator_is_raised(ours: Any) -> None:
    def broken() -> Iterator[dict[str, Any]]:
        yield {"x": 1, "y": 2}
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(ours.map("add", broken()))


def test_the_async_client_takes_inputs_from_an_async_iterator(ours: Any, side: Side) -> None:
    async def inputs() -> AsyncIterator[dict[str, Any]]:
        for task_input in numbers(20):
            yield task_input

    outcomes = ours.map("add", inputs(), at_once=AT_ONCE)
    if side.name == "sync":
        with pytest.raises(TypeError, match="AsyncClient takes them"):
            next(outcomes)
    else:
        assert [outcome.result() for outcome in outcomes] == [2 * number for number in range(20)]
