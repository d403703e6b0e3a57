"""The acts of clients, drawn by the seed, each with its expected answer."""

from collections.abc import Awaitable, Callable
from random import Random
from uuid import uuid4

import httpx

Act = Callable[[httpx.AsyncClient, Random], Awaitable[None]]


class Wrong(Exception):
    """An answer was not the true one."""


async def submit_and_wait(http: httpx.AsyncClient, random: Random) -> None:
    """An addition, and its sum in the same answer."""
    x, y = random.getrandbits(80), random.getrandbits(80)
    answer = await http.post("/add", json={"x": x, "y": y}, headers={"Prefer": "wait=30"})
    expect(answer, 200, state="succeeded", result=x + y)


async def submit_and_ask(http: httpx.AsyncClient, random: Random) -> None:
    """A longer text, asked for until it is counted."""
    words = random.randint(1, 2_000)
    answer = await http.post("/word_count", json={"text": "celery " * words})
    expect(answer, 202, state="queued")
    answer = await http.get(answer.headers["location"], params={"wait": 30})
    expect(answer, 200, state="succeeded")


async def fail(http: httpx.AsyncClient, random: Random) -> None:
    """A task that fails after a retry, or for good."""
    name, task_input = random.choice([("flaky", {"failures": 1}), ("fail", {"message": "as asked"})])
    answer = await http.post(f"/{name}", json=task_input, headers={"Prefer": "wait=30"})
    expect(answer, 200, state="succeeded" if name == "flaky" else "failed")


async def submit_twice(http: httpx.AsyncClient, random: Random) -> None:
    """One task for two requests with one key."""
    key, body = str(uuid4()), {"x": random.randint(1, 9), "y": 1}
    first, second = [await http.post("/add", json=body, headers={"Idempotency-Key": key}) for _ in range(2)]
    expect(second, 202, task_id=first.json()["task_id"])


async def cancel(http: httpx.AsyncClient, _: Random) -> None:
    """A task that is not due yet never runs."""
    answer = await http.post("/add", params={"delay": 3600}, json={"x": 1, "y": 1})
    expect(answer, 202, state="scheduled")
    expect(await http.post(answer.json()["links"]["cancel"]), 200, state="cancelled")


async def watch(http: httpx.AsyncClient, random: Random) -> None:
    """The events of a task to its end."""
    answer = await http.post("/primes", json={"limit": random.randint(10_000, 40_000)})
    async with http.stream("GET", answer.json()["links"]["events"]) as stream:
        lines = [line async for line in stream.aiter_lines()]
    if "event: done" not in lines:
        raise Wrong(f"a stream ended without done: {lines[-5:]}")


async def look_around(http: httpx.AsyncClient, random: Random) -> None:
    """What the page asks for."""
    path = random.choice(["/tasks", "/tasks?state=failed", "/queues", "/workers", "/metrics", "/readyz"])
    expect(await http.get(path), 200)


async def be_refused(http: httpx.AsyncClient, random: Random) -> None:
    """What is refused, is refused."""
    task_input = random.choice([{}, {"x": "a", "y": 1}, {"x": 1, "y": 1, "z": 1}, [1, 2]])
    expect(await http.post("/add", json=task_input), 422)
    expect(await http.get(f"/tasks/{uuid4()}"), 404)


# How often, in proportion.
TABLE: dict[Act, int] = {
    submit_and_wait: 40,
    submit_and_ask: 20,
    fail: 5,
    submit_twice: 10,
    cancel: 5,
    watch: 3,
    look_around: 5,
    be_refused: 5,
}


def expect(answer: httpx.Response, status: int, **members: object) -> None:
    """`Wrong` unless the answer has this status and these members."""
    if answer.status_code != status:
        raise Wrong(f"{answer.request.url}: {answer.status_code} instead of {status}: {answer.text[:300]}")
    for name, value in members.items():
        if answer.json()[name] != value:
            raise Wrong(f"{answer.request.url}: {name} is not {value!r}: {answer.text[:300]}")
