"""A TCP proxy before an API that loses replies."""

import asyncio
from contextlib import suppress
from itertools import count

from lab.chaos.proxy import CHUNK_BYTES, Mode, Proxy


class LossyProxy(Proxy):
    """Loses each n-th reply: the request arrives, and the connection ends instead of the reply, or in its middle."""

    def __init__(self, target: int, *, every: int) -> None:
        """Passes on to this port of the same machine; 0: loses none."""
        super().__init__(target)
        self.every = every
        # How many replies were lost, and how many parts of replies were not.
        self.lost = self.passed = 0
        self._replies = count(1)

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, lost_in: tuple[Mode, ...]
    ) -> None:
        is_reply = Mode.MUTE in lost_in
        with suppress(OSError):
            while received := await reader.read(CHUNK_BYTES):
                if is_reply and self.every and next(self._replies) % self.every == 0:
                    self.lost += 1
                    writer.write(received[: len(received) // 2 * (self.lost % 2)])
                    await writer.drain()
                    break
                writer.write(received)
                await writer.drain()
                self.passed += is_reply
        writer.close()
