"""Lets requests that arrive together in by turns of their keys.

When thousands of connections have something to read, the event loop reads all of them before anything else happens, and whoever
comes last waits until all are parsed. Here the first ones of a turn pass, and the others are kept as they came, which costs little;
the keys they have take turns (celeriac/ledger/store/turns.py). Usually less arrives in a turn, and everything passes.
"""

import asyncio
import re
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from celeriac.ledger.store.turns import Turns

# So many requests begin in one turn of the event loop: some milliseconds.
AT_ONCE = 64
# What a client may send on before its request has had its turn.
MOST_BYTES = 65_536
HEAD_BYTES = 4_096
AUTHORIZATION = re.compile(rb"\r\nauthorization:([^\r]*)", re.IGNORECASE)


class Client(Protocol):
    """A connection of uvicorn (`HttpToolsProtocol`)."""

    transport: Any
    flow: Any
    parser: Any
    cycle: Any

    def receive(self, data: bytes) -> None:
        """Parse this, and begin what it asks for."""


class FloodGate:
    """What arrives at one server."""

    def __init__(self) -> None:
        """Nothing has arrived."""
        self._passed = 0
        self._turns: Turns[tuple[bytes, Client]] = Turns(_key)
        self._kept: dict[Client, list[bytes]] = {}

    def lets_in(self, client: Client) -> bool:
        """Whether to parse what this client sends now: all of a request that has begun, and the first ones of a turn."""
        if self._kept and client in self._kept:
            return False
        cycle = client.cycle
        if cycle is not None and not cycle.response_complete:
            return True
        if not self._passed:
            asyncio.get_running_loop().call_soon(self._next_turn)
        self._passed += 1
        return self._passed <= AT_ONCE

    def keep(self, client: Client, data: bytes) -> None:
        """Until this client has its turn."""
        parts = self._kept.get(client)
        if parts is None:
            self._kept[client] = [data]
            self._turns.add((data, client))
            return
        parts.append(data)
        if sum(map(len, parts)) > MOST_BYTES:
            client.flow.pause_reading()

    def _next_turn(self) -> None:
        self._passed = 0
        if not self._turns:
            return
        asyncio.get_running_loop().call_soon(self._next_turn)
        for _, client in self._turns.take(AT_ONCE):
            self._passed += 1
            parts = self._kept.pop(client)
            if client.parser is not None and not client.transport.is_closing():
                client.flow.resume_reading()
                client.receive(b"".join(parts))


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
