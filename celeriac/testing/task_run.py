"""Runs a task in a test as the API and a worker would."""

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import closing
from contextvars import copy_context
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

from celery.exceptions import TaskRevokedError

from celeriac.client.wire.json_text import input_json
from celeriac.client.wire.problems import problem_of
from celeriac.client.wire.request import Answer
from celeriac.contract import context
from celeriac.contract.implementation import Implementation, implementation_of
from celeriac.contract.submitting import NewTask, Submissions
from celeriac.ledger.model.states import State
from celeriac.ledger.model.task import Failure
from celeriac.settings import Settings
from celeriac.testing.loop_attempt import LoopAttempt
from celeriac.testing.outcome import Outcome
from celeriac.testing.recorder import Recorder
from celeriac.testing.soft_limit import soft_time_limit as limited
from celeriac_api.definitions.prepared import PreparedDefinition
from celeriac_api.request.json_text import without_values
from celeriac_api.request.judgement import Judge
from celeriac_api.response.errors import BodyTooLarge, Problem
from celeriac_api.response.problems import answer
from celeriac_worker.run.after_error import Attempt
from celeriac_worker.run.attempt import run_attempt
from celeriac_worker.run.failure import Exited, failure_of
from celeriac_worker.run.new_input import checked_input, conflict
from celeriac_worker.run.new_options import chosen_options
from celeriac_worker.run.outcome import Cancelled, Failed, PutOff, Succeeded, Written
from celeriac_worker.run.outcome import Outcome as AttemptOutcome
from celeriac_worker.run.shared.in_loop import LoopShares
from celeriac_worker.run.shared.in_pool import PoolShares
from celeriac_worker.run.task_traceback import task_traceback


def run_task(
    function: Callable[..., object],
    /,
    *,
    input: Mapping[str, Any] | str | bytes | None = None,  # noqa: A002 - as `Client.submit` has it
    cancel_after: int | None = None,
    soft_time_limit: timedelta | None = None,
    **fields: Any,
) -> Outcome:
    """Run a function with `@task` from its input to its end, and return the outcome.

    The input is `fields`, or `input` (values, or JSON text), and may have values as for `Client.submit`. An input that the API
    would refuse raises what the client raises then: `InvalidInput`, say. A `Shared` parameter among the fields gets that value, a
    fake, say; the others are opened, and closed at the end. An async task runs in an event loop of its own.
    All attempts of the retry policy run, without a wait between them. With `cancel_after`, somebody asks to cancel the task
    after that many calls of `context.cancelled()`: 0 is before the first. `soft_time_limit` replaces the one of the task.
    The settings are those of the environment, such as CELERIAC_MAX_RESULT_BYTES. No hard time limit ends this process.
    """
    implementation = implementation_of(function)
    if implementation is None:
        raise TypeError(f"{function!r} is not a task: put @task above the function.")
    settings = Settings.read()
    fakes = {name: fields.pop(name) for name in implementation.shared if name in fields}
    body = _accepted(_json(input, fields), implementation, settings)
    run = _TaskRun(implementation, settings, body, cancel_after, soft_time_limit, fakes)
    if not implementation.definition.is_async:
        return copy_context().run(run.run)
    if _has_event_loop():
        raise RuntimeError(
            "run_task runs an async task in an event loop of its own: call it in a `def`, not in an `async def`."
        )
    return asyncio.run(run.run_in_loop())


def _has_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _json(task_input: Mapping[str, Any] | str | bytes | None, fields: dict[str, Any]) -> bytes:
    if isinstance(task_input, str | bytes):
        if fields:
            raise TypeError("The input is JSON text: give no other fields beside it.")
        return task_input.encode() if isinstance(task_input, str) else task_input
    return input_json({**(task_input or {}), **fields})


def _accepted(body: bytes, implementation: Implementation, settings: Settings) -> bytes:
    """The JSON text of the input as the API accepts it, or the client's error for its refusal."""
    prepared = PreparedDefinition(implementation.definition, implementation.input_model, settings)
    try:
        _check_size(body, settings.max_body_bytes)
        return Judge(largest=settings.max_body_bytes).judge_here(body, prepared.checked).json
    except Problem as refusal:
        response = answer(refusal, f"/{prepared.name}")
        raise problem_of(Answer(response.status_code, response.headers, bytes(response.body))) from None


def _check_size(body: bytes, largest: int) -> None:
    if len(body) > largest:
        raise BodyTooLarge(f"The input is larger than {largest} bytes, the limit of CELERIAC_MAX_BODY_BYTES.")


