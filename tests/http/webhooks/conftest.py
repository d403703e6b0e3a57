"""An API that sends webhooks to loopback addresses, and what ends its tasks."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from redis import Redis

from celeriac.ledger.for_workers import Claim, Consumer
from celeriac.ledger.model.states import State
from celeriac.ledger.model.task import Failure
from celeriac.settings import Settings
from lab.harness.servers import running_api
from tests.http.webhooks.receiver import Receiver, receiving

LOOPBACK = {"webhook_allow": "127.0.0.0/8", "webhook_timeout": "2s", "webhook_retries": "0.1s,0.2s,0.2s"}


class Ends:
    """Ends tasks as a worker would, without running them."""

    def __init__(self, **settings: str) -> None:
        """With the ledger that these settings name."""
        self._consumer = Consumer(Settings.read({f"CELERIAC_{k.upper()}": v for k, v in settings.items()}))

    def succeed(self, task_id: str, result: object = 9) -> None:
        """It ends with this result."""
        self._end(task_id, State.SUCCEEDED, "SUCCESS", result, None)

    def fail(self, task_id: str) -> None:
        """It ends with an error."""
        outcome = {"exc_type": "ValueError", "exc_message": ["no"], "exc_module": "builtins"}
        self._end(task_id, State.FAILED, "FAILURE", outcome, Failure("ValueError", "no"))

    def _end(self, task_id: str, state: State, status: str, result: object, failure: Failure | None) -> None:
        token = uuid4().hex
        self._consumer.claim(Claim(task_id, token, "worker@test", b'{"status": "STARTED", "result": {}}'))
        document = json.dumps({"status": status, "result": result, "traceback": None}).encode()
        assert self._consumer.end(task_id, token=token, state=state, failure=failure, document=document)


@pytest.fixture(scope="session")
def webhook_url(new_database: Callable[[], str]) -> str:
    """The database of `hooked`."""
    return new_database()


@pytest.fixture(scope="session")
def hooked(webhook_url: str, directory: Path) -> Iterator[httpx.Client]:
    """A client of the API."""
    with running_api(directory, redis_url=webhook_url, **LOOPBACK) as api, api.client() as client:
        yield client


@pytest.fixture(scope="session")
def ends(webhook_url: str) -> Ends:
    """Who ends its tasks."""
    return Ends(redis_url=webhook_url)


@pytest.fixture(scope="session")
def receiver() -> Iterator[Receiver]:
    """Who gets its webhooks; each test uses paths of its own."""
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def hooked_redis(webhook_url: str) -> Iterator[Redis]:
    """The database of `hooked`."""
    with Redis.from_url(webhook_url) as client:
        yield client
