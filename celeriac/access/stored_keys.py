"""Makes, lists, rotates and revokes the keys in Redis."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from celeriac.access.key import Key, SecretDigest, key_from_json, key_to_json
from celeriac.access.secret import digest, new_secret
from celeriac.ledger.tables.keys import NO_VERSION, KeyTable


class KeyExists(Exception):
    """A key with this name exists; the text is the name."""


class KeyNotFound(Exception):
    """No key has this name; the text is the name."""


class StoredKeys:
    """The keys in Redis. A change reaches every API process within 5 seconds."""

    def __init__(self, table: KeyTable, *, entry_of: Callable[[str, str], bytes] | None = None) -> None:
        """`table` stores the keys in Redis. `entry_of` makes an audit entry of an action and a name, for who writes none itself."""
        self._table, self._entry_of = table, entry_of

    async def all(self) -> dict[str, Key]:
        """All keys by name, the expired ones, too."""
        _, documents = await self._table.read()
        return {name: key_from_json(name, documents[name]) for name in sorted(documents)}

    async def is_empty(self) -> bool:
        """Whether no key was ever created, so that the API needs none."""
        return (await self._table.read()).version == NO_VERSION

    async def create(self, key: Key) -> tuple[Key, str]:
        """Store this key, which has no digests yet, and give it a secret; `KeyExists` if the name is in use."""
        secret = new_secret()
        key_with_secret = _with_secret(key, secret)
        if not await self._change("create_key", key.name, after=key_to_json(key_with_secret)):
            raise KeyExists(key.name)
        return key_with_secret, secret

    async def create_first(self, key: Key, secret: str) -> bool:
        """Store this key with this secret, unless a key was ever created; whether it was stored."""
        document = key_to_json(_with_secret(key, secret))
        return await self.is_empty() and await self._change("create_key", key.name, after=document)

    async def rotate(self, name: str, *, overlap: timedelta) -> tuple[Key, str]:
        """Give a key a new secret; the previous one stays valid for `overlap`."""
        secret, now = new_secret(), datetime.now(UTC)
        while True:
            before = await self._document(name)
            key = key_from_json(name, before).rotated(digest(secret), until=now + overlap, now=now)
            if await self._change("rotate_key", name, before=before, after=key_to_json(key)):
                return key, secret

    async def revoke(self, name: str) -> None:
        """Remove a key."""
        while not await self._change("revoke_key", name, before=await self._document(name)):
            pass  # it was changed meanwhile

    async def _change(self, action: str, name: str, *, before: str = "", after: str = "") -> bool:
        entry = self._entry_of(action, name) if self._entry_of else b""
        return await self._table.change(name, before=before, after=after, entry=entry)

    async def _document(self, name: str) -> str:
        _, documents = await self._table.read()
        try:
            return documents[name]
        except KeyError:
            raise KeyNotFound(name) from None


def _with_secret(key: Key, secret: str) -> Key:
    return replace(key, digests=(SecretDigest(sha256=digest(secret)),), created_at=datetime.now(UTC))
