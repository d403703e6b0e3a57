"""How durable an accepted submission is before it is said to be accepted."""

from enum import StrEnum

from ledger.connection import Connection, InDoubt

CONFIRM_MILLISECONDS = 1_000


class Durability(StrEnum):
    """What the answer to a submission waits for. The wait is shared by all that are accepted in one step."""

    AOF = "aof"
    FSYNC = "fsync"
    REPLICA = "replica"


async def confirm(durability: Durability, connection: Connection) -> None:
    """Return once what this connection wrote is as durable as asked; `InDoubt` when that is not confirmed in time."""
    match durability:
        case Durability.AOF:
            return
        case Durability.FSYNC:
            confirmed, _ = await connection.call("WAITAOF", 1, 0, CONFIRM_MILLISECONDS)
            where = "on the server's disk"
        case Durability.REPLICA:
            confirmed = await connection.call("WAIT", 1, CONFIRM_MILLISECONDS)
            where = "on a replica"
    if confirmed < 1:
        raise InDoubt(f"written, and not confirmed to be {where} within {CONFIRM_MILLISECONDS} ms")
