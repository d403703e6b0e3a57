"""Waits until an accepted submission is as durable as the settings require."""

from redis.exceptions import RedisError

from celeriac.ledger.store.connection import Connection, InDoubt, Unavailable
from celeriac.settings import Durability

CONFIRM_MILLISECONDS = 1_000


async def confirm(durability: Durability, connection: Connection) -> None:
    """Return when the writes of this connection are as durable as required; `InDoubt` if that is not confirmed in time."""
    if durability is Durability.AOF:
        return
    try:
        count, place = await _confirmed(durability, connection)
    except (Unavailable, RedisError) as error:
        raise InDoubt(f"written, and how durably cannot be told: {error}") from error
    if count < 1:
        raise InDoubt(f"written, and not confirmed to be {place} within {CONFIRM_MILLISECONDS} ms")


async def _confirmed(durability: Durability, connection: Connection) -> tuple[int, str]:
    """By how many, and where that is."""
    if durability is Durability.FSYNC:
        count, _ = await connection.call("WAITAOF", 1, 0, CONFIRM_MILLISECONDS)
        return int(count), "on the server's disk"
    return int(await connection.call("WAIT", 1, CONFIRM_MILLISECONDS)), "on a replica"
