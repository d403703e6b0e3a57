"""Sends a request, and sends it again while that is safe and there is time."""

import random

from celeriac.client.errors import ConnectionLost, InDoubt, Problem, QueueFull, RateLimited, Unreachable
from celeriac.client.flow.deadline import Deadline
from celeriac.client.flow.steps import Flow, Pause, send
from celeriac.client.wire.problems import problem_of
from celeriac.client.wire.request import Answer, Request

# An API that has not answered by then, beyond the wait that was asked for, is asked again.
ATTEMPT_SECONDS = 10.0
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0
# A proxy in front of the API sends some of these while the API is away.
RETRIED = frozenset({429, 502, 503, 504})


def answer_to(request: Request, deadline: Deadline) -> Flow[Answer]:
    """The answer, with a status below 300; a refusal becomes its error."""
    attempt = 0
    while True:
        failure: Unreachable | Problem
        try:
            answer = yield from send(request, _seconds(request, deadline), max(0.001, deadline.left))
        except Unreachable as lost:
            if not may_repeat(request, lost):
                raise
            failure, pause = lost, backoff(attempt)
        else:
            if answer.status < 300:
                deadline.answered()
                return answer
            failure = problem_of(answer)
            if not may_repeat(request, failure):
                raise failure
            if request.wait and _is_about_waiting(failure):
                request = request.without_wait()
                continue
            pause = failure.pause(backoff(attempt))
        if not deadline.allows(pause, is_busy=isinstance(failure, RateLimited | QueueFull)):
            raise failure
        yield Pause(pause)
        # The rest of the deadline may be shorter than the wait was.
        request = request.without_wait()
        attempt += 1


def may_repeat(request: Request, failure: Unreachable | Problem) -> bool:
    """Whether the request can be sent again without a second effect."""
    match failure:
        case ConnectionLost() | InDoubt():
            return request.repeatable
        case Unreachable():
            return failure.can_pass
        case Problem(type=None):
            # A proxy says so, which may have passed the request on.
            return failure.status in RETRIED and (request.repeatable or failure.status == 429)
    return failure.status in RETRIED


def backoff(attempt: int) -> float:
    """How long to wait before the next attempt: longer each time, and never the same for all clients."""
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(attempt, 10))
    return longest * random.uniform(0.5, 1)  # noqa: S311 - spreads the load, keeps no secret


def _is_about_waiting(failure: Problem) -> bool:
    """Whether only the wait is refused: too many requests of the key wait already."""
    return isinstance(failure, RateLimited) and (failure.limit or "").endswith("-waits")


def _seconds(request: Request, deadline: Deadline) -> float:
    return max(0.001, min(request.wait + ATTEMPT_SECONDS, deadline.left))
