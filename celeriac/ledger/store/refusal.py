"""Recognizes the refusals of Redis that can pass, and describes them.

The caller waits and tries again, as if Redis were away. Every other refusal is an error of the caller.
"""

import re
from dataclasses import dataclass

from redis import exceptions

REPLICA = "Redis is a replica, which accepts no writes"
# By the code with which the answer of Redis begins.
WORDS = {
    "OOM": "Redis is full: its memory has reached maxmemory",
    "MISCONF": "Redis cannot write to its disk, and accepts no writes until it can",
    "NOREPLICAS": "Redis has fewer replicas than its min-replicas-to-write requires",
    "READONLY": REPLICA,
    "UNBLOCKED": REPLICA,
    "MASTERDOWN": "Redis is a replica that has lost its primary",
    "LOADING": "Redis is reading its data from disk",
    "BUSY": "Redis is busy with a script",
    "CLUSTERDOWN": "The cluster of Redis is down",
    "TRYAGAIN": "The cluster of Redis is moving keys",
    "NOAUTH": "Redis does not accept the password",
    "WRONGPASS": "Redis does not accept the password",
    "NOPERM": "Redis denies its user a right",
    "MAXCLIENTS": "Redis accepts no more connections: their number has reached maxclients",
}
# Redis-py takes the code off the text of these; the first of them is not in all versions, which then leave it there.
_CODES = tuple(
    (getattr(exceptions, name), code)
    for name, code in (
        ("OutOfMemoryError", "OOM"),
        ("ReadOnlyError", "READONLY"),
        ("MasterDownError", "MASTERDOWN"),
        ("BusyLoadingError", "LOADING"),
        ("ClusterDownError", "CLUSTERDOWN"),
        ("TryAgainError", "TRYAGAIN"),
        ("AuthenticationError", "NOAUTH"),
        ("NoPermissionError", "NOPERM"),
    )
    if hasattr(exceptions, name)
)
# What redis-py makes of a READONLY where a sentinel has named the primary.
_DEMOTED = "The previous master is now a slave"
# What may be before the code: redis-py's words about a pipeline; and, before Redis 7, Redis' own about a script.
_CODE = re.compile(
    r"(?:Command # \d+ \(.*\) of pipeline caused error: )?(?:(?:ERR Error running script |@user_script).*?: -)?([A-Z]+) ",
    re.DOTALL,
)


@dataclass(frozen=True)
class Refusal:
    """`words` is the reason for people; `detail` is the text from Redis."""

    code: str
    detail: str

    @property
    def words(self) -> str:
        """The reason, as the beginning of a sentence."""
        return f"{WORDS[self.code]} ({self.detail})" if self.code == "NOPERM" else WORDS[self.code]

    @property
    def may_pass_elsewhere(self) -> bool:
        """Whether another server may have taken over: then the next try is made over a new connection."""
        return self.code != "OOM"


def refusal_of(error: BaseException) -> Refusal | None:
    """Why Redis refuses for now; None for any other error."""
    text = str(error)
    code = next((code for kind, code in _CODES if isinstance(error, kind)), None) or _code(text)
    return Refusal(code, text) if code in WORDS else None


def _code(text: str) -> str:
    if text == _DEMOTED:
        return "READONLY"
    if text.startswith("max number of clients reached"):
        return "MAXCLIENTS"
    match = _CODE.match(text)
    return match[1] if match else ""
