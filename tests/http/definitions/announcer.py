"""Announces definitions in a test, as a worker does."""

import json
from collections.abc import Mapping
from typing import Any

import httpx

from celeriac.contract.definition import Definition
from celeriac.ledger.store.blocking_connection import PatientConnection
from celeriac.ledger.tables.definitions import announce
from lab.harness.waiting import wait_until

NUMBER = {
    "type": "object",
    "properties": {"x": {"type": "integer"}},
    "required": ["x"],
    "additionalProperties": False,
}


def definition(name: str, **members: Any) -> Definition:
    """A definition of this name."""
    document: dict[str, Any] = {
        "name": name, "celery_name": name, "module": "shop.tasks", "queue": "default", "soft_time_limit": None,
        "time_limit": None, "retry": None, "summary": f"Do {name}.", "description": f"Do {name}.", "hidden": [], "examples": [],
        "input_schema": NUMBER, "output_schema": {},
    }  # fmt: skip
    return Definition.from_json({**document, **members})


def tell(url: str, app: str, *definitions: Definition) -> None:
    """Announce these as all that this app has."""
    documents: Mapping[str, str] = {each.name: json.dumps(each.to_json()) for each in definitions}
    announce(PatientConnection(url), app, documents)


def names(client: httpx.Client) -> set[str]:
    """What the catalog offers."""
    return {each["name"] for each in client.get("/catalog").json()["items"] if each["refusal"] is None}


def wait_for(client: httpx.Client, *expected: str, timeout: float = 10.0) -> None:
    """Until the catalog offers exactly these."""
    wait_until(lambda: names(client) == set(expected), timeout=timeout, what="the catalog")
