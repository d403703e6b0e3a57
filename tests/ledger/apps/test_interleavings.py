"""Whatever producers, workers and the keeper do in which order, nothing is lost or doubled."""

import json
import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from celeriac.ledger.for_apps import Publication, Published
from celeriac.ledger.model.states import FINAL, State
from celeriac.ledger.store import keys
from tests.ledger.apps.place import QUEUE, Message, Place, Run

LISTS = (QUEUE, "default\x06\x163")
STEPS = 150


def number_of(publication: Publication) -> int:
    """The number in the body."""
    return int(json.loads(publication.payload)["body"])


class World:
    """Producers, workers and a keeper, and what must be true of all that they do."""

    def __init__(self, place: Place, seed: int) -> None:
        """Nothing is published yet; there is one id that all want, and several others."""
        self.place, self.random = place, random.Random(seed)  # noqa: S311 - no secret
        self.ids = [f"{seed}-{number}" for number in range(self.random.choice([1, 1, 4]))]
        self.held: list[Message] = []
        self.runs: dict[str, Run] = {}
        # The numbers of publishes that must run, and of those that did.
        self.owed: dict[int, str] = {}
        self.ran: set[int] = set()

    def publish(self) -> None:
        """A producer with the plug-in, which may get no answer and try again."""
        task_id = self.random.choice(self.ids)
        due = self.random.choice([None, None, timedelta(microseconds=1)])
        publication = self.place.publication(task_id, list=self.random.choice(LISTS), due=due)
        published = self.place.publisher.publish(publication)
        if published is not Published.REPLAYED:
            self.owed[
                json.loads(publication.payload)["body"] and int(json.loads(publication.payload)["body"])
            ] = task_id
        if self.random.random() < 0.3:
            assert self.place.publisher.publish(publication) is Published.REPLAYED

    def adopt(self) -> None:
        """A worker receives a message of a producer without the plug-in."""
        publication = self.place.publication(self.random.choice(self.ids))
        number = number_of(publication)
        published, stamp = self.place.consumer.adopt(publication)
        if published is not Published.REPLAYED:
            self.owed[number] = publication.task_id
        if published is not Published.NEXT:
            self.held.append(Message(publication.task_id, stamp, number, b""))

    def take(self) -> None:
        """A worker receives a message."""
        name = self.random.choice(LISTS)
        if self.place.broker.exists(name):
            self.held.append(self.place.take(name))

    def hold(self) -> None:
        """It names what it holds."""
        self.place.consumer.hold([message.task_id for message in self.held])

    def claim(self) -> None:
        """It begins one."""
        if not self.held:
            return
        message = self.held.pop(self.random.randrange(len(self.held)))
        run = self.place.claim(message)
        if isinstance(run, Run):
            assert message.task_id not in self.runs, "two runs at once"
            body = json.loads("{" + self.place.record(message.task_id)["message"])["body"]
            assert int(body) == message.number, "the run of another message"
            self.runs[message.task_id] = run
            self.ran.add(message.number)

    def finish(self) -> None:
        """A run is over, in one way or another."""
        if not self.runs:
            return
        run = self.runs.pop(self.random.choice(sorted(self.runs)))
        way = self.random.choice(["end", "fail", "retry", "bare retry", "ignore", "lose", "return"])
        match way:
            case "end":
                assert self.place.end(run)
            case "fail":
                assert self.place.end(run, State.FAILED)
            case "retry":
                publication = self.place.publication(run.task_id, list=self.random.choice(LISTS))
                assert self.place.publisher.publish(publication) is Published.NEXT
                self.owed[number_of(publication)] = run.task_id
                assert self.place.retry(run) or self.place.state(run.task_id) == "cancelled"
            case "bare retry":
                assert self.place.retry(run) or self.place.state(run.task_id) == "cancelled"
            case "ignore":
                assert self.place.ignore(run)
            case "lose":
                self.place.consumer.lose(run.task_id, token=run.token, reason="it is gone")
            case "return":
                self.place.consumer.return_task(run.task_id, token=run.token)
        self.forgive(run.task_id)

    def die(self) -> None:
        """All workers die with what they hold and run."""
        self.place.keep()  # a keeper that comes late spares all leases
        for message in self.held:
            if self.place.redis.hexists(keys.record(message.task_id), "taken"):
                self.place.redis.hset(keys.record(message.task_id), "taken", 1)
        for task_id in self.runs:
            self.place.redis.zadd(keys.running(), {task_id: 1}, xx=True)
        self.held.clear()
        self.runs.clear()
        self.sweep()
        for task_id in self.ids:
            if self.place.record(task_id):
                self.forgive(task_id)

    def sweep(self) -> None:
        """The keeper comes, and all that was scheduled is due."""
        self.hold()
        due: Any = self.place.redis.zrange(keys.due(), 0, -1)
        for task_id in due:
            self.place.redis.zadd(keys.due(), {task_id: 1})
        for _ in range(2):
            self.place.keep(sweep=True)

    def cancel(self) -> None:
        """Somebody cancels a task: what was published for it need not run."""
        task_id = self.random.choice(self.ids)
        if not self.place.record(task_id):
            return
        self.place.cancel(task_id)
        self.forgive(task_id)

    def forgive(self, task_id: str) -> None:
        """What was published for a task that is cancelled need not run."""
        if self.place.state(task_id) == "cancelled":
            self.owed = {number: of for number, of in self.owed.items() if of != task_id}

    def check(self) -> None:
        """An open record is in one index, an ended one in none."""
        for task_id in self.ids:
            record, indexed = self.place.record(task_id), self.place.indexed(task_id)
            if not record:
                assert indexed == set()
                continue
            is_over = State(record["state"]) in FINAL
            assert len(indexed) == (0 if is_over else 1), (record, indexed)
            assert not (is_over and self.place.redis.exists(keys.following(task_id)))
            listed = [
                key
                for key in self.place.redis.scan_iter("celeriac:tasks:*")
                if self.place.redis.zscore(key, task_id)
            ]
            assert listed == [keys.listing(record["state"], record["name"]).encode()]

    def drain(self) -> None:
        """Nobody publishes any more, and workers work on."""
        for _ in range(500):
            if all(
                State(self.place.state(task_id)) in FINAL
                for task_id in self.ids
                if self.place.record(task_id)
            ):
                break
            for _ in range(3):
                self.take()
                self.claim()
            for run in list(self.runs.values()):
                assert self.place.end(self.runs.pop(run.task_id))
            if not self.held:
                self.sweep()
        self.check()
        assert set(self.owed) - self.ran == set(), "published and never run"


