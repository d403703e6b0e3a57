"""The keys in Redis: made, rotated, revoked and listed, each in one step."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

import pytest
from redis import Redis

from celeriac.access.key import Key
from celeriac.access.secret import digest
from celeriac.access.stored_keys import KeyExists, KeyNotFound, StoredKeys
from celeriac.ledger.tables.keys import NO_VERSION, KeyTable

Answer = TypeVar("Answer")
CI = Key(name="ci", owner="shop", grants=("read",), digests=())


def with_keys(url: str, act: Callable[[StoredKeys, KeyTable], Awaitable[Answer]]) -> Answer:
    """What comes of this, with the keys of this database."""

    async def run() -> Answer:
        table = KeyTable(url)
        try:
            return await act(StoredKeys(table), table)
        finally:
            await table.close()

    return asyncio.run(run())


def test_a_key_is_kept_without_its_secret_and_its_name_is_taken(own_url: str, own_redis: Redis) -> None:
    async def act(keys: StoredKeys, _: KeyTable) -> None:
        made, secret = await keys.create(CI)
        assert made.digests[0].sha256 == digest(secret)
        assert await keys.all() == {"ci": made}
        with pytest.raises(KeyExists, match="ci"):
            await keys.create(CI)
        held = b"".join(own_redis.dump(key) or b"" for key in own_redis.scan_iter())
        assert secret[5:40].encode() not in held

    with_keys(own_url, act)


def test_each_change_has_a_version_of_its_own_and_what_is_known_is_not_sent_again(own_url: str) -> None:
    async def act(keys: StoredKeys, table: KeyTable) -> None:
        versions = [(await table.read()).version]
        assert versions == [NO_VERSION]
        for change in (keys.create(CI), keys.rotate("ci", overlap=timedelta(hours=1)), keys.revoke("ci")):
            await change
            found = await table.read_since(versions[-1])
            assert found is not None
            versions.append(found.version)
            assert await table.read_since(found.version) is None
        assert versions == sorted(set(versions))
        assert await keys.all() == {}

    with_keys(own_url, act)


def test_what_is_not_there_is_neither_rotated_nor_revoked(own_url: str) -> None:
    async def act(keys: StoredKeys, _: KeyTable) -> None:
        with pytest.raises(KeyNotFound):
            await keys.rotate("ci", overlap=timedelta(0))
        with pytest.raises(KeyNotFound):
            await keys.revoke("ci")

    with_keys(own_url, act)


def test_rotations_at_the_same_moment_lose_none(own_url: str) -> None:
    async def act(keys: StoredKeys, _: KeyTable) -> None:
        await keys.create(CI)
        rotated = await asyncio.gather(*[keys.rotate("ci", overlap=timedelta(hours=1)) for _ in range(8)])
        kept = (await keys.all())["ci"].digests
        assert {digest(secret) for _, secret in rotated} < {one.sha256 for one in kept}
        assert len(kept) == 9

    with_keys(own_url, act)
