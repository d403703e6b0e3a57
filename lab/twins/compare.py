"""What differs between the twins, case by case, and what is meant to."""

from collections.abc import Iterator, Mapping
from typing import Any

Seen = Mapping[str, Any]


def differences(stock: Seen, plugged: Seen) -> dict[str, list[str]]:
    """By case, a sentence for each place where the plugged twin has seen something else."""
    sentences_of = {
        name: list(_differences(stock.get(name), plugged.get(name))) for name in {**stock, **plugged}
    }
    return {name: sentences for name, sentences in sentences_of.items() if sentences}


def faults(seen: Seen) -> dict[str, Any]:
    """The cases that went wrong by themselves: something was raised that no case expects, or took too long."""
    return {
        name: case["results"]
        for name, case in seen.items()
        if any(
            "raised" in result and result["raised"] == "TimeoutError"
            for result in case["results"]
            if isinstance(result, dict)
        )
    }


def _differences(stock: Any, plugged: Any, path: str = "") -> Iterator[str]:
    match stock, plugged:
        case dict(), dict():
            for name in {**stock, **plugged}:
                yield from _differences(
                    stock.get(name), plugged.get(name), f"{path}.{name}".removeprefix(".")
                )
        case list(), list() if path == "noted":
            yield from (f"noted only by the stock one: {each}" for each in _without(stock, plugged))
            yield from (f"noted only by the plugged one: {each}" for each in _without(plugged, stock))
        case list(), list() if len(stock) == len(plugged):
            for place, pair in enumerate(zip(stock, plugged, strict=True)):
                yield from _differences(*pair, f"{path}[{place}]")
        case _ if stock != plugged:
            yield f"{path}: {stock!r}, and plugged {plugged!r}"


def _without(rows: list[Any], others: list[Any]) -> list[Any]:
    left = [*rows]
    for each in others:
        if each in left:
            left.remove(each)
    return left
