"""Describes a submission before it is sent, so that others can refer to its result."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from celeriac.client.calls.outcome import Fields
from celeriac.client.calls.submission import FlowOption, Notified, Options, Other, Priority, When
from celeriac.values.json.result_references import Reference


class Step:
    """A task that `chain` or `gather` will submit: `Step("add", x=4, y=5)`.

    The fields and options are those of `Client.submit`. A step has the id of its task from the beginning: to submit it
    again is the same task. Make a new step for a new task.
    """

    def __init__(
        self,
        name: str,
        /,
        *,
        input: Fields | None = None,
        delay: float | timedelta | None = None,
        eta: datetime | str | None = None,
        expires: float | timedelta | None = None,
        task_id: str | UUID | None = None,
        after: Other | Iterable[Other] | None = None,
        when: When | None = None,
        queue: str | None = None,
        priority: Priority | None = None,
        fair: str | None = None,
        tags: str | Iterable[str] | None = None,
        unique: FlowOption | None = None,
        debounce: FlowOption | None = None,
        concurrency: FlowOption | None = None,
        throttle: FlowOption | None = None,
        notify: Notified | Iterable[Notified] | None = None,
        **fields: Any,
    ) -> None:
        """Nothing is sent yet."""
        self.name, self.input, self.fields = name, input, fields
        self.options = Options(
            delay=delay,
            eta=eta,
            expires=expires,
            task_id=str(uuid4() if task_id is None else task_id),
            after=after,
            when=when,
            queue=queue,
            priority=priority,
            fair=fair,
            tags=tags,
            unique=unique,
            debounce=debounce,
            concurrency=concurrency,
            throttle=throttle,
            notify=notify,
        )

    @property
    def id(self) -> str:
        """The id that its task gets."""
        return str(self.options.task_id)

    def reference(self, pointer: str = "") -> dict[str, str]:
        """Its result, as a value in the input of another step, which then runs after this one.

        `pointer` (RFC 6901) is a part of the result: `first.reference("/items/0")`.
        """
        return Reference(self.id, pointer).to_json()

    def __repr__(self) -> str:
        return f"<Step {self.name!r} {self.id}>"
