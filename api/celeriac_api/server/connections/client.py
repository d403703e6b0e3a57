"""A connection of uvicorn, as far as this room looks at it."""

from typing import Any, Protocol


class Client(Protocol):
    """uvicorn's `HttpToolsProtocol`, and what `OneWrite` adds."""

    transport: Any
    flow: Any
    parser: Any
    cycle: Any
    timeout_keep_alive_task: Any
    body_bytes: int

    def receive(self, data: bytes) -> None:
        """Parse this, and begin what it asks for."""


def is_answered(client: Client) -> bool:
    """Whether nothing is owed to it: it has sent no request yet, or only answered ones."""
    return client.cycle is None or client.cycle.response_complete
