"""The place of batches in Redis: their counts, and how tasks are added."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import uuid4

from celeriac.ledger.live.task_ends import Watch
from celeriac.ledger.model.accepting import BEFORE_CALLERS, fitting, from_answer, refused_at, to_arguments
from celeriac.ledger.model.batch import (
    Batch,
    BatchConflict,
    BatchGone,
    NewBatch,
    batch_from,
)
from celeriac.ledger.model.submission import Submission, UnknownDependency
from celeriac.ledger.model.submitter import UNLIMITED, LimitExceeded, QueueFull
from celeriac.ledger.model.task import Gone
from celeriac.ledger.model.task_filter import whose
from celeriac.ledger.model.times import date_done, microseconds
from celeriac.ledger.protocol.message import Envelope
from celeriac.ledger.store import keys, scripts
from celeriac.ledger.store.connection import Argument, Connection, InDoubt, Unavailable
from celeriac.ledger.store.durability import confirm
from celeriac.ledger.store.epoch import Epoch
from celeriac.ledger.store.group_commit import Batching
from celeriac.ledger.store.pushes import push_all
from celeriac.settings import Settings

# A script accepts so many tasks: more take longer for each, and others wait meanwhile. While others do wait, it accepts fewer.
AT_ONCE = 50
BESIDE_OTHERS = 20
# How long an array stays staged that is not a batch yet, and how large a part of it is.
STAGED_SECONDS = 600
STAGED_BYTES = 262_144
# Redis may be away for so long while tasks of a batch are accepted.
PATIENCE_SECONDS = 10.0
RETRY_SECONDS = 0.25


class Added(NamedTuple):
    """How many tasks of a call the batch has now, and why it has not got the next one."""

    accepted: int
    refusal: Exception | None


class Opened(NamedTuple):
    """Whether a batch was there before, and whether it is complete."""

    is_known: bool
    is_complete: bool


class Wants(NamedTuple):
    """What an array needs: room in queues (by name, for how many tasks), and tasks and batches that it waits for.

    Unless the submitter `sees_all`, they belong to the owner of the array.
    """

    room: dict[str, int]
    after: Sequence[str]
    sees_all: bool


@dataclass
class Cancelling:
    """A step of cancelling: `unknown`, `gone`, `ended`, `staged`, `more` or `done`, and tasks that stock Celery workers may have.

    Whoever cancels these one by one, and finds that no such worker is there, says so: then the next steps need not find out.
    """

    word: str
    elsewhere: list[str]
    no_stock_workers: bool = False


class ForgettingBatch(StrEnum):
    """The result of a request to forget a batch."""

    FORGOTTEN = "forgotten"
    GONE = "gone"
    OPEN = "open"
    UNKNOWN = "unknown"


class BatchTable:
    """Accepts tasks over a connection of its own, one call after the other, so that single submissions do not wait for them."""

    def __init__(
        self,
        settings: Settings,
        *,
        epoch: Epoch | None = None,
        others_wait: Callable[[], bool] = lambda: False,
    ) -> None:
        """Nothing is sent yet. `others_wait` says whether single submissions are being accepted now."""
        self._others_wait = others_wait
        self._where = "push" if settings.backend == settings.broker else "record"
        self._ttl, self._stay = microseconds(settings.result_ttl), microseconds(settings.tombstone_ttl)
        self._durability, self._most_waiting = settings.durability, settings.max_queue_depth
        self._accepts = Connection(settings.backend, epoch=epoch)
        self._asks = Connection(settings.backend, epoch=epoch)
        self._pushes = Connection(settings.broker, epoch=epoch)
        self._turn, self._pushing = asyncio.Lock(), asyncio.Lock()
        self._asking = Batching(self._ask_all)
        self.watch = Watch(settings.backend, self._watched, epoch)

    async def open(self, batch: NewBatch) -> Opened:
        """Begin a batch, or go on with it; `BatchConflict` or `BatchGone` where its key belongs to another one."""
        arguments = (batch.batch_id, batch.owner, batch.label or "", batch.accepted_as, batch.notify)
        word, *complete = await self._ask(scripts.OPEN_BATCH, *arguments)
        match word:
            case b"conflict":
                raise BatchConflict(batch.batch_id)
            case b"gone":
                raise BatchGone(batch.batch_id)
            case _:
                return Opened(word == b"known", bool(complete and complete[0]))

    async def add(self, batch_id: str, first: int, submissions: Sequence[Submission]) -> Added:
        """Accept these tasks, of which the first has this number, up to the first that is refused.

        A call whose answer is lost is repeated: the number tells what the batch has already.
        """
        count = 0
        while count < len(submissions):
            part = submissions[count : count + (BESIDE_OTHERS if self._others_wait() else AT_ONCE)]
            part = part[: fitting(part)]
            header = json.dumps({"id": batch_id, "first": first + count})
            arguments = to_arguments(
                part, where=self._where, ttl=self._ttl, most_waiting=self._most_waiting, batch=header
            )
            answer = await self._patiently(arguments, {each.envelope for each in part})
            answers = from_answer(part, *answer[:3])
            place = refused_at(answers)
            count += place
            if place < len(part):
                refusal = answers[place]
                return Added(count, refusal if isinstance(refusal, Exception) else None)
        return Added(count, None)

    async def close_batch(self, batch_id: str) -> None:
        """There will be no more tasks."""
        answer = await self._ask(scripts.CLOSE_BATCH, batch_id, self._ttl, date_done(), self._where)
        await self._push_all(answer[1:])

    async def commit(self, batch: NewBatch, submissions: Sequence[Submission], wants: Wants) -> bool:
        """Make these tasks a batch, all or none; `accept_staged` then accepts them. False if it was there before."""
        stage = f"{batch.batch_id}:{uuid4()}"
        await self._make_known({each.envelope for each in submissions})
        for chunks in _pieces(_chunks(submissions)):
            await self._ask("RPUSH", keys.staged(stage), *chunks)
            await self._ask("PEXPIRE", keys.staged(stage), STAGED_SECONDS * 1000)
        submitter = batch.submitter
        arguments: list[Argument] = [
            *(batch.batch_id, stage, batch.owner, batch.label or "", batch.accepted_as, batch.notify),
            len(submissions),
            *(self._ttl, date_done(), self._where, self._most_waiting),
            *((1, *submitter.arguments()) if submitter else (0,)),
            *(len(wants.room), *(part for pair in wants.room.items() for part in pair)),
            *("" if wants.sees_all else batch.owner, *wants.after),
        ]
        try:
            word, *rest = await self._ask(scripts.COMMIT_BATCH, *arguments)
        except InDoubt:  # what was done once is not done again
            word, *rest = await self._ask(scripts.COMMIT_BATCH, *arguments)
        match word:
            case b"created":
                await self._push_all(rest)
                return True
            case b"known":
                return False
        raise _refusal(batch, word.decode(), *(part.decode() for part in rest))

    async def accept_staged(self, batch_id: str) -> None:
        """Accept what is staged of an array. Several processes may do that at once: each chunk is accepted once."""
        header = json.dumps({"id": batch_id, "is_staged": True})
        left = 1
        while left:
            answer = await self._patiently([self._where, self._ttl, date_done(), 0, header, 0], ())
            left = answer[4]

    async def read(self, batch_id: str, *, owner: str | None) -> Batch | None:
        """The current batch; None for an unknown one, `BatchGone` for a forgotten one."""
        return batch_from(batch_id, await self._ask(scripts.READ_BATCH, batch_id, whose(owner)))

    async def read_watched(self, batch_id: str) -> Batch | None:
        """The same for who follows `watch.changes`: the next change is told; None for a forgotten one, too."""
        await self._ask("HDEL", keys.batch(batch_id), "told")
        try:
            return await self.read(batch_id, owner=None)
        except BatchGone:
            return None

    async def page(self, *, owner: str | None, before: int | None, limit: int) -> list[Batch]:
        """Batches that were created before a stamp, the newest first."""
        start = "+inf" if before is None else f"({before}"
        answer = await self._ask(scripts.LIST_BATCHES, whose(owner), start, limit)
        rows = zip(answer[::2], answer[1::2], strict=True)
        batches = [batch_from(batch_id.decode(), fields) for batch_id, fields in rows]
        return [batch for batch in batches if batch is not None]

    async def cancel(self, batch_id: str, *, owner: str | None, terminate: bool) -> AsyncIterator[Cancelling]:
        """Cancel the tasks, a part at a time: how far it is, until it is done. A keeper goes on with it if this is not iterated over."""
        wish = "terminate" if terminate else "ask"
        stock = "each"
        while True:
            how = (self._ttl, date_done(), self._where, stock)
            answer = await self._ask(scripts.CANCEL_BATCH, batch_id, whose(owner), wish, AT_ONCE, *how)
            word, elsewhere, pushed = answer
            await self._push_all(pushed)
            step = Cancelling(word.decode(), [task_id.decode() for task_id in elsewhere])
            if step.word == "staged":
                await self.accept_staged(batch_id)
            yield step
            if step.word not in ("staged", "more"):
                return
            stock = "final" if step.no_stock_workers else stock
            wish = ""

    async def ends(self, batch_id: str, *, start: int, limit: int) -> list[int]:
        """The numbers of the tasks that have ended, in the order of their ends, from a place in that order on."""
        numbers = await self._ask("LRANGE", keys.batch_ends(batch_id), start, start + limit - 1)
        return [int(number) for number in numbers]

    async def forget(self, batch_id: str, *, owner: str | None) -> ForgettingBatch:
        """Remove a batch that has ended before it expires."""
        word = await self._ask(scripts.FORGET_BATCH, batch_id, whose(owner), self._stay)
        return ForgettingBatch(word.decode())

    async def close(self) -> None:
        """Finish open calls, then close the connections."""
        await self.watch.close()
        await self._asking.close()
        for connection in (self._accepts, self._asks, self._pushes):
            await connection.close()

    async def _watched(self, batch_id: str) -> Batch | None:
        try:
            return await self.read(batch_id, owner=None)
        except BatchGone as gone:
            raise Gone(batch_id) from gone

    async def _patiently(self, arguments: list[Argument], envelopes: Iterable[Envelope]) -> Any:
        """The answer of one call, also where Redis was away for a while: what was done once is not done again."""
        deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        while True:
            try:
                async with self._turn:
                    answer = await self._accepts.run(scripts.ACCEPT, arguments)
                    if not answer:
                        await self._make_known(envelopes)
                        answer = await self._accepts.run(scripts.ACCEPT, arguments)
                    await confirm(self._durability, self._accepts)
                await self._push_all(answer[3])
            except (Unavailable, InDoubt):
                if asyncio.get_running_loop().time() > deadline:
                    raise
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return answer

    async def _make_known(self, envelopes: Iterable[Envelope]) -> None:
        pairs = [part for envelope in envelopes for part in (envelope.digest, envelope.format)]
        if pairs:
            await self._ask("HSET", keys.envelopes(), *pairs)

    async def _push_all(self, pushed: Sequence[bytes]) -> None:
        if pushed:
            async with self._pushing:
                await push_all(self._pushes, pushed)

    async def _ask(self, verb: scripts.Script | str, *arguments: Argument) -> Any:
        return await self._asking.do((verb, *arguments))

    async def _ask_all(self, commands: Sequence[tuple[Any, ...]]) -> Sequence[Any]:
        answers: list[Any] = []
        for verb, *arguments in commands:
            if isinstance(verb, scripts.Script):
                answers.append(await self._asks.run(verb, arguments))
            else:
                answers.append(await self._asks.call(verb, *arguments))
        return answers


def _chunks(submissions: Sequence[Submission]) -> Iterator[str]:
    """What accept_tasks.lua takes of the list of staged chunks. Limits are kept for the whole array, so there are none here."""
    first = 0
    while first < len(submissions):
        part = submissions[first : first + AT_ONCE]
        part = part[: fitting(part)]
        unlimited = [
            each._replace(submitter=each.submitter._replace(of_key=UNLIMITED, of_owner=UNLIMITED))
            if each.submitter
            else each
            for each in part
        ]
        arguments = to_arguments(unlimited, where="", ttl=0)[BEFORE_CALLERS:]
        yield json.dumps([str(first), *map(_text, arguments)])
        first += len(part)


def _pieces(chunks: Iterable[str]) -> Iterator[list[str]]:
    """Chunks for one command each."""
    piece: list[str] = []
    for chunk in chunks:
        piece.append(chunk)
        if sum(map(len, piece)) > STAGED_BYTES:
            yield piece
            piece = []
    if piece:
        yield piece


def _text(argument: Argument) -> str:
    return argument.decode() if isinstance(argument, bytes) else str(argument)


def _refusal(batch: NewBatch, word: str, what: str = "", wait: str = "0") -> Exception:
    """Why an array was not accepted."""
    match word:
        case "limited":
            allowance = batch.submitter.allowance(what) if batch.submitter else UNLIMITED
            return LimitExceeded(what, int(wait) / 1e6, allowance)
        case "full":
            return QueueFull(what, int(wait) / 1e6)
        case "no dependency":
            return UnknownDependency(what)
        case "gone":
            return BatchGone(batch.batch_id)
        case _:
            return BatchConflict(batch.batch_id)
