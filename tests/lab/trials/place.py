"""Where a trial takes place: Valkey servers, and proxies before them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from redis import Redis

from celeriac.ledger.store import keys
from celeriac.stack.valkey import Valkey
from lab.chaos.proxy import Proxy

# What Valkey has written is not what is on trial.
OPTIONS = {"appendfsync": "always"}
QUEUE, LOOP_QUEUE = "default", "async"
ENDS = ("SUCCESS", "FAILURE", "REVOKED")


@dataclass(frozen=True)
class Place:
    """What lies there can be looked at; both kinds of pool keep it as Celery does."""

    directory: Path
    broker: Valkey
    results: Valkey
    before_workers: Proxy
    before_clients: Proxy

    def urls(self, proxy: Proxy) -> tuple[str, str]:
        """Broker, through this proxy, and result backend."""
        broker = f"redis://127.0.0.1:{proxy.port}/0"
        return broker, broker if self.results is self.broker else self.results.url

    def waits_for_a_message(self) -> bool:
        """Whether a worker is inside its BRPOP, or its BLMPOP."""
        with Redis.from_url(self.broker.url) as redis:
            return any("b" in client["flags"] for client in redis.client_list())

    def queued(self) -> list[str]:
        """The ids in the messages that wait in the queues."""
        with Redis.from_url(self.broker.url) as redis:
            messages: list[bytes] = [*redis.lrange(QUEUE, 0, -1), *redis.lrange(LOOP_QUEUE, 0, -1)]
        return [json.loads(message)["headers"]["id"] for message in messages]

    def has_ended(self, task_id: str) -> bool:
        """Whether its result is there."""
        with Redis.from_url(self.results.url) as redis:
            document = redis.get(keys.result(task_id))
        return bool(document) and json.loads(document)["status"] in ENDS

    def is_unacknowledged(self, task_id: str) -> bool:
        """Whether a worker has taken its message, and not said that it will run it."""
        with Redis.from_url(self.broker.url) as redis:
            deliveries: list[bytes] = redis.hvals("unacked")
        return any(task_id.encode() in delivery for delivery in deliveries)

    def remembers(self, task_id: str) -> bool:
        """Whether there is anything from which the task could be run: a message, queued or unacknowledged, or a record."""
        with Redis.from_url(self.results.url) as redis:
            has_record = bool(redis.exists(keys.record(task_id)))
        return has_record or task_id in self.queued() or self.is_unacknowledged(task_id)


@contextmanager
def together(directory: Path) -> Iterator[Place]:
    """One server for all."""
    with Valkey(directory / "valkey", options=OPTIONS) as valkey, _place(directory, valkey, valkey) as place:
        yield place


@contextmanager
def apart(directory: Path) -> Iterator[Place]:
    """Results lie on a server of their own."""
    with (
        Valkey(directory / "broker", options=OPTIONS) as broker,
        Valkey(directory / "results", options=OPTIONS) as results,
        _place(directory, broker, results) as place,
    ):
        yield place


@contextmanager
def _place(directory: Path, broker: Valkey, results: Valkey) -> Iterator[Place]:
    with Proxy(broker.port) as before_workers, Proxy(broker.port) as before_clients:
        yield Place(directory, broker, results, before_workers, before_clients)
