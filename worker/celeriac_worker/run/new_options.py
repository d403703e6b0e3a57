"""Checks the options of a task that a running task submits, beside its input."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from celeriac.contract.definition import Definition
from celeriac.contract.options.flow import FLOW_OPTIONS, Flow, Key
from celeriac.contract.options.keys import Keys, NoKey
from celeriac.contract.submitting import NewTask
from celeriac.ledger.model.flow import FlowKeys
from celeriac.values.json.pointer import pointer_to
from celeriac.values.states import Priority
from celeriac_worker.run.new_input import invalid


@dataclass(frozen=True)
class Chosen:
    """What the submission names itself."""

    priority: Priority | None
    fair: str | None
    flow: Flow


@dataclass(frozen=True)
class Rules:
    """What holds for the task: what the submission names, or else its definition has."""

    priority: Priority
    fair: str | None
    flow: FlowKeys | None


def chosen_options(task: NewTask) -> Chosen:
    """The options that are named; raises what the client raises for the API's refusal."""
    wrong: list[tuple[str, str]] = []

    def read(name: str, value: Any) -> Any:
        try:
            return None if value is None else _readers()[name].validate_python(value)
        except ValidationError as error:
            wrong.extend(
                (pointer_to((name, *each["loc"])), each["msg"]) for each in error.errors(include_url=False)
            )

    priority, fair = read("priority", task.priority), read("fair", task.fair)
    flow = {name: read(name, value) for name, value in task.flow.items()}
    if "debounce" in task.flow and task.delay is not None:
        wrong.append(("/delay", "should not be given together with `debounce`, which delays the task itself"))
    if wrong:
        raise invalid(wrong)
    return Chosen(priority, fair, Flow(**flow))


def rules_of(chosen: Chosen, definition: Definition, input_json: bytes) -> Rules:
    """With the keys in this valid input."""
    keys = Keys(input_json, hidden=definition.hidden)
    fair, flow = chosen.fair or definition.fair, chosen.flow.over(definition.flow)
    try:
        key = None if fair is None else keys.key_of("fair", fair)
        of_keys = keys.rules_of(flow)
    except NoKey as none:
        raise invalid([(none.pointer, none.sentence)]) from none
    named = chosen.flow.to_json() if chosen.flow.options else None
    return Rules(
        priority=chosen.priority or definition.priority,
        fair=key,
        flow=FlowKeys.of(of_keys, chosen=named) if of_keys else None,
    )


@cache
def _readers() -> dict[str, TypeAdapter[Any]]:
    """By the name of an option."""
    kinds: dict[str, Any] = {"priority": Priority, "fair": Key, **FLOW_OPTIONS}
    return {name: TypeAdapter(kind) for name, kind in kinds.items()}
