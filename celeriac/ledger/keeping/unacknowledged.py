"""Leaves messages to workers of other programs that have not acknowledged them, on two servers.

On one server, find_lost_messages.lua looks itself.
"""

import json
from collections.abc import Sequence

from redis.exceptions import ResponseError

from celeriac.ledger.store import keys, scripts
from celeriac.ledger.store.connection import Connection, Refused

Message = tuple[bytes, bytes, bytes]


async def without_held(backend: Connection, broker: Connection, pushed: Sequence[bytes]) -> list[bytes]:
    """Of what a sweep pushes (list, side, message), all that is not in kombu's hash of unacknowledged messages."""
    rest: list[bytes] = []
    for message in zip(*[iter(pushed)] * 3, strict=True):
        if not await _is_held(backend, broker, message):
            rest += message
    return rest


async def _is_held(backend: Connection, broker: Connection, pushed: Message) -> bool:
    """If so, its message was not returned."""
    name, side, text = pushed
    if side == scripts.INSIDE:  # nobody has taken it before
        return False
    message = json.loads(text)
    tag = message.get("properties", {}).get("delivery_tag")
    if tag is None:
        return False
    record = keys.record(message["headers"]["id"])
    queue, taken = await backend.call("HMGET", record, "queue", "taken")
    if taken is not None or queue is None:
        return False
    # With `global_keyprefix`, the names of the list and of the hash begin with it.
    prefix, separator, _ = name.partition(queue)
    try:
        is_held = await broker.call("HEXISTS", (prefix if separator else b"") + b"unacked", tag)
    except (Refused, ResponseError):  # it is not ours to read
        return False
    if is_held:
        await backend.call("HINCRBY", record, "returned", -1)
    return bool(is_held)
