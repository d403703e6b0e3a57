"""The ledger for the API: accept, read, follow, cancel and forget tasks."""

import asyncio
import json
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import timedelta
from enum import StrEnum
from functools import partial
from typing import Any

from redis.exceptions import RedisError

from celeriac.ledger.live.task_ends import Watch
from celeriac.ledger.model.accepting import fitting, from_answer, to_arguments
from celeriac.ledger.model.history import History
from celeriac.ledger.model.history import from_reply as history
from celeriac.ledger.model.original import Original
from celeriac.ledger.model.original import from_reply as original
from celeriac.ledger.model.rejected import RejectedMessage
from celeriac.ledger.model.states import State
from celeriac.ledger.model.submission import Accepted, Submission
from celeriac.ledger.model.task import FIELDS, Gone, Task, from_reply, too_large
from celeriac.ledger.model.task_filter import Listing, Page, whose
from celeriac.ledger.model.times import date_done, microseconds
from celeriac.ledger.protocol import message as wire
from celeriac.ledger.store import keys, scripts
from celeriac.ledger.store.connection import Argument, Connection, InDoubt, Refused, Unavailable
from celeriac.ledger.store.durability import confirm
from celeriac.ledger.store.epoch import Epoch
from celeriac.ledger.store.group_commit import LATER, Batching, Later
from celeriac.ledger.store.health import faults
from celeriac.ledger.store.pushes import push_all
from celeriac.ledger.store.slices import Slices, slices_of
from celeriac.settings import Durability
from celeriac.values.addresses.redis_address import database

PING_SECONDS = 0.8
# Read in one call, which takes a millisecond.
MOST_NAMES = 250
# As in record.lua.
SERVING_FRESH_SECONDS = 30
# Of Celery's documents that are read in one call: what is larger comes in the next one, or is left out of a list.
MOST_READ_BYTES = 4_000_000
MOST_LISTED_BYTES = 2_000_000
# Larger results are read in slices, where they are asked for alone.
MOST_AT_ONCE_BYTES = 262_144
# Celery writes a character of a result as up to six of ASCII, where UTF-8 has two bytes; and says something around it.
WRITTEN_AS, AROUND_BYTES = 3, 65_536
# Of an answer of read_tasks.lua: the fields and the document. What follows says that it was left out.
WHOLE = len(FIELDS) + 1
# The id of a task, the owner whose it must be ("": anybody's), and the most bytes that are read of its document.
Question = tuple[str, str, int]


class Cancellation(StrEnum):
    """The result of a request to cancel a task."""

    UNKNOWN = "unknown"
    CANCELLED = "cancelled"
    ASKED = "asked"
    ENDED = "ended"


class Forgetting(StrEnum):
    """The result of a request to forget a task."""

    FORGOTTEN = "forgotten"
    GONE = "gone"
    OPEN = "open"
    UNKNOWN = "unknown"


