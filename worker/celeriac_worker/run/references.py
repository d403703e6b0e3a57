"""Puts the results of other tasks into an input that refers to them."""

from collections.abc import Callable, Iterable
from typing import Any

from celeriac.values.result_references import Reference, part_at, places, put_in, reference_of
from celeriac_worker.run.failure import InvalidInput

Read = Callable[[Iterable[str]], dict[str, Any]]


def with_results(kwargs: dict[str, Any], read: Read) -> dict[str, Any]:
    """The input with the results that `read` returns by id; a task that ended without one has null.

    `InvalidInput` if a result is gone, or has no part at the pointer.
    """
    results = read(dict.fromkeys(reference_of(value).task_id for _, value in places(kwargs)))

    def result_of(reference: Reference) -> Any:
        if reference.task_id not in results:
            raise InvalidInput(f"the result of task {reference.task_id} is gone")
        try:
            return part_at(results[reference.task_id], reference.pointer)
        except LookupError:
            raise InvalidInput(
                f"the result of task {reference.task_id} has nothing at {reference.pointer[:100]!r}"
            ) from None

    whole: dict[str, Any] = put_in(kwargs, result_of)
    return whole
