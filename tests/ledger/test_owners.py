"""A task belongs to its owner, and is unknown to all others."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from redis import Redis

from celeriac.client.errors import DependencyNotFound
from celeriac.contract.catalog import load_implementations
from celeriac.contract.submitting import NewTask
from celeriac.ledger.for_workers import Claim, Consumer
from celeriac.ledger.keeping.keeper import Keeper
from celeriac.ledger.ledger import Cancellation, Forgetting, Ledger
from celeriac.ledger.model.states import State
from celeriac.ledger.model.submission import Accepted, IdTaken, Options, Parent, Submission
from celeriac.ledger.model.submitter import Submitter
from celeriac.ledger.model.task import Gone
from celeriac.ledger.model.task_filter import Listing
from celeriac.ledger.store import keys
from celeriac.settings import Settings
from celeriac_worker.run.submitting import Definitions, Submitting
from lab.bench.stores import store

OURS, THEIRS = "acme", "umbrella"
DOCUMENT = b'{"status": "SUCCESS", "result": 9}'
TTL = timedelta(minutes=1)
Ask = Callable[[Ledger, str, str | None], Awaitable[Any]]
# What can be asked about one task.
QUESTIONS: dict[str, Ask] = {
    "read": lambda ledger, task_id, owner: ledger.read(task_id, owner=owner),
    "original": lambda ledger, task_id, owner: ledger.original(task_id, owner=owner),
    "history": lambda ledger, task_id, owner: ledger.history(task_id, owner=owner),
    "cancel": lambda ledger, task_id, owner: ledger.cancel(task_id, owner=owner, terminate=True),
    "forget": lambda ledger, task_id, owner: ledger.forget(task_id, owner=owner),
}


class Place:
    """A ledger, and a loop in which it is asked."""

    def __init__(self, url: str, runner: asyncio.Runner) -> None:
        """Nothing is sent yet."""
        self.ledger = Ledger(backend=url, broker=url, result_ttl=TTL, tombstone_ttl=TTL)
        self.consumer, self.keeper = Consumer(Settings(redis_url=url)), Keeper(Settings(redis_url=url))
        self._runner = runner

    def ask(self, question: Ask, task_id: str, owner: str | None) -> Any:
        """The answer, or the error that it is."""

        async def asking() -> Any:
            return await question(self.ledger, task_id, owner)

        try:
            return self._runner.run(asking())
        except (Gone, IdTaken) as error:
            return type(error)

    def submit(self, owner: str, task_id: str | None = None, **options: Any) -> Any:
        """Accept a task of this owner; its id."""
        submission = _submission(task_id or str(uuid4()), owner, **options)
        accepted = self.ask(lambda ledger, *_: ledger.accept(submission), "", None)
        return accepted.task_id if isinstance(accepted, Accepted) else accepted

    def end(self, task_id: str) -> None:
        """Run a task to its end."""
        self.consumer.claim(Claim(task_id, task_id, "ada", DOCUMENT))
        self.consumer.end(task_id, token=task_id, state=State.SUCCEEDED, failure=None, document=DOCUMENT)

    def listed(self, owner: str | None, **filters: Any) -> list[str]:
        """The ids on the first page."""
        asked = Listing(owner=owner, limit=filters.pop("limit", 100), **filters)
        page = self.ask(lambda ledger, *_: ledger.page(asked, tracebacks=False), "", None)
        return [task.task_id for task in page.tasks]

    async def close(self) -> None:
        """Let go of the connections."""
        await self.ledger.close()
        await self.keeper.close()


def _submission(task_id: str, owner: str, **options: Any) -> Submission:
    encoded = Options(**options).encode() if options else ""
    return Submission(
        task_id,
        "add",
        store.QUEUE,
        store.ENVELOPE,
        store.INPUT,
        encoded,
        Submitter(owner, "key") if owner else None,
    )


@pytest.fixture
def place(own_url: str) -> Iterator[Place]:
    """A ledger on a database of its own."""
    with asyncio.Runner() as runner:
        place = Place(own_url, runner)
        yield place
        runner.run(place.close())


def test_the_task_of_another_owner_is_as_unknown_as_an_id_that_was_never_accepted(place: Place) -> None:
    task_id, unknown = place.submit(THEIRS), str(uuid4())
    for name, question in QUESTIONS.items():
        assert place.ask(question, task_id, OURS) == place.ask(question, unknown, OURS), name
    place.end(task_id)
    for name, question in QUESTIONS.items():
        assert place.ask(question, task_id, OURS) == place.ask(question, unknown, OURS), name
    assert place.ask(QUESTIONS["read"], task_id, THEIRS).owner == THEIRS


def test_its_owner_and_who_sees_all_can_do_everything_with_it(place: Place) -> None:
    for owner in (THEIRS, None):
        task_id = place.submit(THEIRS)
        assert place.ask(QUESTIONS["read"], task_id, owner).state is State.QUEUED
        assert place.ask(QUESTIONS["original"], task_id, owner).input == store.INPUT
        assert place.ask(QUESTIONS["history"], task_id, owner).first is State.QUEUED
        assert place.ask(QUESTIONS["forget"], task_id, owner) is Forgetting.OPEN
        place.end(task_id)
        assert place.ask(QUESTIONS["cancel"], task_id, owner) is Cancellation.ENDED
        assert place.ask(QUESTIONS["forget"], task_id, owner) is Forgetting.FORGOTTEN
        assert place.ask(QUESTIONS["read"], task_id, owner) is Gone
        assert place.ask(QUESTIONS["forget"], task_id, owner) is Forgetting.GONE


@pytest.mark.parametrize("name", QUESTIONS)
def test_an_owner_without_a_name_is_nobody_and_not_everybody(place: Place, name: str) -> None:
    task_id = place.submit(THEIRS)
    with pytest.raises(ValueError, match="None sees the tasks of all owners"):
        place.ask(QUESTIONS[name], task_id, "")


def test_a_list_of_an_owner_without_a_name_is_refused_also_where_it_would_be_empty(place: Place) -> None:
    with pytest.raises(ValueError, match="None sees the tasks of all owners"):
        place.listed("")


def test_a_forgotten_task_of_another_owner_is_unknown_too(place: Place) -> None:
    task_id = place.submit(THEIRS)
    place.end(task_id)
    place.ask(QUESTIONS["forget"], task_id, THEIRS)
    assert place.ask(QUESTIONS["read"], task_id, OURS) is None
    assert place.ask(QUESTIONS["forget"], task_id, OURS) is Forgetting.UNKNOWN
    assert place.ask(QUESTIONS["read"], task_id, THEIRS) is Gone


def test_a_task_that_nobody_owns_is_unknown_to_every_owner(place: Place) -> None:
    task_id = place.submit("")
    assert place.ask(QUESTIONS["read"], task_id, OURS) is None
    assert place.listed(OURS) == []
    assert place.ask(QUESTIONS["read"], task_id, None).owner == ""


@pytest.mark.parametrize("state", ["queued", "ended", "forgotten"])
def test_redis_does_the_same_for_the_task_of_another_owner_and_for_an_unknown_one(
    state: str, place: Place, own_redis: Redis
) -> None:
    task_id, unknown = place.submit(THEIRS), str(uuid4())
    if state != "queued":
        place.end(task_id)
    if state == "forgotten":
        place.ask(QUESTIONS["forget"], task_id, THEIRS)
    for name, question in QUESTIONS.items():
        place.ask(question, unknown, OURS)  # the functions are loaded
        with own_redis.monitor() as monitor:
            done = []
            for asked in (task_id, unknown):
                place.ask(question, asked, OURS)
                own_redis.ping()
                commands = _until_ping(monitor, own_redis)
                done.append([command.replace(asked, "ID") for command in commands])
        assert done[0] == done[1], name
        assert done[0], name


def _until_ping(monitor: Any, redis: Redis) -> list[str]:
    """The commands inside scripts in the database of this test: others of the same server are in use by other tests."""
    database = redis.get_connection_kwargs()["db"]
    commands: list[str] = []
    for entry in monitor.listen():
        if entry["db"] != database:
            continue
        if entry["command"] == "PING":
            return commands
        if entry["client_type"] == "lua" and "SET" not in entry["command"].split()[0]:
            commands.append(entry["command"])
    return commands


def test_each_owner_lists_its_own_and_who_sees_all_lists_all(place: Place) -> None:
    ours = [place.submit(OURS) for _ in range(3)]
    theirs = [place.submit(THEIRS) for _ in range(2)]
    place.end(ours[0])
    later = place.submit(OURS, delay=timedelta(hours=1))
    assert place.listed(OURS) == [later, *reversed(ours)]
    assert place.listed(THEIRS) == theirs[::-1]
    assert place.listed(None) == [later, *theirs[::-1], *ours[::-1]]
    assert place.listed(OURS, states=(State.SUCCEEDED,)) == [ours[0]]
    assert place.listed(THEIRS, states=(State.SUCCEEDED,)) == []
    assert place.listed(OURS, names=("add",), queues=(store.QUEUE,)) == [later, *reversed(ours)]
    assert place.listed(OURS, names=("other",)) == []
    assert place.listed("nobody") == []


def test_the_list_of_an_owner_costs_what_its_page_costs_however_many_tasks_others_have(
    place: Place, own_redis: Redis
) -> None:
    for _ in range(3):
        place.submit(OURS, tags=("red",))
    few = _calls_of(own_redis, lambda: place.listed(OURS, limit=2))
    few_tagged = _calls_of(own_redis, lambda: place.listed(OURS, limit=2, tags=("red",)))
    store.accept(own_redis, 0, 20_000, owners=("many", "more"))
    assert _calls_of(own_redis, lambda: place.listed(OURS, limit=2)) == few
    assert _calls_of(own_redis, lambda: place.listed(OURS, limit=2, tags=("red",))) == few_tagged


def test_an_owner_lists_the_tags_of_its_own_tasks(place: Place) -> None:
    ours, theirs = (place.submit(owner, tags=("red", "blue")) for owner in (OURS, THEIRS))
    assert place.listed(OURS, tags=("red",)) == [ours]
    assert place.listed(THEIRS, tags=("blue", "red")) == [theirs]
    assert place.listed(None, tags=("red",)) == [theirs, ours]
    assert place.listed(None, tags=("red", "green")) == []


def _calls_of(redis: Redis, act: Callable[[], object]) -> dict[str, int]:
    """How many commands of each kind Redis has carried out for it."""
    act()  # what is asked only once is asked
    before = _calls(redis)
    act()
    return {
        name: count - before.get(name, 0)
        for name, count in _calls(redis).items()
        if count - before.get(name, 0)
    }


def _calls(redis: Redis) -> dict[str, int]:
    stats: dict[str, Any] = redis.info("commandstats")
    return {name: value["calls"] for name, value in stats.items() if name in RANGES}


RANGES = {"cmdstat_zrevrangebyscore"}


def test_an_id_that_another_owner_has_is_taken_and_one_s_own_is_the_same_task_again(place: Place) -> None:
    task_id = str(uuid4())
    assert place.submit(THEIRS, task_id, fingerprint="f") == task_id
    assert place.submit(THEIRS, task_id, fingerprint="f") == task_id
    for other in (OURS, ""):
        assert place.submit(other, task_id, fingerprint="f") is IdTaken
    place.end(task_id)
    place.ask(QUESTIONS["forget"], task_id, THEIRS)
    assert place.submit(THEIRS, task_id, fingerprint="f") is Gone
    for other in (OURS, ""):
        assert place.submit(other, task_id, fingerprint="f") is IdTaken
    own = place.submit("", fingerprint="f")
    assert place.submit(OURS, own, fingerprint="f") is IdTaken


def test_the_feed_says_whose_task_it_is(place: Place, own_redis: Redis) -> None:
    place.end(place.submit(OURS))
    place.submit("")
    entries: Any = own_redis.xrange(keys.feed())
    said = [(fields[b"state"], fields.get(b"owner")) for _, fields in entries]
    ours = OURS.encode()
    assert said == [(b"queued", ours), (b"running", ours), (b"succeeded", ours), (b"queued", None)]


def test_the_end_of_an_owner_s_last_task_leaves_no_index_behind(place: Place, own_redis: Redis) -> None:
    task_id = place.submit(OURS)
    place.end(task_id)
    place.ask(QUESTIONS["forget"], task_id, OURS)
    assert not own_redis.keys("celeriac:owned:*")


def test_what_a_task_submits_belongs_to_its_owner(place: Place, own_redis: Redis) -> None:
    parent_id, foreign = place.submit(OURS), place.submit(THEIRS)
    place.consumer.claim(Claim(parent_id, "token", "ada", DOCUMENT))
    definitions = Definitions(load_implementations("tasks"), Settings())
    parent = Parent(task_id=parent_id, token="token")
    submitting = Submitting(parent, place.consumer, definitions, lambda: None)
    child = NewTask(id=str(uuid4()), name="add", input={"x": 1, "y": 2})
    submitting.submit(child)
    assert set(place.listed(OURS)) == {parent_id, child.id}
    assert own_redis.hget(keys.unfinished(), f":{OURS}") == b"2"
    with pytest.raises(DependencyNotFound):
        submitting.submit(replace(child, id=str(uuid4()), after=(foreign,)))
