"""Connections to the ledger that fit the pool of the worker.

A connection of its own for each thread is right for processes and threads. A greenlet runs one task and is gone, so greenlets
share those that are free.
"""

from types import SimpleNamespace
from typing import Any

from kombu.utils.compat import detect_environment

from celeriac.ledger.store.blocking_connection import PatientConnection


def connection_kind() -> type[PatientConnection]:
    """The kind for this process."""
    return PatientConnection if detect_environment() == "default" else SharedConnections


class SharedConnections(PatientConnection):
    """Connections that greenlets take for one command, and put back."""

    def __init__(self, url: str) -> None:
        """Nothing is sent before the first call."""
        super().__init__(url)
        self._url = url
        self._free: list[PatientConnection] = []

    def call(self, *command: Any) -> Any:
        """The command's answer, after any time."""
        connection = self._free.pop() if self._free else self._new()
        try:
            return connection.call(*command)
        finally:
            self._free.append(connection)

    def _new(self) -> PatientConnection:
        connection = PatientConnection(self._url)
        connection._local = SimpleNamespace()  # type: ignore[assignment]  # noqa: SLF001 - it goes from greenlet to greenlet
        connection.outage = self.outage
        return connection
