"""Follows what workers announce: Redis is asked three times a second whether it has changed."""

import asyncio
import json
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from itertools import groupby
from typing import Any

from redis.exceptions import RedisError

from celeriac.contract.definition import Definition
from celeriac.ledger.store.connection import InDoubt, Unavailable
from celeriac.ledger.tables.definitions import Announced, Announcements, DefinitionTable, is_own
from celeriac_api.definitions.live_catalog import LiveCatalog
from celeriac_api.definitions.merging import Source

LOOK_SECONDS = 0.3
# Of a process that starts: whoever has Redis near knows all at its first request, and nobody waits for one that is away.
FIRST_LOOK_SECONDS = 0.5
# How many definitions are read without a pause, in which other requests are served.
AT_ONCE = 20

# Why the input of a definition cannot be judged here; None if it can.
RefusalOf = Callable[[dict[str, Any]], str | None]
# By set and name: the text that was read, and what was made of it.
Entries = dict[tuple[str, str], tuple[bytes, Definition | None]]

logger = logging.getLogger(__name__)


class Following:
    """Keeps a catalog as the announcements are."""

    def __init__(self, catalog: LiveCatalog, table: DefinitionTable, refusal_of: RefusalOf) -> None:
        """`refusal_of` a schema of inputs says why it cannot be used. Nothing is asked yet."""
        self._catalog, self._table, self._refusal_of = catalog, table, refusal_of
        self._version: int | None = None
        self._entries: Entries = {}
        self._is_answered = True
        self._looked = asyncio.Event()
        self._keeping: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Know what is announced now, if Redis answers soon; then ask until this is closed. While Redis is away, what is known stays."""
        self._keeping = asyncio.create_task(self._keep())
        with suppress(TimeoutError):
            await asyncio.wait_for(self._looked.wait(), FIRST_LOOK_SECONDS)

    async def close(self) -> None:
        """Ask no more."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.wait([self._keeping])
        await self._table.close()

    async def _keep(self) -> None:
        while True:
            try:
                await self._look()
            except Exception:
                logger.exception("announced definitions: a look failed; trying again")
            self._looked.set()
            await asyncio.sleep(LOOK_SECONDS)

    async def _look(self) -> None:
        try:
            news = await self._table.read_since(self._version)
        except (Unavailable, InDoubt, RedisError) as error:
            if self._is_answered:
                logger.info("announced definitions: %s; trying again", error)
            self._is_answered = False
            return
        self._is_answered = True
        if news is not None:
            await self._apply(news)
            self._version = news.version

    async def _apply(self, news: Announcements) -> None:
        entries, unread = {}, 0
        for each in news.definitions:
            entry = self._entries.get((each.set, each.name))
            if entry is None or entry[0] != each.document:
                entry = each.document, self._read(each)
                unread += 1
                if unread % AT_ONCE == 0:
                    await asyncio.sleep(0)
            entries[each.set, each.name] = entry
        self._entries = entries
        self._catalog.replace(
            Source(name, is_own(name), _readable(entries, group))
            for name, group in groupby(news.definitions, key=lambda each: each.set)
        )

    def _read(self, announced: Announced) -> Definition | None:
        """The definition, with the reason if it cannot be offered; None where nothing can be made of it."""
        try:
            definition = Definition.from_json(json.loads(announced.document))
            sentence = definition.refusal or self._refusal_of(definition.input_schema)
        except (ValueError, RecursionError) as wrong:
            logger.warning(
                "the announced definition %r of %r cannot be read: %s", announced.name, announced.set, wrong
            )
            return None
        return replace(definition, refusal=sentence)


def _readable(entries: Entries, group: Any) -> dict[str, Definition]:
    definitions = ((each.name, entries[each.set, each.name][1]) for each in group)
    return {name: definition for name, definition in definitions if definition is not None}