class _TaskRun:
    """One task, from its first attempt to its end."""

    def __init__(
        self,
        implementation: Implementation,
        settings: Settings,
        body: bytes,
        cancel_after: int | None,
        soft_limit: timedelta | None,
        fakes: Mapping[str, Any],
    ) -> None:
        definition = implementation.definition
        self._implementation = implementation
        self._fakes = fakes
        self._opened = {name: each for name, each in implementation.shared.items() if name not in fakes}
        self._max_result_bytes = settings.max_result_bytes
        self._body = body
        soft_limit = soft_limit or definition.time_limits(settings.soft_time_limit)[1]
        self._soft_limit = soft_limit
        self._soft_seconds = None if soft_limit is None else soft_limit.total_seconds()
        self._cancel_after, self._questions = cancel_after, 0
        self._task_id, self._largest = str(uuid4()), settings.max_body_bytes
        self._outcome = Outcome(
            state=State.RUNNING, input=json.loads(without_values(body, definition.hidden))
        )

    def run(self) -> Outcome:
        """Attempt after attempt, until the task has ended."""
        outcome = self._outcome
        with closing(PoolShares()) as shares:
            while outcome.state == State.RUNNING:
                self._record(self._attempt(outcome.attempts, shares))
        return outcome

    async def run_in_loop(self) -> Outcome:
        """The same for an async task."""
        outcome, shares = self._outcome, LoopShares()
        try:
            while outcome.state == State.RUNNING:
                self._record(await self._loop_attempt(outcome.attempts, shares).outcome())
        finally:
            await shares.close()
        return outcome

    def _loop_attempt(self, number: int, shares: LoopShares) -> LoopAttempt:
        async def shared() -> Mapping[str, Any]:
            return {**self._fakes, **await shares.values(self._opened)}

        return LoopAttempt(
            implementation=self._implementation,
            number=number,
            task_id=self._task_id,
            input_json=self._body,
            soft_seconds=self._soft_seconds,
            max_result_bytes=self._max_result_bytes,
            ask=self._ask,
            is_cancelled=self._is_cancelled,
            reports=Recorder(self._outcome),
            submissions=Submissions(self._task_id, self._submit),
            shared=shared,
        )

    def _attempt(self, number: int, shares: PoolShares) -> AttemptOutcome:
        attempt = Attempt(
            number,
            soft_limit_seconds=self._soft_seconds,
            max_result_bytes=self._max_result_bytes,
            is_from_api=True,
            is_cancelled=self._is_cancelled,
        )
        context.begin_recorded(
            number,
            ask=self._ask,
            reports=Recorder(self._outcome),
            submissions=Submissions(self._task_id, self._submit),
        )
        try:
            with limited(self._soft_limit):
                return run_attempt(
                    self._implementation,
                    attempt,
                    (),
                    json.loads(self._body),
                    shared=lambda: {**self._fakes, **shares.values(self._opened)},
                )
        except BaseException as error:
            if _is_for_the_test(error):
                raise
            return Failed(error)  # type: ignore[arg-type]  # a worker survives what `except Exception` does not catch

    def _submit(self, task: NewTask) -> str:
        """One call of `context.submit`; an attempt that submits the same again submits nothing."""
        plain = replace(task, input=json.loads(input_json(task.input)))
        if task.implementation is not None:
            checked_input(task, task.implementation.input_model, largest=self._largest)
        chosen_options(task)
        earlier = next((each for each in self._outcome.submissions if each.id == task.id), None)
        if earlier is None:
            self._outcome.submissions.append(plain)
        elif earlier != plain:
            raise conflict(task.id)
        return task.id

    def _record(self, end: AttemptOutcome) -> None:
        match end:
            case Succeeded(result):
                self._outcome.result = result
                self._end(State.SUCCEEDED)
            case Written(text):
                self._outcome.result = json.loads(text)
                self._end(State.SUCCEEDED)
            case Failed(error):
                cause = error.__cause__
                if isinstance(error, Exited) and cause is not None and _is_for_the_test(cause):
                    raise cause  # Ctrl-C, more probably than the task's own idea
                failure = replace(failure_of(error), traceback=task_traceback(error))
                self._end(State.FAILED, failure, error)
            case Cancelled(error):
                self._end(State.CANCELLED, _revoked(failure_of(error).message or "cancelled"), error)
            case PutOff(error) if self._is_cancelled():
                self._end(State.CANCELLED, _revoked("cancelled"), error)
            case PutOff(_, _, delay):
                self._outcome.waits.append(delay)
                self._outcome.attempts += 1

    def _end(
        self, state: State, failure: Failure | None = None, exception: BaseException | None = None
    ) -> None:
        self._outcome.state, self._outcome.error, self._outcome.exception = state, failure, exception

    def _ask(self) -> bool:
        """One call of `context.cancelled()`."""
        is_cancelled = self._is_cancelled()
        self._questions += 1
        return is_cancelled

    def _is_cancelled(self) -> bool:
        return self._cancel_after is not None and self._questions >= self._cancel_after


def _revoked(words: str) -> Failure:
    return failure_of(TaskRevokedError(words))


def _is_for_the_test(error: BaseException) -> bool:
    """Whether this is not the task's: `pytest.fail` in a fake of the test, say, or a time limit of the test."""
    return isinstance(error, KeyboardInterrupt) or any(
        kind.__module__.startswith("_pytest.") for kind in type(error).__mro__
    )
