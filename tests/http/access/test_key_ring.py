"""Keys in memory are believed for a time, by a clock that is handed in."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from celeriac.access.key_file import KeyFile
from celeriac.access.secret import new_secret
from celeriac.ledger.tables.keys import KeyTable
from celeriac.stack.valkey import Valkey
from celeriac_api.access.authenticate import Door
from celeriac_api.access.key_ring import BELIEVED_SECONDS, KeyRing
from celeriac_api.request.fields import FIELDS
from celeriac_api.response.errors import RedisUnavailable, Unauthenticated
from tests.http.access.keys import file_key, stored_key, write_keys


class Clock:
    """Seconds, which go on when they are told to."""

    def __init__(self) -> None:
        """Nothing has passed."""
        self.seconds = 0.0

    def __call__(self) -> float:
        """So many have passed."""
        return self.seconds

    def now(self) -> datetime:
        """The same as a moment."""
        return datetime(2026, 11, 27, tzinfo=UTC) + timedelta(seconds=self.seconds)


def with_door(
    url: str, clock: Clock, act: Callable[[Door, KeyRing], Awaitable[None]], *, file: Path | None = None
) -> None:
    """Do this with the door of an API."""

    async def run() -> None:
        table = KeyTable(url)
        ring = KeyRing(table, KeyFile(file), clock=clock, now=clock.now)
        try:
            await act(Door(ring, open_everywhere=False), ring)
        finally:
            await table.close()

    asyncio.run(run())


def request(secret: str) -> dict[str, object]:
    """A request with this key, as a server hands it on."""
    return {FIELDS: {b"authorization": f"Bearer {secret}".encode()}, "server": ("127.0.0.1", 8000)}


def test_while_redis_is_away_its_keys_are_believed_for_sixty_seconds_and_those_of_the_file_longer(
    tmp_path: Path,
) -> None:
    clock = Clock()
    entry, of_file = file_key("mounted", "read")
    file = write_keys(tmp_path / "keys.json", entry)
    with Valkey(tmp_path / "valkey") as server:
        of_redis = stored_key(server.url, "ci", "read")

        async def act(door: Door, ring: KeyRing) -> None:
            assert (await door.authenticate(request(of_redis))).name == "ci"
            server.kill()
            clock.seconds = BELIEVED_SECONDS - 1
            await ring.refresh()
            assert (await door.authenticate(request(of_redis))).name == "ci"
            with pytest.raises(Unauthenticated):
                await door.authenticate(request(new_secret()))
            clock.seconds = BELIEVED_SECONDS + 1
            assert door.at_once(request(of_redis)) is None
            with pytest.raises(RedisUnavailable, match="60 seconds"):
                await door.authenticate(request(of_redis))
            assert (await door.authenticate(request(of_file))).name == "mounted"

        with_door(server.url, clock, act, file=file)


def test_a_caller_is_found_without_asking_again_until_its_key_expires(own_url: str) -> None:
    clock = Clock()
    until = clock.now() + timedelta(seconds=1.5)
    secret = stored_key(own_url, "brief", "read", expires_at=until)

    async def act(door: Door, ring: KeyRing) -> None:
        caller = await door.authenticate(request(secret))
        answers = ring.answers
        clock.seconds = 1.4
        assert door.at_once(request(secret)) is caller
        clock.seconds = 1.5
        assert door.at_once(request(secret)) is None
        with pytest.raises(Unauthenticated, match="'brief' has expired"):
            await door.authenticate(request(secret))
        assert ring.answers == answers

    with_door(own_url, clock, act)


def test_before_redis_was_ever_asked_nobody_is_let_in() -> None:
    async def act(door: Door, _: KeyRing) -> None:
        with pytest.raises(RedisUnavailable):
            await door.authenticate({FIELDS: {}, "server": ("127.0.0.1", 8000)})

    with_door("redis://127.0.0.1:1/0", Clock(), act)


def test_what_nobody_can_read_in_redis_keeps_nobody_else_out(own_url: str) -> None:
    secret = stored_key(own_url, "ci", "read")

    async def act(door: Door, _: KeyRing) -> None:
        table = KeyTable(own_url)
        assert await table.change("broken", before="", after='{"owner": 1}')
        await table.close()
        assert (await door.authenticate(request(secret))).name == "ci"

    with_door(own_url, Clock(), act)


def test_a_new_key_is_good_for_all_requests_that_come_with_it_at_once(own_url: str) -> None:
    clock = Clock()
    stored_key(own_url, "first", "read")

    async def act(door: Door, ring: KeyRing) -> None:
        await ring.refresh()
        secret = await asyncio.to_thread(stored_key, own_url, "second", "read")
        clock.seconds = 1
        earlier = asyncio.create_task(door.authenticate(request(secret)))
        for _ in range(4):  # until it has asked Redis, which has not answered
            await asyncio.sleep(0)
        assert (await door.authenticate(request(secret))).name == "second"
        assert (await earlier).name == "second"

    with_door(own_url, clock, act)


def test_an_answer_to_an_earlier_question_is_not_enough_after_a_change(own_url: str) -> None:
    clock = Clock()

    async def act(_: Door, ring: KeyRing) -> None:
        earlier = asyncio.create_task(ring.refresh())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        clock.seconds = 1
        await ring.catch_up()
        assert earlier.done()
        assert ring.answers == 2

    with_door(own_url, clock, act)
