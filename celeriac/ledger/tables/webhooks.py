"""Endpoints and secrets of owners in Redis, and the URLs that are gone."""

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Any

from celeriac.ledger.model.times import microseconds, milliseconds
from celeriac.ledger.store import keys, scripts
from celeriac.ledger.store.connection import Argument, Connection
from celeriac.ledger.store.epoch import Epoch
from celeriac.ledger.store.group_commit import Batching
from celeriac.ledger.tables.deliveries import Secrets, secrets_of

MOST_ENDPOINTS = 10
# The secret before the current one signs as well for so long.
BOTH_SIGN = timedelta(days=1)
GONE_FOR = timedelta(days=1)


class Change(StrEnum):
    """The result of a change of an endpoint."""

    CHANGED = "changed"
    OVERTAKEN = "overtaken"
    FULL = "full"


class WebhookTable:
    """Requests one after another, over a connection of its own. An owner is "" in open access."""

    def __init__(self, backend: str, *, epoch: Epoch | None = None) -> None:
        """The URL of the Redis that holds the records. Nothing is sent yet."""
        self._connection = Connection(backend, epoch=epoch)
        self._asking = Batching(self._ask_all)

    async def endpoints(self, owner: str) -> dict[str, str]:
        """The endpoints of an owner (JSON), by name."""
        flat = await self._run("HGETALL", keys.endpoints(owner))
        pairs = zip(flat[::2], flat[1::2], strict=True)
        return {name.decode(): text.decode() for name, text in sorted(pairs)}

    async def endpoint(self, owner: str, name: str) -> str:
        """An endpoint (JSON); "" if there is none."""
        text = await self._run("HGET", keys.endpoints(owner), name)
        return text.decode() if text else ""

    async def change(self, owner: str, name: str, *, before: str, after: str) -> Change:
        """Write an endpoint, if it is still as it was before; "" is none."""
        answer = await self._run(scripts.CHANGE_ENDPOINT, owner, name, before, after, MOST_ENDPOINTS)
        return Change(answer.decode())

    async def secrets(self, owner: str, *, new: str) -> Secrets:
        """The secrets of an owner; `new` is the first one, where there is none."""
        return await self._secrets(owner, new, "ensure")

    async def rotate(self, owner: str, *, new: str) -> Secrets:
        """The secrets of an owner, of which the current one is `new` from now on."""
        return await self._secrets(owner, new, "rotate")

    async def note_gone(self, owner: str, url: str) -> None:
        """Nothing is sent from this owner to this URL for a day."""
        digest = hashlib.sha1(url.encode(), usedforsecurity=False).hexdigest()
        await self._run("SET", keys.gone_url(owner, digest), 1, "PX", milliseconds(GONE_FOR))

    async def close(self) -> None:
        """Close the connection."""
        await self._asking.close()
        await self._connection.close()

    async def _secrets(self, owner: str, new: str, wish: str) -> Secrets:
        text = await self._run(scripts.CHANGE_SECRET, owner, new, wish, microseconds(BOTH_SIGN))
        return secrets_of(text) or Secrets(new)

    async def _run(self, verb: scripts.Script | str, *arguments: Argument) -> Any:
        return await self._asking.do((verb, arguments))

    async def _ask_all(self, questions: Sequence[tuple[Any, Sequence[Argument]]]) -> list[Any]:
        return [
            await (
                self._connection.run(verb, arguments)
                if isinstance(verb, scripts.Script)
                else self._connection.call(verb, *arguments)
            )
            for verb, arguments in questions
        ]
