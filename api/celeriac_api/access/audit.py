"""Notes who changed what, in the log and in the audit trail.

A route is audited unless it only reads, or submits: the record of a task names its owner and its times itself. What is refused for
lack of a scope is noted on every route.
"""

import logging
import time
from collections.abc import Callable

from starlette.types import Scope as Connection

from celeriac.access.audit_entry import LONGEST_CLIENT, LONGEST_NAME, audit_entry, plain
from celeriac.ledger.tables.audit import AuditTrail
from celeriac_api.access.caller import Caller

# Not even understood, or by nobody we know: nothing was changed, and there may be any number of these.
NOT_NOTED = frozenset({400, 401, 413, 415, 422})
# The same refusal of the same caller is noted once in this time, so that nobody can push out what others did.
PAUSE_SECONDS = 60.0
MOST_REMEMBERED = 1_024

logger = logging.getLogger(__name__)


class Audit:
    """What the routes note. It never waits, and never fails a request."""

    def __init__(self, trail: AuditTrail, *, clock: Callable[[], float] = time.monotonic) -> None:
        """`trail` keeps the entries; `clock` is in seconds, and never set back."""
        self._trail, self._clock = trail, clock
        self._refused: dict[tuple[str, str, str, int], float] = {}

    def note(
        self,
        action: str,
        connection: Connection,
        caller: Caller,
        *,
        status: int,
        made: str = "",
        request_id: str | None = None,
    ) -> None:
        """Note one use of a route. `made` is the address of what it made, if it made something."""
        if status in NOT_NOTED or (400 <= status < 500 and not self._is_news(action, caller, status)):
            return
        target = plain(next(iter(connection["path_params"].values()), made.rpartition("/")[2]), LONGEST_NAME)
        client = plain((connection.get("client") or ("",))[0], LONGEST_CLIENT)
        logger.info(
            "%s of '%s' by %s '%s' of owner '%s' at %s: %d",
            action, target, caller.kind.value, caller.name, caller.owner, client or "a socket", status,
        )  # fmt: skip
        entry = audit_entry(
            action=action,
            target=target,
            caller=caller.kind.value,
            name=caller.name,
            owner=caller.owner,
            client=client,
            status=status,
            request_id=request_id,
        )
        self._trail.add(entry)

    def _is_news(self, action: str, caller: Caller, status: int) -> bool:
        now, kind = self._clock(), (action, caller.owner, caller.name, status)
        if now < self._refused.get(kind, float("-inf")) + PAUSE_SECONDS:
            return False
        if len(self._refused) >= MOST_REMEMBERED:
            self._refused.clear()
        self._refused[kind] = now
        return True