@pytest.fixture
def place(own_places: dict[str, str]) -> Iterator[Place]:
    """A ledger that takes a message for lost at once."""
    place = Place(**own_places, rescue_grace=timedelta(microseconds=1), max_lost_runs=1000)
    place.redis.hset(keys.serving(), QUEUE, 10**18)
    yield place
    place.close()


@pytest.mark.parametrize("seed", range(3))
def test_no_message_is_lost_and_no_two_run_at_once(place: Place, seed: int) -> None:
    world = World(place, seed)
    steps = [world.publish, world.adopt, world.take, world.claim, world.finish]
    weighted = [*steps, *steps, world.take, world.claim, world.claim, world.sweep, world.die, world.cancel]
    for _ in range(STEPS):
        world.random.choice(weighted)()
        world.check()
    world.drain()


def test_three_hundred_retries_at_once_are_all_run_by_two_workers(place: Place) -> None:
    at_random = random.Random(7)  # noqa: S311 - no secret
    ids = [place.publish()[0] for _ in range(300)]
    running: list[tuple[Run, bool]] = []
    while running or place.broker.exists(QUEUE):
        if at_random.random() < 0.5 and place.broker.exists(QUEUE):
            message = place.take()
            run = place.claim(message)
            assert isinstance(run, Run)
            running.append((run, message.number > len(ids)))
        elif running:
            run, is_again = running.pop(at_random.randrange(len(running)))
            if is_again:
                assert place.end(run)
            else:
                assert place.publish(run.task_id)[1] is Published.NEXT
                assert place.retry(run)
    assert {place.state(task_id) for task_id in ids} == {"succeeded"}
    assert {place.record(task_id)["attempt"] for task_id in ids} == {"2"}
