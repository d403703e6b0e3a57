"""Tasks whose results are hard to say in JSON, or cannot be said at all."""

import sys
from typing import Any

from celeriac import task


@task
def return_nan() -> float:
    """No number."""
    return float("nan")


@task
def return_infinity() -> dict[str, list[float]]:
    """No number either, further in."""
    return {"values": [1.0, float("-inf")]}


@task
def return_nan_as_anything() -> Any:
    """No number, and no hint that says so."""
    return [float("nan")]


@task
def return_nan_as_name() -> Any:
    """An object whose name is no number."""
    return {float("nan"): 1}


@task
def return_lone_surrogate() -> str:
    """No Unicode."""
    return "before \ud800 after"


@task
def return_lone_surrogate_as_name() -> dict[str, int]:
    """No Unicode, in a name."""
    return {"\udfff": 1}


@task
def return_huge_integer() -> int:
    """More digits than Python prints."""
    return 10**5_000


@task
def return_huge_integer_as_anything() -> Any:
    """The same without a hint."""
    return {"deep": [10**5_000]}


@task
def return_large_integer() -> int:
    """As many digits as Python prints."""
    return 10**4_299


@task
def return_wrong_type() -> int:
    """Not what the hint says."""
    return "four"  # type: ignore[return-value]  # on purpose


@task
def return_wrong_type_further_in() -> dict[str, list[int]]:
    """Not what the hint says, further in."""
    return {"values": [1, "two"]}  # type: ignore[list-item]  # on purpose


@task
def return_nothing_at_all() -> int:
    """Nothing, where a number was promised."""
    return None  # type: ignore[return-value]  # on purpose


@task
def return_object() -> Any:
    """Something without a JSON form."""
    return object()


@task
def return_function() -> Any:
    """Something without a JSON form, further in."""
    return {"run": print}


@task
def return_deep() -> Any:
    """Lists within lists, deeper than any reader goes."""
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    return value


@task
def return_somewhat_deep(depth: int) -> Any:
    """Lists within lists, as deep as asked."""
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


@task
def return_cycle() -> Any:
    """A list that holds itself."""
    value: list[Any] = []
    value.append(value)
    return value


@task
def return_twice_the_same_name() -> Any:
    """Two names that are one in JSON."""
    return {1: "number", "1": "text"}


@task
def return_generator() -> Any:
    """Values that are made while one looks."""
    return (number for number in range(3))


@task
def return_raw_bytes() -> Any:
    """Bytes, and no hint that says so."""
    return b"\xff\xfe"


@task
def return_unicode() -> str:
    """All sorts of characters."""
    return 'zero \x00, quote ", backslash \\, line \u2028, snow ☃, celeriac 🥬, last \U0010ffff'


@task
def return_at_length(size: int) -> str:
    """A very long text."""
    return "x" * size


@task
def return_too_much() -> str:
    """More than a result may be."""
    return "x" * 11_000_000


@task
def return_typed_value() -> Any:
    """What kombu reads as a date, where it is let to."""
    return {"__type__": "datetime", "__value__": "2026-05-01T12:00:00"}


@task
def return_typed_value_further_in() -> list[dict[str, Any]]:
    """What kombu cannot read, in a list."""
    return [{"name": "__type__"}, {"__type__": "nonsense", "__value__": 1}]


@task
def return_almost_typed_value() -> dict[str, Any]:
    """What kombu reads as it is."""
    return {"__type__": "datetime", "__value__": 1, "more": "__type__"}


@task
def print_and_warn() -> str:
    """Write to everywhere one can write to."""
    import logging
    import warnings

    sys.stdout.write("printed on standard output\n")
    sys.stderr.write("printed on standard error\n")
    warnings.warn("warned", stacklevel=1)
    logging.getLogger("shop").info("logged")
    sys.stdout.write("no end")
    return "done"
