"""A program in the API's process submits from values: the same door, without HTTP."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from uuid import uuid4

import pytest

from celeriac.contract.catalog import load_implementations
from celeriac.contract.declaration import task
from celeriac.contract.implementation import Implementation, implementation_of
from celeriac.ledger.model.states import State
from celeriac.settings import Settings
from celeriac_api.app import build_app
from celeriac_api.request.submission.options import Key, SubmissionOptions
from celeriac_api.response.errors import IdempotencyConflict, InvalidInput, UnknownTaskName
from celeriac_api.submissions import Submissions

ADD = {"x": 4, "y": 5}


def with_submissions(
    url: str,
    act: Callable[[Submissions], Awaitable[None]],
    implementations: Mapping[str, Implementation] | None = None,
) -> None:
    """Run this with the submissions of an app that serves nobody; by default those of the starter tasks."""

    async def main() -> None:
        settings = Settings.read({"CELERIAC_REDIS_URL": url})
        app = build_app(settings, dict(implementations or load_implementations("tasks")))
        async with app.router.lifespan_context(app):
            await act(app.state.submissions)

    asyncio.run(main())


def test_a_task_is_submitted_from_values(quiet_url: str) -> None:
    async def act(submissions: Submissions) -> None:
        task = await submissions.submit("add", ADD)
        assert (task.name, task.state) == ("add", State.QUEUED)
        later = await submissions.submit("add", ADD, SubmissionOptions(delay=timedelta(hours=1)))
        assert later.state is State.SCHEDULED

    with_submissions(quiet_url, act)


def test_a_key_or_an_id_makes_it_one_task(quiet_url: str) -> None:
    options, own = SubmissionOptions(key=Key(text=str(uuid4()))), str(uuid4())

    async def act(submissions: Submissions) -> None:
        first, again = [await submissions.submit("add", ADD, options) for _ in range(2)]
        assert first.task_id == again.task_id
        with pytest.raises(IdempotencyConflict):
            await submissions.submit("add", {"x": 4, "y": 6}, options)
        assert (await submissions.submit("add", ADD, task_id=own)).task_id == own
        with pytest.raises(IdempotencyConflict):
            await submissions.submit("add", {"x": 4, "y": 6}, task_id=own)

    with_submissions(quiet_url, act)


def test_what_does_not_fit_is_refused_as_it_is_over_http(quiet_url: str) -> None:
    async def act(submissions: Submissions) -> None:
        with pytest.raises(InvalidInput, match="/x"):
            await submissions.submit("add", {"x": "four", "y": 5})
        with pytest.raises(UnknownTaskName, match="Did you mean 'add'"):
            await submissions.submit("ad", ADD)

    with_submissions(quiet_url, act)


def test_a_queue_of_the_other_kind_of_tasks_is_refused(quiet_url: str) -> None:
    @task
    def computed(x: int) -> int:
        return x

    @task
    async def fetched(x: int) -> int:
        return x

    @task(queue="models")
    async def generated(x: int) -> int:
        return x

    async def act(submissions: Submissions) -> None:
        assert (await submissions.submit("fetched", {"x": 4})).queue == "async"
        assert (
            await submissions.submit("fetched", {"x": 4}, SubmissionOptions(queue="models"))
        ).queue == "models"
        with pytest.raises(InvalidInput, match="should be a known queue: async, models"):
            await submissions.submit("fetched", {"x": 4}, SubmissionOptions(queue="default"))
        with pytest.raises(InvalidInput, match="should be a known queue: default"):
            await submissions.submit("computed", {"x": 4}, SubmissionOptions(queue="models"))

    functions = {each.__name__: implementation_of(each) for each in (computed, fetched, generated)}
    with_submissions(quiet_url, act, {name: each for name, each in functions.items() if each is not None})
