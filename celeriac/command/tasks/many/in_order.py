"""Acts on the items of a stream, a few at once, in order."""

from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Event, Lock, Semaphore, Thread
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

AT_ONCE = 16


class Skipped(Exception):
    """Nothing was done with this item: the stream was stopped before."""


@dataclass(frozen=True)
class Outcome(Generic[Item, Result]):
    """What came of an item; `result` waits for it, and raises what its doing raised."""

    item: Item
    result: Callable[[], Result]


class InOrder(Generic[Item, Result]):
    """Acts on items in threads, which do not delay the end of the program.

    Items are read as they come, at most twice `at_once` ahead of the outcomes that were taken.
    """

    def __init__(
        self, items: Iterable[Item], act: Callable[[Item], Result], *, at_once: int = AT_ONCE
    ) -> None:
        """Begin."""
        self._items, self._act = items, act
        self._jobs: SimpleQueue[tuple[Item, Future[Result]] | None] = SimpleQueue()
        self._ordered: SimpleQueue[Outcome[Item, Result] | BaseException | None] = SimpleQueue()
        self._room = Semaphore(2 * at_once)
        self._stopped = Event()
        self._lock = Lock()
        self._at_once = at_once
        for target in [self._read, *[self._work] * at_once]:
            Thread(target=target, daemon=True).start()

    def next(self) -> Outcome[Item, Result] | None:
        """The next outcome, or None after the last one. What reading the items raised comes after the items before."""
        if self._stopped.is_set():
            try:
                outcome = self._ordered.get_nowait()
            except Empty:
                return None
        else:
            outcome = self._ordered.get()
        self._room.release()
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def stop(self) -> None:
        """Begin with no further item. Those that are being done come to their end; others are `Skipped`."""
        with self._lock:
            self._stopped.set()

    def _read(self) -> None:
        end: BaseException | None = None
        try:
            for item in self._items:
                self._room.acquire()
                with self._lock:
                    if self._stopped.is_set():
                        return
                    future: Future[Result] = Future()
                    self._ordered.put(Outcome(item, future.result))
                    self._jobs.put((item, future))
        except BaseException as error:  # noqa: BLE001 - it is raised where the outcomes are taken
            end = error
        finally:
            self._ordered.put(end)
            for _ in range(self._at_once):
                self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            item, future = job
            if self._stopped.is_set():
                future.set_exception(Skipped())
                continue
            try:
                future.set_result(self._act(item))
            except BaseException as error:  # noqa: BLE001 - it is raised where the outcome is read
                future.set_exception(error)
