"""Runs flows side by side in threads."""

from collections.abc import Callable, Generator, Iterator
from contextvars import copy_context
from queue import SimpleQueue
from threading import Event, Thread
from typing import Generic, TypeAlias, TypeVar

from celeriac.client.flow.steps import Flow, SideBySide
from celeriac.client.flow.window import Window

T = TypeVar("T")
Run: TypeAlias = Callable[[Flow[T], Event], T]


def side_by_side(run: Run[T], step: SideBySide[T]) -> Generator[T, None, None]:
    """What the flows return. The caller's thread takes the next flow, only when there is room for its value."""
    if not isinstance(step.flows, Iterator):
        raise TypeError(
            "The sync client takes inputs from an iterable; AsyncClient takes them from an async one, too."
        )
    threads, window = _Threads(run, step.at_once), Window[T](ordered=step.ordered)
    flows = enumerate(step.flows)
    is_more = True
    try:
        while True:
            while is_more and threads.running < step.at_once and window.size < window.limit(step.at_once):
                if (numbered := next(flows, None)) is None:
                    is_more = False
                else:
                    window.size += 1
                    threads.start(*numbered)
            if not window.size:
                return
            window.put(*threads.next_value())
            yield from window.take()
    finally:
        threads.stop()


class _Threads(Generic[T]):
    """Daemon threads: none of them keeps a program from ending that has not waited for its tasks."""

    def __init__(self, run: Run[T], limit: int) -> None:
        self.running = 0
        self._run, self._limit = run, limit
        self._count = 0
        self._context = copy_context()
        self._stopped = Event()
        self._flows: SimpleQueue[tuple[int, Flow[T]] | None] = SimpleQueue()
        self._values: SimpleQueue[tuple[int, T | None, BaseException | None]] = SimpleQueue()

    def start(self, number: int, flow: Flow[T]) -> None:
        """Run a flow in a thread that has nothing to do, or in a new one."""
        self._flows.put((number, flow))
        self.running += 1
        if self._count < min(self.running, self._limit):
            self._count += 1
            Thread(
                target=self._context.copy().run, args=[self._work], daemon=True, name="celeriac-map"
            ).start()

    def next_value(self) -> tuple[int, T]:
        """The number and value of the next flow that ends; raises what it raised."""
        number, value, error = self._values.get()
        self.running -= 1
        if error is not None:
            raise error
        return number, value  # type: ignore[return-value]  # it is None only with an error, or if T is

    def stop(self) -> None:
        """Let each thread end after its current request."""
        self._stopped.set()
        for _ in range(self._count):
            self._flows.put(None)

    def _work(self) -> None:
        while (numbered := self._flows.get()) is not None and not self._stopped.is_set():
            number, flow = numbered
            try:
                self._values.put((number, self._run(flow, self._stopped), None))
            except BaseException as error:  # noqa: BLE001 - the caller's thread raises it
                self._values.put((number, None, error))
