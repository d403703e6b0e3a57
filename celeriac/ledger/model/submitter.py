"""Who submits: an owner and its key, with what each may submit."""

from dataclasses import dataclass
from math import ceil
from typing import NamedTuple


class Allowance(NamedTuple):
    """How much may be submitted: tasks per second in the long run, tasks at once, and unfinished tasks at a time.

    0 is no limit.
    """

    rate: float = 0
    burst: float = 1
    unfinished: int = 0

    @property
    def policy(self) -> tuple[int, int]:
        """The rate as a whole number of tasks, and the whole number of seconds that they take."""
        return (int(self.rate), 1) if self.rate >= 1 else (1, ceil(1 / self.rate))

    def arguments(self) -> tuple[str, str, int]:
        """As accept_tasks.lua reads it: the time that one task takes, and how far ahead it may go, in microseconds."""
        if not self.rate:
            return "0", "0", self.unfinished
        interval = 1_000_000 / self.rate
        return f"{interval:.3f}", f"{interval * max(self.burst, 1):.3f}", self.unfinished


UNLIMITED = Allowance()


class Submitter(NamedTuple):
    """Whose the task will be, and by whose key. Neither name has a colon, and neither is empty."""

    owner: str
    key: str
    of_key: Allowance = UNLIMITED
    of_owner: Allowance = UNLIMITED

    def allowance(self, limit: str) -> Allowance:
        """The one that a limit of this name is part of."""
        return self.of_key if limit.startswith("key-") else self.of_owner

    def arguments(self) -> tuple[str | int, ...]:
        """As accept_tasks.lua reads it."""
        return (self.owner, self.key, *self.of_key.arguments(), *self.of_owner.arguments())


@dataclass(frozen=True)
class LimitExceeded(Exception):
    """A submission is over a limit (`key-rate`, `owner-unfinished` …); `wait_seconds` is 0 where a task must end first."""

    limit: str
    wait_seconds: float
    allowance: Allowance


@dataclass(frozen=True)
class QueueFull(Exception):
    """As many tasks wait in the queue as may; at its present rate there is room after `wait_seconds`."""

    queue: str
    wait_seconds: float
