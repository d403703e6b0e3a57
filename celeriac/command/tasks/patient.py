"""Clients that outlast a restart of the server, after it was once there."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from celeriac.command.connect.server import Server

if TYPE_CHECKING:
    from celeriac.client.client import Client

# So long the server may be away in the middle of something.
AWAY_SECONDS = 60.0


@contextmanager
def clients(server: Server) -> "Iterator[tuple[Client, Client]]":
    """Two for the same server: one that fails at once if it is not there, and one that waits for it to come back."""
    server = replace(server, key=server.read_key())
    with server.client() as prompt, server.client(away=AWAY_SECONDS) as patient:
        yield prompt, patient
