"""Builds messages as the scripts do, for tests without a server."""

from celeriac.ledger.protocol.message import Envelope, encoded_input


def message(
    envelope: Envelope,
    task_id: str,
    input_json: bytes,
    *,
    stamp: int = 1,
    expires: str = "null",
    headers: str = "",
) -> bytes:
    """The message of a task; `expires` and `headers` are JSON, as celeriac/ledger/protocol/message.py makes them."""
    own = task_id.encode()
    values = (b"%d" % stamp, encoded_input(input_json), own, expires.encode(), own, headers.encode())
    return envelope.format % (*values, own, own, own)
