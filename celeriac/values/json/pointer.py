"""JSON pointers (RFC 6901)."""

from collections.abc import Iterator, Sequence


def pointer_to(path: Sequence[int | str]) -> str:
    """The pointer to the place that these names and numbers lead to."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def steps_of(pointer: str) -> Iterator[str]:
    """The names and numbers in a pointer."""
    for step in pointer.split("/")[1:]:
        yield step.replace("~1", "/").replace("~0", "~")
