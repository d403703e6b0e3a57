"""Whether a Redis keeps what it is given: what makes it unsafe to trust it with tasks."""

from ledger.connection import Connection
from ledger.durability import Durability


async def faults(connection: Connection, durability: Durability) -> list[str]:
    """What is wrong with this server, in sentences that say what to do; nothing for one that keeps every task."""
    info = _parsed(await connection.call("INFO", "everything"))
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
    if info.get("role") == "slave":
        sentences.append("Redis is a replica, which takes no writes: name the primary.")
    return sentences


def _parsed(info: bytes | str) -> dict[str, str]:
    text = info.decode() if isinstance(info, bytes) else info
    lines = (line.partition(":") for line in text.splitlines() if not line.startswith("#"))
    return {name: value for name, colon, value in lines if colon}
