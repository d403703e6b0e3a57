"""An existing app on a Redis database of its own, and what the ledger has."""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from celery import Celery
from redis import Redis

import celeriac
from celeriac.ledger.model.states import FINAL, State
from celeriac.ledger.store import keys
from lab.harness.program import Program
from lab.harness.servers import ALONE, environment, new_log
from lab.harness.waiting import wait_until
from tests.support.connections import close_app

SHOP = "tests.existing_app.running.shop"
# So that the tests are short.
SOON = {"lease": 2, "rescue_grace": 1}
QUEUE = "celery"
PYTHON = os.environ.get("CELERY_PYTHON", sys.executable)


class Place:
    """The database, a producer with or without our line, and the directory of the logs."""

    def __init__(
        self, url: str, directory: Path, *, results: str | None = None, plugged: bool = True, **options: Any
    ) -> None:
        """Nothing runs yet. `options` are Celery's settings; `results` is the result backend, where that is another."""
        self.url, self.options, self._directory = url, options, directory
        self._results = url if results is None else results
        # The ledger is with the results, where they are in Redis.
        home = self._results if self._results.startswith("redis") else url
        self.redis: Any = Redis.from_url(home, decode_responses=True)
        self.app = Celery("producer", broker=url, backend=self._results, set_as_current=False)
        self.app.conf.update(options)
        if plugged:
            celeriac.install(self.app)

    def close(self) -> None:
        """Close the connections of the producer, and those of the tests."""
        close_app(self.app)
        self.redis.close()

    def send(self, name: str, *args: Any, **options: Any) -> str:
        """Publish a task of the shop, and return its id."""
        return str(self.app.send_task(f"{SHOP}.{name}", args, **options).id)

    def record(self, task_id: str) -> dict[str, str]:
        """What the ledger has of it; nothing if there is no record."""
        fields: dict[str, str] = self.redis.hgetall(keys.record(task_id))
        return fields

    def state(self, task_id: str) -> str | None:
        """The state in its record."""
        return self.record(task_id).get("state")

    def status(self, task_id: str) -> str:
        """What Celery says of it."""
        return str(self.app.AsyncResult(task_id).state)

    def ended(self, task_id: str, timeout: float = 60) -> dict[str, str]:
        """Its record, when it has ended."""
        wait_until(lambda: self.state(task_id) in FINAL, timeout, what=f"the end of {self.record(task_id)}")
        return self.record(task_id)

    def in_state(self, task_id: str, state: State) -> dict[str, str]:
        """Its record, when it is in this state."""
        wait_until(lambda: self.state(task_id) == state, what=f"the state {state}")
        return self.record(task_id)

    def left(self) -> dict[str, object]:
        """What is in the indexes of open tasks, in the lists, and in kombu's hash of what is not acknowledged."""
        sets = [*self.redis.scan_iter("celeriac:waiting:*"), keys.running(), keys.due(), keys.deadlines()]
        left: dict[str, object] = {key: self.redis.zrange(key, 0, -1) for key in sets}
        left |= {"unacked": self.redis.hkeys("unacked"), QUEUE: self.redis.lrange(QUEUE, 0, -1)}
        return {key: value for key, value in left.items() if value}

    @contextmanager
    def worker(self, *options: str, plugged: bool = True, **settings: Any) -> Iterator[Program]:
        """A worker of the shop that takes tasks; killed in the end."""
        shop = {
            "SHOP_BROKER": self.url,
            "SHOP_RESULTS": self._results,
            "SHOP_PLUGGED": str(int(plugged)),
            "SHOP_OPTIONS": json.dumps({**self.options, **settings}),
        }
        program = Program(
            [*_command(options), "--loglevel", "INFO"],
            {**environment(**SOON), **shop},
            new_log(self._directory, "shop"),
        )
        try:
            program.wait_until(lambda: " ready." in program.log)
            yield program
        finally:
            program.kill()


def _command(options: Sequence[str]) -> list[str]:
    pool = [] if "-P" in options else ["-P", "prefork"]
    concurrency = [] if "-c" in options else ["-c", "2"]
    return [PYTHON, "-m", "celery", "-A", SHOP, "worker", *pool, *concurrency, *ALONE, *options]
