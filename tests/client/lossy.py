"""A TCP proxy before an API that loses replies, in its own thread."""

import asyncio
from contextlib import suppress
from itertools import count
from threading import Event, Thread
from typing import Self

CHUNK_BYTES = 65_536


class LossyProxy:
    """Loses each n-th reply: the request arrives, and the connection ends instead of the reply, or in its middle."""

    def __init__(self, target: int, *, every: int) -> None:
        """Passes on to this port of the same machine; 0: loses none."""
        self.target, self.every = target, every
        self.port = 0
        # How many replies were lost, and how many parts of replies were not.
        self.lost = self.passed = 0
        self._replies = count(1)
        self._loop = asyncio.new_event_loop()
        self._listening = Event()
        self._thread = Thread(target=self._serve, name="lossy proxy", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._listening.wait()
        return self

    def __exit__(self, *failure: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _serve(self) -> None:
        server = self._loop.run_until_complete(asyncio.start_server(self._connect, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._listening.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
            await asyncio.gather(
                self._pass_on(reader, far_writer, is_reply=False),
                self._pass_on(far_reader, writer, is_reply=True),
            )
            return
        writer.transport.abort()

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_reply: bool
    ) -> None:
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
