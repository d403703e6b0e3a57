"""Checks whether a Redis accepts writes and keeps its data."""

from collections.abc import Collection

from celeriac.ledger.store import keys
from celeriac.ledger.store.connection import Connection, Refused
from celeriac.ledger.store.refusal import Refusal
from celeriac.ledger.store.rights import require_rights
from celeriac.settings import Durability

# Adds nothing, for no task has this id; it is refused where any write is.
WRITE = ("ZADD", keys.tasks(), "XX", 0, "")
# All else works without this right.
UNCHECKED = (
    "Redis denies its user the command INFO, so it is unknown whether it evicts keys or keeps an append-only file: "
    "grant +info."
)


async def faults(
    connection: Connection, durability: Durability, *, queues: Collection[str], database: int
) -> list[str]:
    """The reasons why this server can lose tasks, in sentences that describe what to do; `Refused` if it accepts no writes."""
    await require_rights(connection, queues=queues, database=database, durability=durability)
    try:
        info = _parsed(await connection.call("INFO", "everything"))
    except Refused as refused:
        if refused.refusal.code != "NOPERM":
            raise
        await connection.call(*WRITE)
        return [UNCHECKED]
    if info.get("role") == "slave":
        await connection.close()  # the next one may lead to a primary
        raise Refused(Refusal("READONLY", "its role is that of a replica"))
    await connection.call(*WRITE)
    sentences = []
    policy = info.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        sentences.append(
            f"Redis evicts keys, and tasks with them, when its memory is full (maxmemory-policy {policy}): set noeviction."
        )
    if info.get("aof_enabled") == "0":
        sentences.append(
            "Redis keeps no append-only file, so a restart loses accepted tasks: set appendonly yes."
        )
    if durability is Durability.REPLICA and info.get("connected_slaves", "0") == "0":
        sentences.append("CELERIAC_DURABILITY is replica, but no replica is connected to Redis.")
    return sentences


def _parsed(info: bytes | str) -> dict[str, str]:
    text = info.decode() if isinstance(info, bytes) else info
    lines = (line.partition(":") for line in text.splitlines() if not line.startswith("#"))
    return {name: value for name, colon, value in lines if colon}
