"""Writes the items of a batch, one a line."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from celeriac.client.calls.many.step import Step
from celeriac.client.calls.submission import Options, ids_of, whole_input
from celeriac.client.wire.body import SpooledBody
from celeriac.client.wire.json_text import input_json
from celeriac.values.json.result_references import REFERENCE, places

BatchItem: TypeAlias = Step | Mapping[str, Any]


class BatchItems:
    """Writes steps and mappings; in a batch, a step is named by `as`, since its task gets another id."""

    def __init__(self) -> None:
        """None is written."""
        self._names: dict[str, str] = {}

    def write(self, items: Iterable[BatchItem], body: SpooledBody) -> None:
        """A line for each item."""
        for number, item in enumerate(items):
            where = f"Item {number}"
            members = self._members(item, where) if isinstance(item, Step) else item
            body.add(input_json(members, where))

    def _members(self, step: Step, where: str) -> dict[str, Any]:
        task_input = json.loads(input_json(whole_input(step.input, step.fields), f"The input of {where}"))
        after = (
            [] if step.options.after is None else [self._named(each) for each in ids_of(step.options.after)]
        )
        for _, reference in places(task_input):
            if isinstance(task_id := reference.get(REFERENCE), str):
                reference[REFERENCE] = self._named(task_id)
                after.append(reference[REFERENCE])
        name = self._names[step.id] = "s" + step.id.replace("-", "")
        return {
            "as": name,
            "name": step.name,
            "input": task_input,
            **_options(step.options),
            **({"after": list(dict.fromkeys(after))} if after else {}),
        }

    def _named(self, task_id: str) -> str:
        """An earlier step of the batch by its name; another task by its id."""
        return self._names.get(task_id, task_id)


def _options(options: Options) -> dict[str, Any]:
    members = options.beside_input() | options.single()
    members.pop("after", None)  # it is named otherwise
    if tags := options.each_tag():
        members["tags"] = tags
    return members
