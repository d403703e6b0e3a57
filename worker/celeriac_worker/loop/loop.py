"""Takes messages, claims and runs their tasks, ends them, and stops."""

import asyncio
import logging
import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from celeriac.contract.catalog import Implementations
from celeriac.ledger.for_workers import Granted, rejecting
from celeriac.settings import Settings
from celeriac_worker.loop.redis.delivery import Delivery, Fault, read_delivery
from celeriac_worker.loop.redis.ends import Ends
from celeriac_worker.loop.redis.link import Link
from celeriac_worker.loop.redis.pops import Pops
from celeriac_worker.loop.runs.body import Bodies
from celeriac_worker.loop.runs.company import Company
from celeriac_worker.loop.runs.limits import Limits
from celeriac_worker.loop.runs.not_due import NotDue
from celeriac_worker.loop.runs.run import Run
from celeriac_worker.loop.runs.slots import Slots
from celeriac_worker.loop.runs.wish import Wish
from celeriac_worker.loop.watch import Watch
from celeriac_worker.loop_frames import ALIVE_SECONDS, Frames, Order, Report, Start
from celeriac_worker.loop_frames import Run as RunFrame
from celeriac_worker.run.outcome import Dropped, Returned

# How long what was cancelled at the end may take for its `finally`.
TIDY_SECONDS = 2.0
POLL_SECONDS = 0.02

if TYPE_CHECKING:  # an extra, and slow to load
    from celeriac_worker.loop.spans import Spans

logger = logging.getLogger(__name__)


