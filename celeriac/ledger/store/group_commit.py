"""Groups calls: what arrives while one is in flight forms the next one."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from contextvars import Context
from typing import Generic, TypeVar

from celeriac.ledger.store.connection import InDoubt, Unavailable
from celeriac.ledger.store.turns import Turns

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class Later:
    """Not answered yet: the item is asked for once more, with the next batch."""


LATER = Later()


class Batching(Generic[Item, Answer]):
    """Shares calls of `run` among concurrent callers: it takes a list of items and answers each, in order.

    An item that `run` answers with `LATER` is in the next batch again, so that one batch need not carry all that is large.
    When a call finds Redis away, those who wait for the next one are told so at once: they need not find out in turn.
    """

    def __init__(
        self,
        run: Callable[[Sequence[Item]], Awaitable[Sequence[Answer | Exception | Later]]],
        *,
        largest: int = 256,
        owner_of: Callable[[Item], Hashable] = lambda _: None,
    ) -> None:
        """`largest` bounds one batch, and so how long it can hold up Redis. An answer that is an error is raised.

        When more wait than fit into one batch, owners take turns: nobody waits for all that another has asked.
        """
        self._run = run
        self._largest = largest
        self._waiting: Turns[tuple[Item, asyncio.Future[Answer]]] = Turns(lambda pair: owner_of(pair[0]))
        self._worker: asyncio.Task[None] | None = None

    @property
    def is_busy(self) -> bool:
        """Whether anything waits, or is being answered."""
        return self._worker is not None

    def do(self, item: Item) -> asyncio.Future[Answer]:
        """A future of the answer to this item. Those of one owner are carried out in the order of these calls."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.add((item, future))
        if self._worker is None:
            # It works for all, so in the context of none of them.
            self._worker = asyncio.create_task(self._work(), context=Context())
        return future

    async def close(self) -> None:
        """Wait until everything that was asked is answered."""
        if self._worker is not None:
            await self._worker

    async def _work(self) -> None:
        try:
            while self._waiting:
                await self._answer(self._waiting.take(self._largest))
        finally:
            self._worker = None

    async def _answer(self, batch: list[tuple[Item, asyncio.Future[Answer]]]) -> None:
        try:
            answers = await self._run([item for item, _ in batch])
        except Exception as error:  # noqa: BLE001 - whatever it is belongs to the callers, who all get it
            _fail(batch, error)
            if isinstance(error, Unavailable | InDoubt):
                away = error if isinstance(error, Unavailable) else Unavailable(str(error))
                _fail(self._waiting.take_all(), away)
            return
        again = []
        for (item, future), answer in zip(batch, answers, strict=True):
            if isinstance(answer, Exception):
                _fail([(item, future)], answer)
            elif future.done():  # its caller went away
                continue
            elif isinstance(answer, Later):
                again.append((item, future))
            else:
                future.set_result(answer)
        self._waiting.put_back(again)


def _fail(batch: list[tuple[Item, asyncio.Future[Answer]]], error: Exception) -> None:
    for _, future in batch:
        if not future.done():
            future.set_exception(error)
