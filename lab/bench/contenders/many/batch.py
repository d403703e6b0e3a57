"""`python -m lab.bench.contenders.many.batch SHAPE SIZE PORT` submits all tasks as one batch; prints its times."""

import json
import sys
from collections.abc import Iterator
from typing import Any

import uvloop

from celeriac.ledger.model.batch import ids_in
from lab.bench.contenders.many.dependencies import MOST_NAMED, measure
from lab.bench.contenders.many.shapes import ADDED, CHAIN, CHORD, GROUP
from lab.bench.load.door import Door

Item = dict[str, Any]


async def submit(door: Door, shape: str, size: int) -> list[str]:
    """The ids of those whose end is the end of all."""
    items = list(_chain(size) if shape == CHAIN else _additions(size))
    if shape == CHORD:
        items += _totals([item["as"] for item in items])
    lines = "\n".join(map(json.dumps, items)).encode()
    batch = await door.send("POST", "/batches", lines, kind="application/x-ndjson", status=202)
    task_id = ids_in(batch["batch_id"])
    return [task_id(number) for number in (range(size) if shape == GROUP else [len(items) - 1])]


def _chain(size: int) -> Iterator[Item]:
    yield {"as": "0", "name": "add", "input": {"x": 0, "y": ADDED}}
    for number in range(1, size):
        before = str(number - 1)
        task_input = {"x": {"$result": before}, "y": ADDED}
        yield {"as": str(number), "name": "add", "input": task_input, "after": [before]}


def _additions(size: int) -> Iterator[Item]:
    for number in range(size):
        yield {"as": str(number), "name": "add", "input": {"x": number, "y": ADDED}}


def _totals(names: list[str]) -> list[Item]:
    """Of all these, and of parts of them where they are too many for one task."""
    if len(names) <= MOST_NAMED:
        return [_total("total", names)]
    parts = [names[start : start + MOST_NAMED] for start in range(0, len(names), MOST_NAMED)]
    totals = [_total(f"total-{number}", part) for number, part in enumerate(parts)]
    return [*totals, _total("total", [item["as"] for item in totals])]


def _total(name: str, names: list[str]) -> Item:
    numbers = [{"$result": each} for each in names]
    return {"as": name, "name": "total", "input": {"numbers": numbers}, "after": names}


if __name__ == "__main__":
    uvloop.run(measure(submit, sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