class Loop:
    """Made and used in one event loop."""

    def __init__(
        self,
        start: Start,
        frames: Frames,
        settings: Settings,
        implementations: Implementations,
        spans: "Spans | None" = None,
    ) -> None:
        """Nothing is taken before `run`; `implementations` are by the names in messages."""
        loop = self._loop = asyncio.get_running_loop()
        self._frames, self._implementations = frames, implementations
        self._link = Link(settings.backend, after_packet=self._tell_ended)
        self._broker = self._link if settings.broker == settings.backend else Link(settings.broker)
        self._links = dict.fromkeys((self._link, self._broker))
        self._slots = Slots(settings.async_concurrency)
        self._pops = Pops(
            settings.broker, start.queues, self._slots, link=self._link, broker=self._broker, taken=self._take
        )
        if self._broker is not self._link:  # what is taken now would wait for the server of the records
            self._link.on_loss = self._pops.unblock
        self._ends = Ends(self._link, self._broker, settings, start.worker)
        self._bodies = Bodies(self._link, settings, implementations, spans)
        self._company = Company(self._slots, self._begin_held)
        self._not_due = NotDue(self._slots, self._claim)
        # By `Delivery.key`. From before the claim until Redis has the end.
        self._runs: dict[str, Run] = {}
        self._ended: list[str] = []
        self._limits = Limits(loop, self._tell_overdue)
        self._watch = Watch(loop, self._runs.values, self._send, start.stacks)
        self._stop_at: float | None = None
        self._stops = asyncio.Event()
        self._due = loop.time()

    async def run(self) -> None:
        """Until the main process says that it is to stop, or is gone."""
        links = [self._loop.create_task(link.keep()) for link in self._links]
        self._pops.start()
        self._watch.start()
        self._tick()
        stopping = self._loop.create_task(self._stop())
        done, _ = await asyncio.wait((*links, stopping), return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()

    def obey(self, order: Order) -> None:
        """Do what the main process says."""
        for token in order.ask:
            if run := self._runs.get(token):
                run.is_asked = True
        for tokens, wish in ((order.terminate, Wish.TERMINATE), (order.lost, Wish.LOST)):
            for token in tokens:
                if run := self._runs.get(token):
                    run.is_asked = run.is_asked or wish is Wish.TERMINATE
                    self._cancel(run, wish)
        if order.stop is not None:
            self.stop(order.stop)

    def stop(self, grace_seconds: float) -> None:
        """Take no more, and return what still runs after this time."""
        at = self._loop.time() + grace_seconds
        self._stop_at = at if self._stop_at is None else min(at, self._stop_at)
        self._stops.set()

    def _cancel(self, run: Run, wish: Wish) -> None:
        run.cancel(wish)
        if self._company.drop(run):
            outcome = Dropped(None) if run.wish is Wish.LOST else Returned()
            self._ends.end(run.delivery, outcome, run.attempt, lambda: self._done(run))

    def _take(self, queue: str, messages: Sequence[bytes]) -> None:
        """Messages have come."""
        deliveries = []
        for message in messages:
            match read_delivery(message, queue):
                case Fault(reason):
                    self._reject(queue, message, reason)
                case Delivery() as delivery if (
                    not delivery.is_ours and delivery.name not in self._implementations
                ):
                    self._reject(queue, message, f"no task has the name {delivery.name[:100]!r}")
                case Delivery() as delivery:
                    self._slots.take()
                    deliveries.append(delivery)
        if self._stops.is_set():
            self._return_messages(deliveries)
            return
        self._announce(deliveries)
        for delivery in deliveries:
            if self._not_due.keep(delivery):
                self._slots.free()
            else:
                self._claim(delivery)

    def _announce(self, deliveries: Sequence[Delivery]) -> None:
        """Before a claim leaves for Redis, the main process knows of it."""
        frames = tuple(
            RunFrame(each.task_id, each.token, each.name, each.hard_seconds)
            for each in deliveries
            if each.token is not None
        )
        if frames:
            self._send(Report(runs=frames))

    def _claim(self, delivery: Delivery) -> None:
        run = Run(delivery, self._implementations.get(delivery.name))
        self._runs[delivery.key] = run
        if delivery.is_ours:
            self._ends.claim(delivery, lambda granted: self._claimed(run, granted))
        else:
            self._claimed(run, Granted(delivery.retries + 1))

    def _claimed(self, run: Run, granted: Granted | None) -> None:
        if granted is None or run.wish is Wish.LOST:
            self._done(run)
            return
        run.attempt, run.company = granted.attempt, granted.company
        if self._company.enter(run):
            self._begin(run)
        elif run.delivery.token is not None:
            self._send(Report(held=(run.delivery.token,)))

    def _begin_held(self, run: Run) -> None:
        self._announce([run.delivery])
        self._begin(run)

    def _begin(self, run: Run) -> None:
        run.begin(self._go(run), self._loop)
        self._limits.begin(run)

    async def _go(self, run: Run) -> None:
        delivery = run.delivery
        outcome = await self._bodies.outcome(run)
        self._company.leave(run)
        if delivery.key in self._runs:  # or it was given up
            self._ends.end(delivery, outcome, run.attempt, lambda: self._done(run))

    def _done(self, run: Run) -> None:
        """Redis has the end of a run, or it does not run here."""
        delivery = run.delivery
        if self._runs.pop(delivery.key, None) is None:
            return
        self._slots.free()
        run.task = None  # whose context refers to the run: without this circle, all of it is freed now
        if delivery.token is not None:
            self._ended.append(delivery.token)

    def _tell_ended(self) -> None:
        if self._ended:
            ended, self._ended = self._ended, []
            self._send(Report(ended=tuple(ended)))

    def _tell_overdue(self, run: Run) -> None:
        if run.delivery.token is not None:
            self._send(Report(overdue=(run.delivery.token,)))

    def _send(self, report: Report) -> None:
        with suppress(OSError):  # it is gone, which is noticed where its orders are read
            self._frames.send(report)

    def _reject(self, queue: str, message: bytes, reason: str) -> None:
        logger.error("a message in queue %s is rejected: %s", queue, reason[:200])
        text = message.decode(errors="backslashreplace")
        for command in rejecting(queue, message=text, reason=reason[:1000]):
            self._link.send(command, lambda _: None)

    def _tick(self) -> None:
        """Again and again, while the loop turns."""
        late = max(0.0, self._loop.time() - self._due)
        self._watch.turn()
        self._send(Report(alive=round(late, 3)))
        self._tell_ended()
        self._limits.look(self._runs.values())
        for link in self._links:
            link.tick(ALIVE_SECONDS)
        self._pops.tick(ALIVE_SECONDS)
        self._due = self._loop.time() + ALIVE_SECONDS
        self._loop.call_at(self._due, self._tick)

    async def _until(self, condition: Callable[[], bool], at: float = math.inf) -> None:
        """Wait for this, until then at the longest."""
        while not condition() and self._loop.time() < at:  # noqa: ASYNC110 - it becomes true in many ways
            await asyncio.sleep(POLL_SECONDS)

    async def _stop(self) -> None:
        await self._stops.wait()
        await self._pops.stop()
        self._ends.return_messages(self._not_due.give_up())
        await self._until(self._is_over)
        for run in list(self._runs.values()):
            self._cancel(run, Wish.STOP)
        await self._until(
            lambda: not any(map(_goes_on, self._runs.values())), self._loop.time() + TIDY_SECONDS
        )
        self._give_up()
        await self._until(lambda: self._link.is_idle() and self._broker.is_idle())
        await self._bodies.close()
        self._tell_ended()
        self._send(Report(stopped=True))

    def _is_over(self) -> bool:
        return not self._runs or self._loop.time() >= (self._stop_at or 0.0)

    def _give_up(self) -> None:
        """Return the tasks whose runs do not end: their tokens are worth nothing afterwards."""
        for run in list(self._runs.values()):
            if _goes_on(run):
                logger.warning(
                    "task %s: its run ignores that it is cancelled; the task is returned", run.task_id
                )
                self._ends.end(run.delivery, Returned(), run.attempt, partial(self._done, run))

    def _return_messages(self, deliveries: Sequence[Delivery]) -> None:
        self._ends.return_messages(list(deliveries))
        for _ in deliveries:
            self._slots.free()


def _goes_on(run: Run) -> bool:
    return run.task is not None and not run.task.done()
