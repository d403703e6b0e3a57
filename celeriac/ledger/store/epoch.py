"""Makes every connection of a process connect again after a failover.

After a failover that cuts no connection, one that only reads, or listens, never hears that its server is a replica by now.
"""

import asyncio


class Epoch:
    """One for all connections of an event loop."""

    def __init__(self) -> None:
        """The first one begins."""
        self.number = 0
        self._end = asyncio.Event()

    def ends(self) -> None:
        """Another server may be the primary: the next one begins."""
        self.number += 1
        self._end.set()
        self._end = asyncio.Event()

    async def end(self) -> None:
        """Return when this epoch has ended."""
        await self._end.wait()
