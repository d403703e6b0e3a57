"""The members of an input become arguments by keyword, where that is possible."""

from typing import Any

import pytest

from celeriac_worker.existing_app.definitions.arguments import arguments_of
from tests.existing_app.definitions.shop import anything, bound, positional, untyped

PLACED: list[tuple[Any, dict[str, Any], list[Any], dict[str, Any]]] = [
    (untyped, {"a": 1, "c": 2}, [], {"a": 1, "c": 2}),
    (bound, {"x": 1}, [], {"x": 1}),
    (positional, {"a": 1, "c": "x"}, [1], {"c": "x"}),
    (positional, {"a": 1, "c": "x", "b": 3, "more": "1"}, [1], {"c": "x", "b": 3, "more": "1"}),
    (positional, {"a": 1, "c": "x", "rest": [5, 6]}, [1, 2, 5, 6], {"c": "x"}),
    (positional, {"a": 1, "c": "x", "rest": []}, [1], {"c": "x"}),
    (anything, {"x": 1}, [], {"x": 1}),
    (anything, {"args": [1], "x": 1}, [1], {"x": 1}),
]


@pytest.mark.parametrize(("task", "members", "args", "kwargs"), PLACED)
def test_members_are_placed(
    task: Any, members: dict[str, Any], args: list[Any], kwargs: dict[str, Any]
) -> None:
    before = dict(members)
    assert arguments_of(task, members) == (args, kwargs)
    assert members == before


def test_a_gap_between_positional_only_parameters_is_filled_by_a_default() -> None:
    class Gap:
        @staticmethod
        def run(a: int = 1, b: int = 2, /) -> None: ...

    assert arguments_of(Gap, {"b": 5}) == ([1, 5], {})
    assert arguments_of(Gap, {"a": 5}) == ([5], {})
    assert arguments_of(Gap, {}) == ([], {})
