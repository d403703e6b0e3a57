"""Whether a Redis takes what it is given, and keeps it."""

from celeriac.ledger.store import keys
from celeriac.ledger.store.connection import Connection, Refused
from celeriac.ledger.store.refusal import Refusal
from celeriac.settings import Durability

# Adds nothing, for no task has this id; it is refused where any write is.
WRITE = ("ZADD", keys.tasks(), "XX", 0, "")


async def faults(connection: Connection, durability: Durability) -> list[str]:
    """What makes this server unsafe to trust with tasks, in sentences that say what to do; `Refused` when it takes no writes."""
    info = _parsed(await connection.call("INFO", "everything"))
    if info.get("role") == "slave":
        await connection.close()  # the next one may lead to a primary
        raise Refused(Refusal("READONLY", "its role is that of a replica"))
    await connection.call(*WRITE)
    sentences = []
    policy = info.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        sentences.append(
            f"Redis evicts keys when memory is full (maxmemory-policy {policy}), and tasks with them: set noeviction."
        )
    if info.get("aof_enabled") == "0":
        sentences.append(
            "Redis keeps no append-only file, so a restart loses accepted tasks: set appendonly yes."
        )
    if durability is Durability.REPLICA and info.get("connected_slaves", "0") == "0":
        sentences.append("CELERIAC_DURABILITY=replica, and Redis has no replica that is connected.")
    return sentences


def _parsed(info: bytes | str) -> dict[str, str]:
    text = info.decode() if isinstance(info, bytes) else info
    lines = (line.partition(":") for line in text.splitlines() if not line.startswith("#"))
    return {name: value for name, colon, value in lines if colon}
