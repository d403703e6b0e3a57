"""Tells whether a connection leads to the Redis that holds the queues of an app."""

import logging
from typing import Any
from weakref import WeakKeyDictionary

from celeriac_worker.existing_app.findings import refusal
from celeriac_worker.existing_app.state import AppLedger

logger = logging.getLogger(__name__)
# By ledger: where its app publishes; None if nothing of it can be recorded.
_PLACES: WeakKeyDictionary[AppLedger, tuple[Any, ...] | None] = WeakKeyDictionary()


def is_broker_of(ledger: AppLedger, connection: Any) -> bool:
    """Whether the app's messages are recorded, and this connection of kombu's is to its broker and not to another one."""
    if ledger not in _PLACES:
        _PLACES[ledger] = _place_of(ledger)
    place = _PLACES[ledger]
    return place is not None and _place(connection) == place


def _place_of(ledger: AppLedger) -> tuple[Any, ...] | None:
    """Found out at the first publish, when the configuration is complete."""
    finding = refusal(ledger.app)
    if finding:
        logger.error("%s", finding.sentence)
        return None
    return _place(ledger.app.connection_for_write())


def _place(connection: Any) -> tuple[Any, ...]:
    hosts = tuple(connection.alt) if connection.alt else (connection.hostname, connection.port)
    return connection.transport_cls, hosts, connection.virtual_host
