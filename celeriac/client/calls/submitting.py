"""Submits tasks, and waits for their results."""

from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from celeriac.client.calls.described import Described, task_document_of
from celeriac.client.calls.file_results import with_file
from celeriac.client.calls.outcome import Fields, Outcome
from celeriac.client.calls.submission import (
    NO_OPTIONS,
    FlowOption,
    Notified,
    Options,
    Other,
    Priority,
    When,
    submission,
)
from celeriac.client.calls.waiting import ended, result_of, wait_within
from celeriac.client.documents import TaskDocument
from celeriac.client.errors import CeleriacError
from celeriac.client.flow.call import call, series, task_call
from celeriac.client.flow.retries import answer_to
from celeriac.client.flow.steps import Flow, Series, SideBySide


class Submitting(Described):
    """`submit`, `run` and `map`."""

    @task_call
    def submit(
        self,
        name: str,
        /,
        *,
        input: Fields | None = None,
        delay: float | timedelta | None = None,
        eta: datetime | str | None = None,
        expires: float | timedelta | None = None,
        idempotency_key: str | None = None,
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
        timeout: float | None = None,
        **fields: Any,
    ) -> Flow[Any]:
        """Submit a task, and return its handle: `submit("add", x=4, y=5)`.

        The fields are the input. A field with the name of an option goes into `input`. Bytes, a `Path` and an open file
        become base64, as a parameter of the type `bytes` expects it; large ones are sent as they are, in a form.

        `delay` (seconds) or `eta` is when the task is queued, and `expires` the seconds within which it must start.
        `after` has the tasks (handles or ids) that must end before: succeed, or `when="failed"` or `when="ended"`.
        `queue` is where it waits, in place of the queue of its definition; `priority` is which tasks of the queue start first. Those
        with a `fair` key (a text, or a pointer into the input) take turns by it. `tags` are words for the filter of lists:
        `tasks(tag="nightly")`.
        `unique`, `debounce`, `concurrency` and `throttle` hold tasks back by keys: `throttle={"key": "mails", "rate": "100/m"}`, or
        `celeriac.Throttle(key="mails", rate="100/m")`. `notify` has URLs, or `{"url": …, "on": […]}`, that get the end as a webhook.
        A repeated call with the same `idempotency_key`, or the same `task_id` (a UUID), returns the first task again.
        Each call has a key of its own if none is given, and sends its request again where that can help, within
        `timeout` (seconds; None: that of the client).
        """
        options = _options(
            delay=delay, eta=eta, expires=expires, idempotency_key=idempotency_key, task_id=task_id, after=after, when=when,
            queue=queue, priority=priority, fair=fair, tags=tags, unique=unique, debounce=debounce,
            concurrency=concurrency, throttle=throttle, notify=notify,
        )  # fmt: skip
        answer = yield from answer_to(submission(name, input, fields, options), self.deadline(timeout))
        document = task_document_of(answer)
        return self.handle(document["task_id"], document)

    @call
    def run(
        self,
        name: str,
        /,
        *,
        input: Fields | None = None,
        delay: float | timedelta | None = None,
        eta: datetime | str | None = None,
        expires: float | timedelta | None = None,
        idempotency_key: str | None = None,
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
        timeout: float | None = None,
        **fields: Any,
    ) -> Flow[Any]:
        """Submit a task, wait for its end, and return its result: `run("add", x=4, y=5)` is 9. A file is a `celeriac.File`.

        Raises `TaskFailed` (or `TaskCancelled`, `TaskExpired`) if the task ends without a result, and `TimedOut` if it has
        not ended within `timeout` (seconds; None: it may take as long as it does). Otherwise as `submit`.
        """
        options = _options(
            delay=delay, eta=eta, expires=expires, idempotency_key=idempotency_key, task_id=task_id, after=after, when=when,
            queue=queue, priority=priority, fair=fair, tags=tags, unique=unique, debounce=debounce,
            concurrency=concurrency, throttle=throttle, notify=notify,
        )  # fmt: skip
        document = yield from self._run(name, input, fields, options, timeout)
        value = result_of(document, self.handle)
        return (yield from with_file(document["task_id"], value, self.deadline(timeout)))

    @series
    def map(
        self,
        name: str,
        inputs: Iterable[Fields] | AsyncIterable[Fields],
        /,
        *,
        at_once: int = 64,
        ordered: bool = True,
        expires: float | timedelta | None = None,
        timeout: float | None = None,
    ) -> Series[Outcome]:
        """Run a task for each input, and give an `Outcome` for each: its value, or its error.

        At most `at_once` tasks are submitted and not ended. Inputs are taken, and outcomes kept, a few hundred at a time,
        so there can be millions. With `ordered=False`, outcomes come as tasks end. `timeout` is for each task. If the
        loop is left, no further task is submitted; those that were submitted go on.
        """
        if at_once < 1:
            raise ValueError(f"at_once={at_once} is not at least 1.")
        options = NO_OPTIONS if expires is None else Options(expires=expires)

        def flow(number: int, task_input: Fields) -> Flow[Outcome]:
            return self._outcome(name, number, task_input, options, timeout)

        yield SideBySide(_flows(inputs, flow), at_once, ordered)

    def _run(
        self, name: str, task_input: Fields | None, fields: Fields, options: Options, timeout: float | None
    ) -> Flow[TaskDocument]:
        deadline = self.long_deadline(timeout)
        request = submission(name, task_input, fields, options, wait=wait_within(deadline))
        document = task_document_of((yield from answer_to(request, deadline)))
        if document["ready"]:
            return document
        return (yield from ended(document["task_id"], document, deadline))

    def _outcome(
        self, name: str, number: int, task_input: Fields, options: Options, timeout: float | None
    ) -> Flow[Outcome]:
        task_id = None
        try:
            document = yield from self._run(name, task_input, {}, options, timeout)
            task_id = document["task_id"]
            value = result_of(document, self.handle)
            file_or_value = yield from with_file(task_id, value, self.deadline(timeout))
            return Outcome(number, task_input, task_id, file_or_value)
        except CeleriacError as error:
            return Outcome(number, task_input, task_id or getattr(error, "task_id", None), error=error)


def _options(**options: Any) -> Options:
    """Most submissions have none."""
    return Options(**options) if any(value is not None for value in options.values()) else NO_OPTIONS


def _flows(
    inputs: Iterable[Fields] | AsyncIterable[Fields], flow: Callable[[int, Fields], Flow[Outcome]]
) -> Iterator[Flow[Outcome]] | AsyncIterator[Flow[Outcome]]:
    """A flow for each input, made when it is taken."""
    if isinstance(inputs, AsyncIterable):
        return _async_flows(inputs, flow)
    return (flow(number, task_input) for number, task_input in enumerate(inputs))


async def _async_flows(
    inputs: AsyncIterable[Fields], flow: Callable[[int, Fields], Flow[Outcome]]
) -> AsyncIterator[Flow[Outcome]]:
    number = 0
    async for task_input in inputs:
        yield flow(number, task_input)
        number += 1
