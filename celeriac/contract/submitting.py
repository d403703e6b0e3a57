"""Describes the tasks that a running task submits."""

from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from threading import Lock
from typing import Any, Protocol, Self, TypeAlias
from uuid import UUID, uuid5

from celeriac.contract.implementation import Implementation, implementation_of
from celeriac.contract.options.flow import FlowOption
from celeriac.values.json.result_references import Reference
from celeriac.values.states import When


class HasID(Protocol):
    """A task that was submitted."""

    @property
    def id(self) -> str:
        """Its id."""


Other: TypeAlias = str | UUID | HasID


@dataclass(frozen=True, slots=True)
class Submitted:
    """A task that a running task has submitted; in an `async def`, `await` it to know that it is accepted."""

    id: str
    name: str
    # In an event loop: the id when it is accepted, or an error.
    accepting: Awaitable[str] | None = field(default=None, repr=False, compare=False)

    def __await__(self) -> Generator[Any, Any, Self]:
        """Wait until the task is accepted. It has another id then if another task has its unique key."""
        if self.accepting is None:
            return self
        task_id = yield from self.accepting.__await__()
        return replace(self, id=task_id, accepting=None)

    def reference(self, pointer: str = "") -> dict[str, str]:
        """Its result, as a value in the input of another task, which then runs after this one.

        `pointer` (RFC 6901) is a part of the result.
        """
        return Reference(self.id, pointer).to_json()


@dataclass(frozen=True, kw_only=True, slots=True)
class NewTask:
    """A task that a running task submits; the same run, and another run of the same task, submit it once under this id."""

    id: str
    name: str
    input: Mapping[str, Any]
    after: tuple[str, ...] = ()
    when: When = When.SUCCEEDED
    delay: timedelta | None = None
    expires: timedelta | None = None
    queue: str | None = None
    tags: tuple[str, ...] = ()
    priority: str | None = None
    fair: str | None = None
    # `unique`, `debounce`, `throttle` and `concurrency`, as JSON has them.
    flow: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    # If the function was given.
    implementation: Implementation | None = field(default=None, repr=False, compare=False)


# The id of the task that was accepted: that of the new one, or of another one that has its unique key.
Submit: TypeAlias = Callable[[NewTask], str | Awaitable[str]]


class Submissions:
    """Those of one run of a task, each with an id that another run gives it, too."""

    def __init__(self, task_id: str, submit: Submit) -> None:
        """`submit` returns the id when the task is accepted, or, in an event loop, what is to be awaited for it."""
        self._task_id, self._submit = UUID(task_id), submit
        self._count = 0
        self._counting = Lock()  # a task may have threads

    def id_of(self, key: str | None) -> str:
        """The id of the submission with this key, or of the next one without."""
        if key is not None:
            return str(uuid5(self._task_id, f"key {key}"))
        with self._counting:
            self._count += 1
            return str(uuid5(self._task_id, f"number {self._count}"))

    def submit(self, task: NewTask) -> Submitted:
        """The task, once it is accepted; in an event loop, at once."""
        accepted = self._submit(task)
        if isinstance(accepted, str):
            return Submitted(accepted, task.name)
        return Submitted(task.id, task.name, accepted)


def named(task: str | Callable[..., Any]) -> tuple[str, Implementation | None]:
    """The name of a definition, and the implementation if it is given as a function with `@task`."""
    if isinstance(task, str):
        return task, None
    implementation = implementation_of(task)
    if implementation is None:
        raise TypeError(f"{task!r} is not a task: give a name, or a function with @task above it.")
    return implementation.definition.name, implementation


def whole_input(task_input: Mapping[str, Any] | None, fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """An input and further fields of it."""
    if both := (task_input or {}).keys() & fields:
        raise TypeError(f"{', '.join(sorted(both))}: given in the input, and again as a field.")
    return {**(task_input or {}), **fields}


def ids_of(others: Other | Iterable[Other] | None) -> tuple[str, ...]:
    """The ids of tasks, each once; one alone counts as one."""
    if others is None:
        return ()
    if isinstance(others, str | UUID):
        return (str(others).lower(),)
    if isinstance(others, Iterable):
        return tuple(dict.fromkeys(task_id for task in others for task_id in ids_of(task)))
    return (others.id,)


def flow_members(**options: FlowOption | Mapping[str, Any] | None) -> dict[str, Mapping[str, Any]]:
    """The options that were given, as JSON has them."""
    return {
        name: option.model_dump(by_alias=True) if isinstance(option, FlowOption) else option
        for name, option in options.items()
        if option is not None
    }


def duration(seconds: float | timedelta | None) -> timedelta | None:
    """A duration, which may be given in seconds."""
    return timedelta(seconds=seconds) if isinstance(seconds, int | float) else seconds
