"""How deep a JSON value is nested."""

from typing import Any


def depth_of(value: Any) -> int:
    """How many levels of values are below the whole; 0 for a value without any."""
    depth, level = 0, [value]
    while level := [child for parent in level for child in _children(parent)]:
        depth += 1
    return depth


def _children(value: Any) -> Any:
    match value:
        case dict():
            return value.values()
        case list():
            return value
        case _:
            return ()
