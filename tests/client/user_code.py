"""Code of a user, with the types that mypy and Pyright see."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, assert_type

from celeriac.client import (
    AsyncBatch,
    AsyncClient,
    AsyncTask,
    Batch,
    BatchResult,
    Client,
    Outcome,
    Step,
    Task,
    errors,
    events,
)
from celeriac.client.documents import KeyWithSecret, QueueDocument, State, TaskDocument


def use(client: Client) -> None:
    """The sync client."""
    task = client.submit("add", x=4, y=5, expires=60)
    assert_type(task, Task)
    assert_type(task.id, str)
    assert_type(task.state, State)
    assert_type(task.document, TaskDocument)
    assert_type(task.wait(timeout=5), Task)
    assert_type(task.result(), Any)
    step = Step("add", x=task.reference(), y=5, delay=2.5)
    assert_type(client.chain(step, [Step("add", x=step.reference(), y=1)], step), Task)
    assert_type(client.gather(step, into=Step("add", x=1, y=1, when="ended"), timeout=3), Task)
    assert_type(client.batch([step, {"name": "add", "input": {}}]).wait(timeout=5), Batch)
    assert_type(list(client.get_batch("1").results(order="ends")), list[BatchResult])
    assert_type(list(client.batches()), list[Batch])
    assert_type(task.retry(input={"x": 1, "y": 2}), Task)
    assert_type(task.input(), dict[str, Any])
    assert_type(client.run("thumbnail", image=Path("photo.jpg"), timeout=2.5), Any)
    assert_type(client.queues(), list[QueueDocument])
    assert_type(client.purge("default"), int)
    assert_type(client.create_key("ci", scopes=["read"]), KeyWithSecret)
    assert_type(list(client.tasks(state="failed")), list[Task])
    assert_type(next(client.map("add", [{"x": 1, "y": 2}])), Outcome)
    for event in task.events():
        match event:
            case events.Progress(done=done):
                assert_type(done, float)
            case events.Done(document):
                assert_type(document, TaskDocument)
            case _:
                pass
    try:
        client.get(task.id)
    except errors.InvalidInput as error:
        assert_type(error.errors[0].pointer, str)
    except errors.InDoubt as error:
        assert_type(error.task_id, str | None)


async def use_async(client: AsyncClient, inputs: AsyncIterator[dict[str, Any]]) -> None:
    """The async client."""
    task = await client.submit("add", x=4, y=5)
    assert_type(task, AsyncTask)
    assert_type(await task.wait(), AsyncTask)
    assert_type(await client.chain(Step("add", x=4, y=5, after=task)), AsyncTask)
    assert_type(await client.batch([Step("add", x=4, y=5)]), AsyncBatch)
    assert_type([batch async for batch in client.batches()], list[AsyncBatch])
    assert_type(await client.queues(), list[QueueDocument])
    assert_type([outcome async for outcome in client.map("add", inputs, at_once=8)], list[Outcome])
    assert_type([found async for found in client.tasks()], list[AsyncTask])
    assert_type(client.task("x"), AsyncTask)


def misuse(client: Client) -> None:
    """What a checker finds."""
    client.submit(7)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.chain("add")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.queue("default", limit=3)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    client.tasks(state="flying")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
