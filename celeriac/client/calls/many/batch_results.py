"""Follows the results of a batch, over every loss of the connection."""

from typing import Literal, TypeAlias

from celeriac.client.calls.many.batch_result import BatchResult, result_of_line
from celeriac.client.calls.watching import SILENCE_SECONDS
from celeriac.client.errors import Problem, UnexpectedAnswer, Unreachable
from celeriac.client.flow.deadline import Deadline
from celeriac.client.flow.retries import backoff, may_repeat
from celeriac.client.flow.steps import Item, Next, Open, Pause, Series
from celeriac.client.wire.json_text import beginning, parse
from celeriac.client.wire.problems import problem_of, unexpected
from celeriac.client.wire.request import LINES, Answer, Request, path_of

Order: TypeAlias = Literal["items", "ends"]


class Lines:
    """The lines of one batch, each once."""

    def __init__(self, batch_id: str, order: Order, deadline: Deadline) -> None:
        """None is read yet."""
        self._batch_id, self._order, self._deadline = batch_id, order, deadline
        # How many were read.
        self._count = 0

    def follow(self) -> Series[BatchResult]:
        """Those up to the end of the answer; after a loss, it continues behind the last one."""
        attempt = 0
        while True:
            request, count = self._request(), self._count
            try:
                _check((yield Open(request, SILENCE_SECONDS)))
                self._deadline.answered()
                while (received := (yield Next())) is not None:
                    if received.data:
                        yield Item(_result(received.data))
                        self._count += 1
            except (Unreachable, Problem) as failure:
                if not may_repeat(request, failure):
                    raise
                attempt = 0 if self._count > count else attempt
                pause = backoff(attempt)
                pause = failure.pause(pause) if isinstance(failure, Problem) else pause
                if not self._deadline.allows(pause):
                    raise
            else:
                return
            yield Pause(pause)
            attempt += 1

    def _request(self) -> Request:
        query = [("order", self._order), ("start", str(self._count))]
        headers = {"Accept": LINES, "Cache-Control": "no-store"}
        return Request("GET", path_of("batches", self._batch_id, "results", query=query), headers)


def _check(answer: Answer) -> None:
    """The stream is open, or the refusal is raised."""
    if answer.status >= 300:
        raise problem_of(answer)
    if answer.content_type != LINES:
        raise unexpected(answer, "The answer is not a stream of lines")


def _result(line: str) -> BatchResult:
    try:
        return result_of_line(parse(line))
    except ValueError as error:
        raise UnexpectedAnswer(
            f"A line is not one of Celeriac: {error} ({beginning(line.encode())!r}).", status=200
        ) from None
