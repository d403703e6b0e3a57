"""Counts the tasks that a loop has, and the room for more."""

import asyncio


class Slots:
    """For at most so many tasks, from the moment when their messages are taken until Redis has their ends."""

    def __init__(self, most: int) -> None:
        """All are free."""
        self._all = self._most = most
        self.taken = 0
        self._is_closed = False
        self._freed: asyncio.Future[None] | None = None

    def take(self) -> None:
        """One more task."""
        self.taken += 1

    def free(self) -> None:
        """One task less."""
        self.taken -= 1
        self._wake()

    def limit(self, most: int | None) -> None:
        """For now, so many are all that there are; None: no fewer than there were at first."""
        self._most = self._all if most is None else min(most, self._all)
        self._wake()

    def close(self) -> None:
        """There is no room until `open`."""
        self._is_closed = True

    def open(self) -> None:
        """There is room again."""
        self._is_closed = False
        self._wake()

    async def room(self) -> int:
        """Wait until there is room for a task; for how many."""
        while self._is_closed or self.taken >= self._most:
            if self._freed is None or self._freed.done():
                self._freed = asyncio.get_running_loop().create_future()
            await asyncio.shield(self._freed)  # others can wait for it, too
        return self._most - self.taken

    def _wake(self) -> None:
        if self._freed is not None and not self._freed.done():
            self._freed.set_result(None)
