"""Rules of the ledger's model for tasks with a priority or a key."""

import asyncio
import json
from typing import Any
from uuid import uuid4

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from redis import Redis

from celeriac.ledger.for_operators import Overview
from celeriac.ledger.for_workers import Claim, Consumer
from celeriac.ledger.ledger import Ledger
from celeriac.ledger.model.submission import Options, Submission
from celeriac.ledger.store import keys
from celeriac.values.states import Priority
from lab.bench.stores import store

QUEUE, NAME = "default", "add"
ENVELOPE, INPUT = store.ENVELOPE, store.INPUT
DOCUMENT = b'{"status": "SUCCESS", "result": 9}'
Record = dict[str, str]


class OrderedTasks(RuleBasedStateMachine):
    """The rules and invariants of priorities and lanes."""

    runner: asyncio.Runner
    redis: "Redis"
    ledger: Ledger
    consumer: Consumer
    overview: Overview
    ids: list[str]
    tokens: list[tuple[str, str, str]]

    @rule(
        priority=st.sampled_from(Priority), fair=st.sampled_from([None, "a", "b"]), count=st.integers(1, 20)
    )
    def submit_in_order(self, priority: Priority, fair: str | None, count: int) -> None:
        """Somebody submits tasks that do not wait in the order in which they came; too many for a window."""
        options = Options(priority=priority, fair=fair).encode()
        for _ in range(count):
            task_id = str(uuid4())
            self.runner.run(self.accept(Submission(task_id, NAME, QUEUE, ENVELOPE, INPUT, options)))
            self.ids.append(task_id)

    @rule(low=st.booleans(), count=st.integers(1, 20))
    def work(self, low: bool, count: int) -> None:  # noqa: FBT001 - hypothesis calls it
        """A worker takes messages from one of the lists, and claims their tasks."""
        messages: Any = self.redis.rpop(keys.low(QUEUE) if low else QUEUE, count)
        for message in messages or []:
            task_id, token = json.loads(message)["headers"]["id"], uuid4().hex
            self.consumer.claim(Claim(task_id, token, "ada", DOCUMENT))
            self.tokens.append(("ada", task_id, token))

    @rule()
    def purge(self) -> None:
        """Somebody purges the queue."""
        self.runner.run(self.overview.purge(QUEUE))

    @invariant()
    def lanes_have_the_tasks_that_are_not_pushed_and_keys_with_tasks_have_turns(self) -> None:
        """And while a lane has tasks, the list has a message of its group."""
        places = [(group, key) for group in Priority for key in ("", " a", " b")]
        turns = [keys.turns(group, QUEUE) for group in Priority]
        *lanes, laned = self.members(
            *(keys.lane(group, QUEUE, key) for group, key in places), keys.laned(QUEUE)
        )
        with_tasks = {place for place, lane in zip(places, lanes, strict=True) if lane}
        with_turns = zip(Priority, self.members(*turns), strict=True)
        assert {(group, key) for group, members in with_turns for key in members} == with_tasks
        assert set[str]().union(*lanes) == laned
        assert {f"{group} {QUEUE}" for group, _ in with_tasks} == self.redis.smembers(keys.lanes())

    def members(self, *indexes: str) -> list[set[str]]:
        """Of each of these sorted sets, asked for in one request."""
        with self.redis.pipeline() as pipeline:
            for key in indexes:
                pipeline.zrange(key, 0, -1)
            return [set(members) for members in pipeline.execute()]

    async def accept(self, submission: Submission) -> Any:
        """The answer of the ledger."""
        return await self.ledger.accept(submission)

    def waits_in(self, task_id: str, record: Record, laned: set[str]) -> str:
        """The index of a task whose message is to be taken; these tasks are in lanes."""
        if task_id in laned:
            assert "fair" in record or record["priority"] == "high"
            return keys.laned(QUEUE)
        return keys.waiting(keys.low(QUEUE) if record.get("priority") == "low" else QUEUE)
