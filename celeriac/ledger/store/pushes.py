"""Pushes messages, if the queues are on a server of their own."""

from collections.abc import Sequence

from redis.exceptions import RedisError

from celeriac.ledger.store.connection import Connection, InDoubt, Unavailable


async def push_all(connection: Connection, pushed: Sequence[bytes]) -> None:
    """Push these: queue, side, message of each. The records are written: whatever goes wrong here, it is not as if nothing had been accepted."""
    messages: dict[tuple[bytes, bytes], list[bytes]] = {}
    for queue, side, message in zip(*[iter(pushed)] * 3, strict=True):
        messages.setdefault((side, queue), []).append(message)
    try:
        for (side, queue), group in messages.items():
            await connection.push(side, queue, *group)
    except (Unavailable, RedisError) as error:
        raise InDoubt(f"recorded, and perhaps not queued: {error}") from error