class Ledger:
    """The ledger's Redis and, if different, the broker's. Each has few connections, for any number of callers.

    Whoever reads or changes a task says as whom: the task of another `owner` is unknown to them; None sees all tasks.
    Every call that cannot reach Redis raises `Unavailable` or `InDoubt` (celeriac/ledger/store/connection.py) within 2 seconds.
    """

    def __init__(  # noqa: PLR0913 - each is a setting of its own
        self,
        *,
        backend: str,
        broker: str,
        result_ttl: timedelta,
        tombstone_ttl: timedelta,
        durability: Durability = Durability.AOF,
        max_queue_depth: int = 0,
        max_result_bytes: int = 10_485_760,
        epoch: Epoch | None = None,
        on_answer: Callable[[float], None] | None = None,
    ) -> None:
        """URLs of the Redis that holds records and results, and of the one that holds the queues; mostly the same.

        At most `max_queue_depth` tasks wait in a queue (0: any number). A result of more than `max_result_bytes` is not read,
        whoever stored it. `on_answer` is told of each call of a script, shared by many callers or not, how many seconds it took.
        """
        self._push_or_record = "push" if backend == broker else "record"
        self._database = database(broker)
        self._ttl, self._tombstone_ttl = microseconds(result_ttl), microseconds(tombstone_ttl)
        self._durability = durability
        self._max_queue_depth = max_queue_depth
        self._max_result_bytes = max_result_bytes
        self._most_bytes = WRITTEN_AS * max_result_bytes + AROUND_BYTES
        epoch = epoch or Epoch()
        self._accepts, self._reads, self._changes = (
            Connection(backend, epoch=epoch, on_answer=on_answer),
            Connection(backend, epoch=epoch, on_answer=on_answer),
            Connection(backend, epoch=epoch, on_answer=on_answer),
        )
        self._pushes, self._tells = Connection(broker, epoch=epoch), Connection(broker, epoch=epoch)
        self._probes = [Connection(url, epoch=epoch) for url in dict.fromkeys((backend, broker))]
        self._accepting = Batching(self._accept_all, owner_of=_owner_of_submission)
        self._reading = Batching(self._read_all, owner_of=_owner_of_question)
        self._pinging = Batching(self._ping_all)
        self._changing = Batching(self._change_all)
        self.watch = Watch(backend, partial(self.read, owner=None), epoch)

    def accept(self, submission: Submission) -> asyncio.Future[Accepted]:
        """Write record, index and message. `Conflict`, `Gone` or `IdTaken` when its key or id belongs to another task.

        `LimitExceeded` or `QueueFull` when it is not to be accepted now.
        """
        return self._accepting.do(submission)

    def is_accepting(self) -> bool:
        """Whether submissions wait, or are being accepted."""
        return self._accepting.is_busy

    def read(self, task_id: str, *, owner: str | None) -> asyncio.Future[Task | None]:
        """The current task; None for an id that was never accepted; raises `Gone` for a forgotten task."""
        return self._reading.do((task_id, whose(owner), self._most_bytes))

    def read_small(self, task_id: str, *, owner: str | None) -> asyncio.Future[Task | None]:
        """The same, but without a large result: `unread_bytes` is then its size, and `slices` reads it."""
        return self._reading.do((task_id, whose(owner), min(MOST_AT_ONCE_BYTES, self._most_bytes)))

    async def slices(self, task: Task) -> Slices | None:
        """The result that `read_small` did not read; None if it must be read as a whole.

        Only results of our workers are known to be strict JSON without a check of the whole text.
        """
        if task.attempt == 0 or not task.unread_bytes or task.unread_bytes > self._most_bytes:
            return None
        return await slices_of(task.task_id, task.unread_bytes, self._changing.do)

    async def original(self, task_id: str, *, owner: str | None) -> Original | None:
        """The submission of a task; None if the task has no record."""
        return original(await self._change(scripts.READ_ORIGINAL, task_id, whose(owner)))

    async def names(self, ids: Sequence[str], *, owner: str | None) -> dict[str, str]:
        """The names of the definitions of those tasks that exist; of at most `MOST_NAMES`."""
        names = await self._change(scripts.READ_NAMES, whose(owner), *ids[:MOST_NAMES])
        return {task_id: name.decode() for task_id, name in zip(ids, names, strict=False) if name}

    async def history(self, task_id: str, *, owner: str | None) -> History | None:
        """The history of a task; an open task keeps its events in a stream from now on. None without a record."""
        return history(await self._change(scripts.FOLLOW, task_id, whose(owner)))

    async def cancel(self, task_id: str, *, owner: str | None, terminate: bool) -> Cancellation:
        """Cancel a task that has not started; ask the worker of a running task to end it, or to let it stop itself.

        A stock Celery worker is asked through Celery's remote control: only workers that are connected now get the request.
        """
        wish = "terminate" if terminate else "ask"
        answer = await self._cancel(task_id, owner, wish, "unless stock")
        if answer[0] == b"unserved":
            workers = await self._tell_stock_workers(task_id, terminate=terminate)
            answer = await self._cancel(task_id, owner, wish, "ask" if workers else "final")
        return Cancellation(answer[0].decode())

    async def page(self, listing: Listing, *, tracebacks: bool) -> Page:
        """A page of tasks, the newest first, with results as far as they fit into `MOST_LISTED_BYTES`."""
        return await self._page(listing, "results tracebacks" if tracebacks else "results")

    async def page_without_results(self, listing: Listing, *, tracebacks: bool) -> Page:
        """The same, with every `result` None: the results of our tasks are not read."""
        page = await self._page(listing, "tracebacks" if tracebacks else "")
        return Page([task._replace(result=None) for task in page.tasks], page.before)

    async def forget(self, task_id: str, *, owner: str | None) -> Forgetting:
        """Remove an ended task before it expires."""
        how = (self._tombstone_ttl, self._ttl, date_done(), self._push_or_record)
        word, *pushed = await self._change(scripts.FORGET, task_id, whose(owner), *how)
        await self._push_all(pushed)
        return Forgetting(word.decode())

    async def rejected(self, queue: str, *, limit: int) -> tuple[list[RejectedMessage], int]:
        """The rejected messages of a queue, the newest first, and how many more are too large to be read."""
        omitted_count, *entries = await self._change(scripts.LIST_REJECTED, queue, limit, MOST_LISTED_BYTES)
        return [RejectedMessage(**json.loads(entry)) for entry in entries], omitted_count

    async def served_queues(self) -> frozenset[str]:
        """The queues that live workers of ours serve."""
        seconds, _ = await self._change("TIME")
        pairs = await self._change("HGETALL", keys.serving())
        heard = zip(pairs[::2], pairs[1::2], strict=True)
        since = (int(seconds) - SERVING_FRESH_SECONDS) * 1_000_000
        return frozenset(queue.decode() for queue, at in heard if int(float(at)) > since)

    async def ping(self, queues: Collection[str] = ()) -> list[str]:
        """Raise unless every Redis answers within `PING_SECONDS`; returns what is unsafe about them, in sentences.

        The Redis user also needs rights to these queues.
        """
        try:
            async with asyncio.timeout(PING_SECONDS):
                return await self._pinging.do(queues)
        except TimeoutError as late:
            raise Unavailable(f"no answer within {PING_SECONDS} s") from late

    async def close(self) -> None:
        """Finish open calls, then close the connections."""
        await self.watch.close()
        for batching in (self._accepting, self._reading, self._pinging, self._changing):
            await batching.close()
        for connection in (
            self._accepts,
            self._reads,
            self._changes,
            self._pushes,
            self._tells,
            *self._probes,
        ):
            await connection.close()

    async def _accept_all(self, submissions: Sequence[Submission]) -> Sequence[Accepted | Exception | Later]:
        """As many as one script may accept; the others are for the next one."""
        count = fitting(submissions)
        return [*await self._accept_these(submissions[:count]), *[LATER] * (len(submissions) - count)]

    async def _accept_these(self, submissions: Sequence[Submission]) -> Sequence[Accepted | Exception]:
        """One server: one atomic step. Two: the record first, so that nothing runs which the ledger does not know."""
        values = to_arguments(
            submissions, where=self._push_or_record, ttl=self._ttl, most_waiting=self._max_queue_depth
        )
        answer = await self._accepts.run(scripts.ACCEPT, values)
        if not answer:
            await self._make_known({submission.envelope for submission in submissions})
            answer = await self._accepts.run(scripts.ACCEPT, values)
        first, at, replies, pushed = answer
        await confirm(self._durability, self._accepts)
        await self._push_all(pushed)
        return from_answer(submissions, first, at, replies)

    async def _make_known(self, envelopes: Iterable[wire.Envelope]) -> None:
        """What Redis does not know yet, or does not know any more."""
        pairs = [part for envelope in envelopes for part in (envelope.digest, envelope.format)]
        await self._accepts.call("HSET", keys.envelopes(), *pairs)

    async def _push_all(self, pushed: Sequence[bytes]) -> None:
        await push_all(self._pushes, pushed)

    async def _read_all(self, all_questions: Sequence[Question]) -> Sequence[Task | Exception | Later | None]:
        """Many may ask for the same task: it is read once."""
        tasks: dict[Question, Task | Exception | Later | None] = {}
        for most in {most for _, _, most in all_questions}:
            questions = _in_order({each for each in all_questions if each[2] == most})
            to_read = _to_read(questions, "later", MOST_READ_BYTES, most, "results tracebacks")
            replies = await self._reads.run(scripts.READ, to_read)
            for question, reply in zip(questions, replies, strict=True):
                is_whole = len(reply) == WHOLE
                tasks[question] = (
                    _task_or_error(question[0], reply) if is_whole else self._found(question[0], reply, most)
                )
        return [tasks[each] for each in all_questions]

    def _found(self, task_id: str, reply: Sequence[Any], most: int) -> Task | Exception | Later | None:
        if reply == [b"later"]:
            return LATER
        if len(reply) <= WHOLE:
            return _task_or_error(task_id, reply)
        task = _task_or_error(task_id, reply[:WHOLE])
        if not isinstance(task, Task):
            return task
        task = task._replace(unread_bytes=int(reply[WHOLE]))
        if most < self._most_bytes:
            return task
        return too_large(task, most_bytes=self._max_result_bytes)

    async def _page(self, listing: Listing, documents: str) -> Page:
        ids, before = await self._listed(listing)
        questions = [(task_id, whose(listing.owner), self._most_bytes) for task_id in ids]
        to_read = _to_read(questions, "left out", MOST_LISTED_BYTES, self._most_bytes, documents)
        replies = await self._change(scripts.READ, *to_read)
        rows = [_task_or_error(row_id, reply[:WHOLE]) for row_id, reply in zip(ids, replies, strict=True)]
        cut = {task_id for task_id, reply in zip(ids, replies, strict=True) if len(reply) > WHOLE}
        tasks = _there(rows)
        omitted_results = [
            task.task_id for task in tasks if task.state is State.SUCCEEDED and task.task_id in cut
        ]
        return Page(tasks, before, omitted_results)

    async def _ping_all(self, askers: Sequence[Collection[str]]) -> Sequence[list[str]]:
        warnings = [
            await faults(probe, self._durability, queues=askers[0], database=self._database)
            for probe in self._probes
        ]
        return [[sentence for sentences in warnings for sentence in sentences]] * len(askers)

    async def _listed(self, listing: Listing) -> tuple[list[str], int | None]:
        """The ids of a page, and where the next one begins."""
        before, *ids = await self._change(scripts.LIST, *listing.arguments())
        return [task_id.decode() for task_id in ids], int(before) if before else None

    async def _change(self, verb: scripts.Script | str, *arguments: Argument) -> Any:
        return await self._changing.do((verb, *arguments))

    async def _change_all(self, commands: Sequence[tuple[Any, ...]]) -> Sequence[Any]:
        """One after the other: these are rare, and each tells its own caller when it fails."""
        answers: list[Any] = []
        for verb, *arguments in commands:
            try:
                if isinstance(verb, scripts.Script):
                    answers.append(await self._changes.run(verb, arguments))
                else:
                    answers.append(await self._changes.call(verb, *arguments))
            except (Refused, RedisError) as error:
                answers.append(error)
            except (Unavailable, InDoubt) as away:
                if not answers:
                    raise  # to all who wait: they need not find out in turn
                rest = len(commands) - len(answers) - 1
                return [*answers, away, *[Unavailable(str(away))] * rest]
        return answers

    async def _cancel(self, task_id: str, owner: str | None, wish: str, stock: str) -> Any:
        how = (wish, self._ttl, date_done(), stock, self._push_or_record)
        answer = await self._change(scripts.CANCEL, task_id, whose(owner), *how)
        if answer[0] == b"cancelled":
            await self._push_all(answer[1:])
        return answer

    async def _tell_stock_workers(self, task_id: str, *, terminate: bool) -> bool:
        """Whether there was one to be told: those with remote control listen on Celery's channel."""
        message = wire.revocation(task_id, terminate=terminate)
        return bool(await self._tells.call("PUBLISH", keys.remote_control(self._database), message))


