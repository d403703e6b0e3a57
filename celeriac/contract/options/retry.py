"""The retry policy of a task: which errors make it run again, and when."""

import random
from dataclasses import dataclass
from datetime import timedelta

from celeriac.contract.definition import Retry
from celeriac.contract.signature import ContractError


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """Which errors make a task run again, how often and after which delay.

    `attempts` includes the first one. The delay before attempt n + 1 is `backoff` doubled n - 1 times, at most
    `max_backoff`, minus up to a half at random ("equal jitter"), so that failed tasks do not return at the same time.
    """

    on: tuple[type[Exception], ...] = (Exception,)
    attempts: int = 3
    backoff: timedelta = timedelta(seconds=1)
    max_backoff: timedelta = timedelta(minutes=10)

    def __post_init__(self) -> None:
        """Refuse a policy that cannot work."""
        if not isinstance(self.on, tuple):
            raise ContractError(
                f"RetryPolicy(on={self.on!r}): give a tuple of exceptions, such as on=(OSError,)."
            )
        if self.attempts < 2:
            raise ContractError(
                f"RetryPolicy(attempts={self.attempts}) never runs the task again: give 2 or more, or no policy."
            )
        if self.backoff < timedelta(0) or self.max_backoff < self.backoff:
            raise ContractError(
                f"RetryPolicy(backoff={self.backoff}, max_backoff={self.max_backoff}): give 0 <= backoff <= max_backoff."
            )

    def delay(self, failure: Exception, attempt: int) -> timedelta | None:
        """How long to wait after `attempt` (1 for the first) ended in `failure`; None: do not run again."""
        if attempt >= self.attempts or not isinstance(failure, self.on):
            return None
        doublings = min(attempt - 1, 64)
        longest = min(self.backoff.total_seconds() * 2**doublings, self.max_backoff.total_seconds())
        return timedelta(seconds=longest * random.uniform(0.5, 1.0))  # noqa: S311 - spreading load is no secret

    @property
    def data(self) -> Retry:
        """The same as plain data, for the definition."""
        return Retry(
            on=tuple(f"{error.__module__}.{error.__qualname__}" for error in self.on),
            attempts=self.attempts,
            backoff=self.backoff,
            max_backoff=self.max_backoff,
        )
