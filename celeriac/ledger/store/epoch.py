"""Makes every connection of a process connect again after a failover.

After a failover that cuts no connection, a connection that only reads or listens does not notice that its server is now a replica.
"""

import asyncio


class Epoch:
    """One for all connections of an event loop."""

    def __init__(self) -> None:
        """The first one begins."""
        self.number = 0
        self._end = asyncio.Event()

    def ends(self) -> None:
        """Begin the next epoch, because another server may be the primary."""
        self.number += 1
        self._end.set()
        self._end = asyncio.Event()

    async def end(self) -> None:
        """Return when this epoch has ended."""
        await self._end.wait()
