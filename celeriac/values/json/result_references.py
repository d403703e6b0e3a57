"""References to results in an input: `{"$result": id, "pointer": "/a/0"}`, `{"$results": batch}`."""

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from celeriac.values.json.pointer import steps_of

REFERENCE, BATCH, POINTER = "$result", "$results", "pointer"
Path = tuple[str | int, ...]
_INDEX = re.compile(r"0|[1-9]\d{0,9}", re.ASCII)


class Reference(NamedTuple):
    """The part of a task's result at a JSON pointer (RFC 6901); "" is all of it. Of a batch, all results in order."""

    # Or that of the batch.
    task_id: str
    pointer: str = ""
    is_batch: bool = False

    def to_json(self) -> dict[str, str]:
        """The object that stands for it in an input."""
        if self.is_batch:
            return {BATCH: self.task_id}
        return {REFERENCE: self.task_id, POINTER: self.pointer} if self.pointer else {REFERENCE: self.task_id}


def places(value: Any, path: Path = ()) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Each object in this JSON value that has the member `$result` or `$results`, and where it is."""
    match value:
        case {"$result": _} | {"$results": _}:
            yield path, value
        case dict():
            for name, part in value.items():
                yield from places(part, (*path, name))
        case list():
            for number, part in enumerate(value):
                yield from places(part, (*path, number))


def reference_of(value: dict[str, Any]) -> Reference:
    """The reference in such an object; `ValueError` says what is wrong with it."""
    if BATCH in value:
        if len(value) > 1 or not isinstance(value[BATCH], str):
            raise ValueError(
                'a reference to results has the member "$results", the id of a batch, and no others'
            )
        return Reference(value[BATCH].lower(), is_batch=True)
    task_id, pointer = value[REFERENCE], value.get(POINTER, "")
    if not isinstance(task_id, str) or value.keys() - {REFERENCE, POINTER}:
        raise ValueError(
            'a reference has the members "$result", the id of a task, and "pointer", and no others'
        )
    if not isinstance(pointer, str) or (pointer and not pointer.startswith("/")):
        raise ValueError('"pointer" should be a JSON pointer such as "/items/0", or ""')
    return Reference(task_id.lower(), pointer)


def put_in(value: Any, result_of: Callable[[Reference], Any]) -> Any:
    """The same JSON value with the results in place of the references."""
    match value:
        case {"$result": _} | {"$results": _}:
            return result_of(reference_of(value))
        case dict():
            return {name: put_in(part, result_of) for name, part in value.items()}
        case list():
            return [put_in(part, result_of) for part in value]
    return value


def part_at(value: Any, pointer: str) -> Any:
    """The part of a JSON value at a pointer; `LookupError` if there is none."""
    for name in steps_of(pointer):
        match value:
            case dict():
                value = value[name]
            case list() if _INDEX.fullmatch(name):
                value = value[int(name)]
            case _:
                raise LookupError(name)
    return value
