"""A TCP proxy before Valkey that can misbehave, in its own thread."""

import asyncio
from contextlib import suppress
from enum import Enum
from threading import Event, Thread
from typing import Self

CHUNK_BYTES = 65_536
CLOSING_SECONDS = 2
POLL_SECONDS = 0.01


class Mode(Enum):
    """What becomes of bytes, by direction."""

    OPEN = "open"
    MUTE = "mute"  # requests arrive, replies are lost
    HOLE = "hole"  # nothing arrives, and nobody is told


class Proxy:
    """Use as a context manager; `mode`, `target` (a port) and `hold` may be changed from any thread."""

    def __init__(self, target: int) -> None:
        """Listens on a port of the system's choice, and connects to this port of the same machine."""
        self.mode = Mode.OPEN
        # What is sent on a connection waits, from the first bytes on that contain these; `held` is set when some do.
        self.hold: bytes | None = None
        self.held = Event()
        self.port = 0
        self.target = target
        self._loop = asyncio.new_event_loop()
        self._listening = Event()
        self._writers: set[asyncio.StreamWriter] = set()
        self._stranded: set[asyncio.StreamWriter] = set()
        self._thread = Thread(target=self._serve, name="proxy", daemon=True)

    def reset(self) -> None:
        """Close every connection, from both sides."""
        self._loop.call_soon_threadsafe(self._abort_all)

    def drop_held(self) -> None:
        """Close every connection, and let nothing through of what was held."""
        self._loop.call_soon_threadsafe(self._drop_held)

    def mend(self) -> None:
        """Behave again. The connections are reset: a stream with a gap in it cannot be read on."""
        self._loop.call_soon_threadsafe(self._mend)

    def strand(self) -> None:
        """Leave every connection half open: nothing gets through it any more, and nobody is told; new ones work."""
        self._loop.call_soon_threadsafe(lambda: self._stranded.update(self._writers))

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
        self._loop.run_until_complete(self._wait_for_all())

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, far_writer}
        await asyncio.gather(
            self._pass_on(reader, far_writer, lost_in=(Mode.HOLE,)),
            self._pass_on(far_reader, writer, lost_in=(Mode.HOLE, Mode.MUTE)),
        )
        self._writers -= {writer, far_writer}
        self._stranded -= {writer, far_writer}

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, lost_in: tuple[Mode, ...]
    ) -> None:
        with suppress(OSError):
            while received := await reader.read(CHUNK_BYTES):
                await self._wait_while_held(received)
                if self.mode not in lost_in and writer not in self._stranded:
                    writer.write(received)
                    await writer.drain()
        writer.transport.abort()

    async def _wait_while_held(self, received: bytes) -> None:
        while self.hold is not None and self.hold in received:
            self.held.set()
            await asyncio.sleep(POLL_SECONDS)

    def _mend(self) -> None:
        """The connections end first: what was lost so far stays lost."""
        self._abort_all()
        self.mode = Mode.OPEN

    def _drop_held(self) -> None:
        self._abort_all()
        self.hold = None

    def _abort_all(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _wait_for_all(self) -> None:
        self._abort_all()
        if others := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(others, timeout=CLOSING_SECONDS)
