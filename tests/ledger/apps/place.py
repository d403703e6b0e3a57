"""A ledger with a publisher and a worker of an existing app."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import uuid4

from redis import Redis

from celeriac.ledger.for_apps import AppConsumer, Publication, Published, Publisher
from celeriac.ledger.for_operators import Overview
from celeriac.ledger.for_workers import Claim, Granted, Refused
from celeriac.ledger.from_settings import ledger_of
from celeriac.ledger.keeping.keeper import Keeper
from celeriac.ledger.model.states import State
from celeriac.ledger.model.submission import Options, Submission
from celeriac.ledger.model.task import Failure
from celeriac.ledger.protocol.app_messages import wish
from celeriac.ledger.store import keys
from celeriac.ledger.store.epoch import Epoch
from celeriac.settings import Settings
from lab.bench.stores import store

QUEUE, NAME = "default", "shop.tasks.charge"
STARTED = b'{"status": "STARTED", "result": null}'
SUCCESS = b'{"status": "SUCCESS", "result": null}'
RETRY = b'{"status": "RETRY", "result": null}'
REVOKED = b'{"status": "REVOKED", "result": null}'
BROKEN = Failure("ValueError", "no")
# Indexes of open tasks; the keys of a task that go with its record.
OPEN = (keys.running(), keys.due(), keys.deadlines())


class Message(NamedTuple):
    """What a worker takes from a list: the id and the stamp, None where another program has sent it, and the number of its publish."""

    task_id: str
    stamp: int | None
    number: int
    raw: bytes


class Run(NamedTuple):
    """A run that was granted."""

    task_id: str
    token: str


def payload(task_id: str, number: int, *, tag: str | None = None) -> str:
    """As kombu writes it; the body has the number."""
    properties = {"delivery_tag": tag or task_id, "delivery_info": {"exchange": "", "routing_key": QUEUE}}
    return json.dumps(
        {"body": str(number), "headers": {"id": task_id, "task": NAME}, "properties": properties}
    )


def read(raw: bytes) -> Message:
    """A message of a list."""
    message = json.loads(raw)
    body = message["body"]
    number = int(body) if body.isdecimal() else 0
    return Message(message["headers"]["id"], message.get("stamp"), number, raw)


class Place:
    """A ledger and what uses it."""

    def __init__(self, *, backend: str, broker: str, **settings: Any) -> None:
        """Nothing is sent yet."""
        self.settings = Settings(broker_url=broker, result_backend=backend, **settings)
        self.redis = Redis.from_url(self.settings.backend)
        self.broker = Redis.from_url(self.settings.broker)
        self.publisher = Publisher(self.settings)
        self.consumer = AppConsumer(self.settings)
        self._number = 0
        self._runner = asyncio.Runner()
        self._keeper = Keeper(self.settings)
        self._ledger = ledger_of(self.settings, epoch=Epoch())
        self._overview = Overview(self.settings)

    def publication(self, task_id: str | None = None, **more: Any) -> Publication:
        """A publish by `apply_async`, which has a number in its body."""
        self._number += 1
        task_id = task_id or str(uuid4())
        about = {"name": NAME, "queue": QUEUE, "list": QUEUE, "sending": uuid4().hex}
        return Publication(**{"task_id": task_id, "payload": payload(task_id, self._number), **about, **more})

    def publish(self, task_id: str | None = None, **more: Any) -> tuple[str, Published]:
        """Publish, and what became of it."""
        publication = self.publication(task_id, **more)
        return publication.task_id, self.publisher.publish(publication)

    def accept(self, *, app: str | None = None, **options: Any) -> str:
        """The API accepts a task of which a worker of this app makes the message, or else which has the template of one."""
        envelope = store.ENVELOPE
        if app:
            waiting = wish(app=app, task=NAME, queue=None, is_low=False)
            envelope, options["list"] = waiting.envelope, waiting.list
        encoded = Options(**options).encode()
        task_id = str(uuid4())
        self.consumer.accept(Submission(task_id, NAME, QUEUE, envelope, store.INPUT, encoded))
        return task_id

    def waiting(self, name: str = QUEUE) -> list[Message]:
        """The messages in a list, the next one first."""
        messages: Any = self.broker.lrange(name, 0, -1)
        return [read(raw) for raw in reversed(messages)]

    def take(self, name: str = QUEUE) -> Message:
        """A worker takes the next message."""
        raw: Any = self.broker.rpop(name)
        assert raw is not None
        return read(raw)

    def claim(self, message: Message, *, most: int | None = None) -> Run | State | None:
        """A worker begins what it has taken, if it may."""
        run = Run(message.task_id, uuid4().hex)
        answer = self.consumer.claim(Claim(*run, "ada", STARTED, most, message.stamp))
        match answer:
            case Granted():
                return run
            case Refused(state):
                return state

    def begin(self, name: str = QUEUE, *, most: int | None = None) -> Run:
        """A worker takes the next message and begins it."""
        run = self.claim(self.take(name), most=most)
        assert isinstance(run, Run)
        return run

    def end(self, run: Run, state: State = State.SUCCEEDED) -> bool:
        """The run ends."""
        failure = BROKEN if state is State.FAILED else None
        return self.consumer.end(run.task_id, token=run.token, state=state, failure=failure, document=SUCCESS)

    def end_with(self, run: Run, document: bytes) -> bool:
        """The run ends well, with this document of Celery's."""
        return self.consumer.end(
            run.task_id, token=run.token, state=State.SUCCEEDED, failure=None, document=document
        )

    def retry(self, run: Run) -> bool:
        """The run ends with Celery's RETRY."""
        return self.consumer.retry(
            run.task_id, token=run.token, delay=timedelta(hours=1), failure=BROKEN, document=RETRY
        )

    def ignore(self, run: Run, *, replaced: bool = False) -> bool:
        """The run ends with Celery's Ignore."""
        return self.consumer.ignored(run.task_id, token=run.token, replaced=replaced, document=SUCCESS)

    def cancel(self, task_id: str) -> None:
        """Somebody cancels a task."""
        self._runner.run(self._ledger.cancel(task_id, owner=None, terminate=False))

    def operate(self, act: Callable[[Overview], Coroutine[Any, Any, Any]]) -> Any:
        """What somebody asks or does by the operators' side."""
        return self._runner.run(act(self._overview))

    def keep(self, *, sweep: bool = False) -> None:
        """A round of the keeper."""
        self._runner.run(self._keeper.go_round(sweep=sweep))

    def record(self, task_id: str) -> dict[str, str]:
        """The record of a task."""
        fields: Any = self.redis.hgetall(keys.record(task_id))
        return {name.decode(): value.decode() for name, value in fields.items()}

    def state(self, task_id: str) -> str:
        """The state that a record has."""
        return self.record(task_id)["state"]

    def indexed(self, task_id: str) -> set[str]:
        """The indexes of open tasks that have this one."""
        indexes = [*OPEN, *(str(key, "utf-8") for key in self.redis.scan_iter("celeriac:waiting:*"))]
        return {name for name in indexes if self.redis.zscore(name, task_id) is not None}

    def close(self) -> None:
        """Close the connections."""
        for part in (self._keeper, self._ledger, self._overview):
            self._runner.run(part.close())
        self._runner.close()
        self.redis.close()
        self.broker.close()