def _owner_of_submission(submission: Submission) -> str:
    return submission.owner


def _owner_of_question(question: Question) -> str:
    return question[1]


def _in_order(questions: Collection[Question]) -> list[Question]:
    """Those of whoever sees all tasks come first, as in `_to_read`."""
    return [each for each in questions if not each[1]] + [each for each in questions if each[1]]


def _to_read(
    questions: Sequence[Question], way: str, most_bytes: int, most_of_one: int, documents: str
) -> list[Argument]:
    """As read_tasks.lua has it; the questions of those who may see all tasks come first."""
    of_anybody = [task_id for task_id, owner, _ in questions if not owner]
    of_owners = [part for task_id, owner, _ in questions if owner for part in (owner, task_id)]
    limits = (way, most_bytes, most_of_one, documents)
    return [*limits, len(FIELDS), *FIELDS, len(of_anybody), *of_anybody, *of_owners]


def _task_or_error(task_id: str, reply: Sequence[Any]) -> Task | Exception | None:
    """A record that cannot be read is the error of those who ask for it, and not of all who ask meanwhile."""
    for part in (reply[0], reply[-1]):  # the record, the document
        if isinstance(part, Exception):
            return part
    try:
        return from_reply(task_id, reply)
    except (ValueError, TypeError, Gone) as unreadable:
        return unreadable


def _there(rows: Sequence[Task | BaseException | None]) -> list[Task]:
    """Those that are not forgotten meanwhile; raises what kept one from being read."""
    for row in rows:
        if isinstance(row, BaseException) and not isinstance(row, Gone):
            raise row
    return [task for task in rows if isinstance(task, Task)]
