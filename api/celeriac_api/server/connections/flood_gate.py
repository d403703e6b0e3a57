"""Lets requests that arrive together in by turns of their keys.

When thousands of connections have something to read, the event loop reads all of them before anything else happens, and whoever
comes last waits until all are parsed. Here the first ones of a turn pass, and the others are kept as they came, which costs little;
the keys they have take turns (celeriac/ledger/store/turns.py). Usually less arrives in a turn, and everything passes.
"""

import asyncio
import re
from typing import Any
from weakref import WeakKeyDictionary

from celeriac.ledger.store.turns import Turns
from celeriac_api.server.connections.client import Client

# The most requests that begin in one turn of the event loop: they take some milliseconds.
AT_ONCE = 64
# What a client may send on before its request has had its turn.
MOST_BYTES = 65_536
HEAD_BYTES = 4_096
AUTHORIZATION = re.compile(rb"\r\nauthorization:([^\r]*)", re.IGNORECASE)


class FloodGate:
    """What arrives at one server."""

    def __init__(self) -> None:
        """Nothing has arrived."""
        self._passed = 0
        self._turns: Turns[tuple[bytes, Client]] = Turns(_key)
        self._kept: dict[Client, bytearray] = {}

    def lets_in(self, client: Client) -> bool:
        """Whether to parse what this client sends now: all of a request that has begun, and the first ones of a turn."""
        if self._kept and client in self._kept:
            return False
        if (
            cycle := client.cycle
        ) is not None and not cycle.response_complete:  # `is_answered`, without a call
            return True
        if not self._passed:
            asyncio.get_running_loop().call_soon(self._next_turn)
        self._passed += 1
        return self._passed <= AT_ONCE

    def keep(self, client: Client, data: bytes) -> None:
        """Until this client has its turn."""
        kept = self._kept.get(client)
        if kept is None:
            self._kept[client] = bytearray(data)
            self._turns.add((data, client))
            return
        kept += data
        if len(kept) > MOST_BYTES:
            client.flow.pause_reading()

    def _next_turn(self) -> None:
        self._passed = 0
        if not self._turns:
            return
        asyncio.get_running_loop().call_soon(self._next_turn)
        for _, client in self._turns.take(AT_ONCE):
            self._passed += 1
            kept = self._kept.pop(client)
            if client.parser is not None and not client.transport.is_closing():
                client.flow.resume_reading()
                client.receive(bytes(kept))


_gates: WeakKeyDictionary[Any, FloodGate] = WeakKeyDictionary()


def gate_of(server: Any) -> FloodGate:
    """That of this server."""
    gate = _gates.get(server)
    if gate is None:
        gate = _gates[server] = FloodGate()
    return gate


def _key(item: tuple[bytes, Client]) -> bytes:
    """The key as it was sent, checked or not: the same one takes turns with others."""
    match = AUTHORIZATION.search(item[0], 0, HEAD_BYTES)
    return match[1] if match else b""
