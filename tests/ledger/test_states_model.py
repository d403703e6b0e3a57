"""A record never leaves the diagram of states, and its indexes agree."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import settings as of_hypothesis
from hypothesis import strategies as st
from hypothesis.stateful import (
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from redis import Redis

from celeriac.ledger.for_operators import Overview
from celeriac.ledger.for_workers import Claim, Consumer, Granted
from celeriac.ledger.keeping.keeper import Keeper
from celeriac.ledger.ledger import Ledger
from celeriac.ledger.model.dependencies import Dependencies, When
from celeriac.ledger.model.states import FINAL, TRANSITIONS, State
from celeriac.ledger.model.submission import Options, Submission, UnknownDependency
from celeriac.ledger.model.submitter import Submitter
from celeriac.ledger.model.task import Failure
from celeriac.ledger.store import keys
from celeriac.settings import Settings
from celeriac.stack.valkey import Valkey
from lab.harness.waiting import wait_until
from tests.ledger.ordered_tasks import DOCUMENT, ENVELOPE, INPUT, NAME, QUEUE, OrderedTasks, Record

WORKERS = ("ada", "bob")
OWNERS = ("", "acme", "umbrella")
SHORT = timedelta(milliseconds=15)
FAILURE = Failure("ValueError", "no such invoice")

bound = of_hypothesis(
    max_examples=20, stateful_step_count=40, derandomize=True, database=None, deadline=None, print_blob=False
)
some = st.integers(0, 1_000)
maybe_short = st.sampled_from([None, SHORT, timedelta(0)])


class Tasks(OrderedTasks):
    """A ledger with two workers, and keepers that come by whenever they like."""

    url: str

    def __init__(self) -> None:
        """Nothing is there."""
        super().__init__()
        given = Settings(redis_url=self.url, lease=SHORT, rescue_grace=SHORT, max_lost_runs=3)
        ttl = timedelta(minutes=1)
        self.redis = Redis.from_url(self.url, decode_responses=True)
        self.redis.flushdb()
        self.ledger = Ledger(backend=self.url, broker=self.url, result_ttl=ttl, tombstone_ttl=ttl)
        self.keeper, self.consumer, self.overview = Keeper(given), Consumer(given), Overview(given)
        self.ids: list[str] = []
        self.tokens: list[tuple[str, str, str]] = []
        self.before: dict[str, Record] = {}
        self.forgotten: set[str] = set()

    def teardown(self) -> None:
        """Let go of the connections."""
        self.runner.run(self.ledger.close())
        self.runner.run(self.keeper.close())
        self.runner.run(self.overview.close())
        self.redis.close()

    @rule(delay=maybe_short, start_within=maybe_short, owner=st.sampled_from(OWNERS))
    def submit(self, delay: timedelta | None, start_within: timedelta | None, owner: str) -> None:
        """Somebody submits a task."""
        task_id = str(uuid4())
        options = Options(delay=delay, start_within=start_within).encode()
        self.runner.run(
            self.accept(
                Submission(
                    task_id, NAME, QUEUE, ENVELOPE, INPUT, options, Submitter(owner, "key") if owner else None
                )
            )
        )
        self.ids.append(task_id)

    @precondition(lambda self: self.ids)
    @rule(
        numbers=st.lists(some, min_size=1, max_size=2),
        when=st.sampled_from(When),
        delay=maybe_short,
        start_within=maybe_short,
    )
    def submit_after(
        self, numbers: list[int], when: When, delay: timedelta | None, start_within: timedelta | None
    ) -> None:
        """Somebody submits a task that waits for others, which may be forgotten."""
        others = tuple(dict.fromkeys(map(self._pick, numbers)))
        dependencies = Dependencies(ids=others, when=when, sees_all=True, delay=delay)
        options = Options(start_within=start_within, dependencies=dependencies).encode()
        task_id = str(uuid4())
        submission = Submission(task_id, NAME, QUEUE, ENVELOPE, INPUT, options)
        if all(map(self.record, others)):
            self.runner.run(self.accept(submission))
            self.ids.append(task_id)
            return
        with pytest.raises(UnknownDependency):
            self.runner.run(self.accept(submission))
        assert not self.record(task_id)

    @rule(worker=st.sampled_from(WORKERS))
    def start(self, worker: str) -> None:
        """Somebody submits a task, a worker claims it at once, and another has an old message of it."""
        self.submit(None, None, "acme")
        self.claim(0, worker)
        for other in WORKERS:
            self.claim(0, other)

    @rule()
    def lose_a_message(self) -> None:
        """A worker takes a message, and is gone before it claims the task."""
        self.redis.rpop(QUEUE)

    @rule(again=st.booleans())
    def hand_a_message_on(self, again: bool) -> None:  # noqa: FBT001 - hypothesis calls it
        """A worker takes a message, and puts it back; it may say so twice."""
        message: Any = self.redis.rpop(QUEUE)
        if message is None:
            return
        read = json.loads(message)
        task_id, stamp = read["headers"]["id"], read["stamp"]
        waits = self.redis.zscore(keys.waiting(QUEUE), task_id) == stamp
        left = self.redis.llen(QUEUE)
        for _ in range(1 + again):
            self.consumer.return_messages([(task_id, stamp)])
        assert self.redis.llen(QUEUE) == left + waits

    @precondition(lambda self: self.ids)
    @rule(number=some, worker=st.sampled_from(WORKERS))
    def claim(self, number: int, worker: str) -> None:
        """A worker has a message of a task, perhaps an old one."""
        task_id, token = self._pick(number), uuid4().hex
        before = self.record(task_id)
        claim = self.consumer.claim(Claim(task_id, token, worker, DOCUMENT))
        if isinstance(claim, Granted):
            assert before["state"] in {State.QUEUED, State.RETRYING, State.RUNNING}
            assert claim.attempt == int(before["attempt"]) + 1
            again = self.consumer.claim(Claim(task_id, token, worker, DOCUMENT))
            assert again == claim
        self.tokens.append((worker, task_id, token))

    @rule(worker=st.sampled_from(WORKERS))
    def renew(self, worker: str) -> None:
        """A worker says that it lives."""
        claims = [(task_id, token) for name, task_id, token in self.tokens if name == worker]
        answers = self.consumer.beat(worker, says={}, queues=[QUEUE], tasks=claims)
        for (task_id, token), answer in zip(claims, answers, strict=True):
            assert (answer in {"active", "ask", "terminate"}) == self.is_held(task_id, token)

    @precondition(lambda self: self.tokens)
    @rule(number=some, state=st.sampled_from([State.SUCCEEDED, State.FAILED]))
    def finish(self, number: int, state: State) -> None:
        """A worker says how a task has ended."""
        _, task_id, token = self._pick_token(number)
        before, was_held = self.record(task_id), self.is_held(task_id, token)
        failure = FAILURE if state is State.FAILED else None
        ended = self.consumer.end(task_id, token=token, state=state, failure=failure, document=DOCUMENT)
        if not was_held:
            assert self.record(task_id) == before
        assert ended == (was_held or (before.get("token"), before.get("state")) == (token, state))

    @precondition(lambda self: self.tokens)
    @rule(number=some, following=some, comes_to_it=st.booleans())
    def finish_and_claim(self, number: int, following: int, comes_to_it: bool) -> None:  # noqa: FBT001 - hypothesis calls it
        """A worker ends a task and claims another; its process may end before it comes to that."""
        worker, task_id, token = self._pick_token(number)
        claim = Claim(self._pick(following), uuid4().hex, worker, DOCUMENT)
        was_held = self.is_held(task_id, token)
        self.consumer.end(
            task_id, token=token, state=State.SUCCEEDED, failure=None, document=DOCUMENT, following=claim
        )
        assert not self.is_held(task_id, token)
        assert not was_held or self.record(task_id)["state"] == State.SUCCEEDED
        if comes_to_it:
            is_held = self.is_held(claim.task_id, claim.token)
            assert isinstance(self.consumer.claim(claim), Granted) == is_held
            self.tokens.append((worker, claim.task_id, claim.token))
        else:
            self.consumer.return_claimed()
            assert not self.is_held(claim.task_id, claim.token)

    @precondition(lambda self: self.tokens)
    @rule(number=some, delay=st.sampled_from([timedelta(0), SHORT]))
    def retry(self, number: int, delay: timedelta) -> None:
        """A worker puts a task off."""
        _, task_id, token = self._pick_token(number)
        with self._only_if_held(task_id, token):
            self.consumer.retry(task_id, token=token, delay=delay, failure=FAILURE, document=DOCUMENT)

    @precondition(lambda self: self.tokens)
    @rule(number=some)
    def release(self, number: int) -> None:
        """A worker that shuts down gives a task back."""
        _, task_id, token = self._pick_token(number)
        with self._only_if_held(task_id, token):
            self.consumer.return_task(task_id, token=token)

    @precondition(lambda self: self.tokens)
    @rule(number=some)
    def lose(self, number: int) -> None:
        """The process that had a task is gone."""
        _, task_id, token = self._pick_token(number)
        self.consumer.lose(task_id, token=token, reason="its process is gone")

    @precondition(lambda self: self.ids)
    @rule(number=some, terminate=st.booleans())
    def cancel(self, number: int, terminate: bool) -> None:  # noqa: FBT001 - hypothesis calls it
        """Somebody cancels a task."""
        self.runner.run(self.ledger.cancel(self._pick(number), owner=None, terminate=terminate))

    @precondition(lambda self: self.ids)
    @rule(number=some)
    def forget(self, number: int) -> None:
        """Somebody deletes a task."""
        self.runner.run(self.ledger.forget(self._pick(number), owner=None))

    @rule(sweep=st.booleans())
    def keep(self, sweep: bool) -> None:  # noqa: FBT001 - hypothesis calls it
        """A keeper comes by."""
        self.runner.run(self.keeper.go_round(sweep=sweep))

    @rule()
    def let_leases_end(self) -> None:
        """By the clock of Redis, all that is short is over."""
        seconds, micros = self.redis.time()
        begun = seconds * 1_000_000 + micros
        wait_until(lambda: self._now() - begun > 2 * SHORT / timedelta(microseconds=1))

    @invariant()
    def no_record_has_left_the_diagram(self) -> None:
        """Each step was an arrow, or none; what is final stays, until it is forgotten."""
        for task_id, record in self._records():
            before = self.before.get(task_id)
            if task_id in self.forgotten:
                assert not record
            elif not record:
                assert before is None or State(before["state"]) in FINAL
                assert self.redis.exists(keys.tombstone(task_id))
                self.forgotten.add(task_id)
            elif before is not None:
                state, was = State(record["state"]), State(before["state"])
                assert state is was or state in _reachable(was), f"{was} -> {state}"
                assert was not in FINAL or record == before
                assert int(record["attempt"]) >= int(before["attempt"])
            self.before[task_id] = record or before or {"state": State.EXPIRED, "attempt": "0"}

    @invariant()
    def the_indexes_agree_with_the_records(self) -> None:
        """Each task stands where its state says, and nowhere else."""
        expected: dict[str, set[str]] = defaultdict(set)
        due, laned = self.members(keys.due(), keys.laned(QUEUE))
        for task_id, record in self._records():
            if record:
                state = State(record["state"])
                expected[keys.tasks()].add(task_id)
                expected[keys.listing(state, NAME)].add(task_id)
                expected[keys.owned(state, NAME, record.get("owner", ""))].add(task_id)
                for key in self._indexes_of(task_id, state, record, due, laned):
                    expected[key].add(task_id)
        indexes = [keys.tasks(), *(keys.listing(state, NAME) for state in State), keys.waiting(QUEUE)]
        indexes += [keys.waiting(keys.low(QUEUE)), keys.laned(QUEUE)]
        indexes += [keys.running(), keys.due(), keys.ended(), keys.deadlines()]
        indexes += [keys.owned(state, NAME, owner) for state in State for owner in OWNERS[1:]]
        there = dict(zip(indexes, self.members(*indexes), strict=True))
        assert there == {key: expected[key] for key in indexes}

    @invariant()
    def a_blocked_task_waits_for_tasks_that_have_not_ended(self) -> None:
        """And they know of it, but for those whose followers are still to be released."""
        records = dict(self._records())
        blockers = dict(zip(records, self.members(*map(keys.blockers, records)), strict=True))
        followers = dict(zip(records, self.members(*map(keys.followers, records)), strict=True))
        for task_id, record in records.items():
            assert bool(blockers[task_id]) == (record.get("state") == State.BLOCKED)
            for other in blockers[task_id]:
                assert State(records[other]["state"]) not in FINAL
                assert task_id in followers[other]
            assert all(records[other]["state"] == State.BLOCKED for other in followers[task_id])

    @invariant()
    def the_counts_of_unfinished_tasks_are_those_of_the_records(self) -> None:
        """Of each owner, and of its key."""
        open_of = [
            record["owner"]
            for _, record in self._records()
            if "owner" in record and State(record["state"]) not in FINAL
        ]
        counts = {
            f"{key}:{owner}": str(open_of.count(owner)) for owner in set(open_of) for key in ("key", "")
        }
        assert self.redis.hgetall(keys.unfinished()) == counts

    def record(self, task_id: str) -> Record:
        """The record as it is; empty when there is none."""
        record: Any = self.redis.hgetall(keys.record(task_id))
        return dict(record)

    def is_held(self, task_id: str, token: str) -> bool:
        """Whether the task runs for this token."""
        record = self.record(task_id)
        return (record.get("state"), record.get("token")) == (State.RUNNING, token)

    def _records(self) -> list[tuple[str, Record]]:
        with self.redis.pipeline(transaction=False) as pipeline:
            for task_id in self.ids:
                pipeline.hgetall(keys.record(task_id))
            return list(zip(self.ids, pipeline.execute(), strict=True))

    def _indexes_of(
        self, task_id: str, state: State, record: Record, due: set[str], laned: set[str]
    ) -> Iterator[str]:
        match state:
            case State.BLOCKED:
                pass
            case State.SCHEDULED:
                yield keys.due()
            case State.QUEUED:
                yield self.waits_in(task_id, record, laned)
            case State.RUNNING:
                yield keys.running()
            case State.RETRYING:
                yield keys.due() if task_id in due else self.waits_in(task_id, record, laned)
            case _:
                yield keys.ended()
        if (
            state in {State.BLOCKED, State.SCHEDULED, State.QUEUED}
            and "start_by" in record
            and record["attempt"] == "0"
        ):
            yield keys.deadlines()

    def _only_if_held(self, task_id: str, token: str) -> "_Unchanged":
        return _Unchanged(self, task_id, unless=self.is_held(task_id, token))

    def _pick(self, number: int) -> str:
        latest = self.ids[:-3:-1]  # few, the newest first, so that much happens to each
        return latest[number % len(latest)]

    def _pick_token(self, number: int) -> tuple[str, str, str]:
        latest = self.tokens[-4:]
        return latest[number % len(latest)]

    def _now(self) -> int:
        seconds, micros = self.redis.time()
        return int(seconds) * 1_000_000 + int(micros)


def _reachable(was: State) -> set[State]:
    """The states after one rule: a task that is released in it may also be claimed in it."""
    next_states = set(TRANSITIONS[was])
    if was is State.BLOCKED:
        next_states |= TRANSITIONS[State.QUEUED]
    return next_states


class _Unchanged:
    """What is done in this context changes nothing of the record, unless it may."""

    def __init__(self, tasks: Tasks, task_id: str, *, unless: bool) -> None:
        self._tasks, self._task_id, self._unless = tasks, task_id, unless

    def __enter__(self) -> None:
        self._before = self._tasks.record(self._task_id)

    def __exit__(self, *failure: object) -> None:
        assert self._unless or self._tasks.record(self._task_id) == self._before


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[type[Tasks]]:
    """The machine, with a Valkey of its own."""
    with Valkey(tmp_path / "valkey", options={"appendfsync": "no"}) as server, asyncio.Runner() as runner:
        yield type("TasksHere", (Tasks,), {"url": server.url, "runner": runner})


def test_a_record_never_leaves_the_diagram_and_its_indexes_agree_with_it(machine: type[Tasks]) -> None:
    run_state_machine_as_test(machine, settings=bound)
