"""Puts the results of other tasks into an input that refers to them."""

from typing import Any

from celeriac.ledger.for_workers import GONE, Consumer, UnknownBatch
from celeriac.values.json.result_references import Reference, part_at, places, put_in, reference_of
from celeriac_worker.run.failure import InvalidInput


def with_results(kwargs: dict[str, Any], consumer: Consumer) -> dict[str, Any]:
    """The input with the results of tasks and batches, read some at a time; a task that ended without one has null.

    `InvalidInput` if a result is gone, or has no part at the pointer.
    """
    references = {reference_of(value) for _, value in places(kwargs)}
    results = consumer.results({each.task_id for each in references if not each.is_batch})
    batches = {each: _of_batch(each.task_id, consumer) for each in references if each.is_batch}

    def result_of(reference: Reference) -> Any:
        if reference.is_batch:
            return batches[reference]
        if reference.task_id not in results:
            raise _gone(reference.task_id)
        try:
            return part_at(results[reference.task_id], reference.pointer)
        except LookupError:
            raise InvalidInput(
                f"the result of task {reference.task_id} has nothing at {reference.pointer[:100]!r}"
            ) from None

    whole: dict[str, Any] = put_in(kwargs, result_of)
    return whole


def _of_batch(batch_id: str, consumer: Consumer) -> list[Any]:
    results = []
    try:
        for task_id, result in consumer.results_of_batch(batch_id):
            if result is GONE:
                raise _gone(task_id)
            results.append(result)
    except UnknownBatch:
        raise InvalidInput(f"no batch has the id {batch_id}") from None
    return results


def _gone(task_id: str) -> InvalidInput:
    return InvalidInput(f"the result of task {task_id} is gone")
