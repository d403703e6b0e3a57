"""Announces definitions as a worker does, and asks whether an API has them."""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from itertools import count
from threading import Event, Thread
from typing import Any

from celeriac.contract.definition import Definition
from celeriac.ledger.store.blocking_connection import PatientConnection
from celeriac.ledger.tables.definitions import announce

POLL_SECONDS = 0.002
PATIENCE_SECONDS = 60
# Of a path that has a route, for another method than its own.
THERE = 405

_numbers = count(1)


def names(number: int) -> list[str]:
    """Of the definitions that `announce_shop` announces."""
    return [f"shop.orders.step_{each:03}" for each in range(number)]


def announce_shop(url: str, number: int) -> None:
    """Announce so many definitions of an app."""
    documents = {name: json.dumps(_definition(name).to_json()) for name in names(number)}
    announce(PatientConnection(url), "shop", documents)


def change(connection: PatientConnection) -> str:
    """Another app has one definition, of a new name, in place of the one before. The name."""
    name = f"changes.number_{next(_numbers)}"
    announce(connection, "changes", {name: json.dumps(_definition(name).to_json())})
    return name


@contextmanager
def changing(url: str, *, seconds: float) -> Iterator[None]:
    """Meanwhile, one definition changes whenever so many seconds have passed."""
    ended = Event()

    def keep_changing() -> None:
        connection = PatientConnection(url)
        while not ended.wait(seconds):
            change(connection)

    thread = Thread(target=keep_changing)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def wait_until_served(name: str, ports: Sequence[int]) -> None:
    """Until the APIs at all these ports have its route."""
    end = time.monotonic() + PATIENCE_SECONDS
    for port in ports:
        while status_of(f"/{name}", port) != THERE:
            if time.monotonic() > end:
                raise TimeoutError(f"{name} is not served after {PATIENCE_SECONDS} s.")
            time.sleep(POLL_SECONDS)


def status_of(path: str, port: int) -> int | None:
    """Of GET at this path; None where no API answers."""
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except OSError:
        return None
    finally:
        connection.close()


def _definition(name: str) -> Definition:
    members: dict[str, Any] = {
        "name": name, "celery_name": name, "module": "shop.tasks", "queue": "celery", "soft_time_limit": None, "time_limit": 60,
        "retry": None, "summary": f"Take an order through {name}.", "hidden": [], "examples": [{"order": 4}], "app": "shop",
        "description": "The customer is told when it is done. An order that has been taken before is left as it is.",
        "input_schema": INPUT, "output_schema": {"type": "object", "properties": {"paid": {"type": "boolean"}}},
    }  # fmt: skip
    return Definition.from_json(members)


# With what hints of models and of Python's own types lead to: 1 KB.
INPUT: dict[str, Any] = {
    "type": "object",
    "required": ["order"],
    "additionalProperties": False,
    "properties": {
        "order": {"type": "integer", "minimum": 1, "title": "Order"},
        "at": {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}], "default": None},
        "customer": {"anyOf": [{"$ref": "#/$defs/Customer"}, {"type": "null"}], "default": None},
        "lines": {"type": "array", "items": {"$ref": "#/$defs/Line"}, "default": []},
    },
    "$defs": {
        "Customer": {
            "type": "object",
            "required": ["name"],
            "properties": {"name": {"type": "string", "maxLength": 200}, "mail": {"type": "string"}},
        },
        "Line": {
            "type": "object",
            "required": ["article", "number"],
            "properties": {
                "article": {"type": "string", "minLength": 1},
                "number": {"type": "integer", "minimum": 1, "maximum": 1000},
                "price": {"anyOf": [{"type": "number"}, {"type": "string", "pattern": "^[0-9.]+$"}]},
            },
        },
    },
}
