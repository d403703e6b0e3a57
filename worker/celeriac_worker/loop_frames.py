"""The frames between a worker's main process and its loop processes.

A loop process is `python -m celeriac_worker.loop` with the options of `Start`. Between both is a stream socket, whose number it
is given; each frame is one line of JSON. Nothing but the standard library is imported here.

A loop sends `runs` before their claims leave for Redis, so that the main process knows all that a dead loop may have, and
`ended` when Redis has answered how the run ended, or that it may not run.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from socket import socket
from threading import Lock
from typing import Any, ClassVar, NamedTuple, Self

# How often a loop says that it lives, by a timer of its event loop.
ALIVE_SECONDS = 0.25
# How long a loop may be silent before its watch thread says what holds it up.
HELD_UP_SECONDS = 1.0
# How long it may be silent before its stacks are dumped, in case no thread can say anything.
DUMP_SECONDS = 1.25
# How long a run may go on after its hard time limit, before its process is killed.
TIDY_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Start:
    """The options with which a loop process is started."""

    # The number of its end of the socket.
    socket: int
    # The name of the worker, which is in its claims.
    worker: str
    # Those that it serves.
    queues: tuple[str, ...]
    # Of the worker, as in `--loglevel`.
    log_level: str = "INFO"
    # The number of a pipe, into which faulthandler writes the stacks of a loop that lets no thread run.
    stacks: int | None = None

    def to_arguments(self) -> list[str]:
        """As `python -m celeriac_worker.loop` takes them."""
        return [
            f"--socket={self.socket}",
            f"--worker={self.worker}",
            *(f"--queue={q}" for q in self.queues),
            f"--log-level={self.log_level}",
            *([] if self.stacks is None else [f"--stacks={self.stacks}"]),
        ]

    @classmethod
    def from_arguments(cls, arguments: Sequence[str] | None = None) -> Self:
        """The same; by default those of this process."""
        parser = argparse.ArgumentParser(
            prog="python -m celeriac_worker.loop", description="Started by a worker."
        )
        parser.add_argument("--socket", type=int, required=True)
        parser.add_argument("--worker", required=True)
        parser.add_argument("--queue", action="append", required=True, dest="queues")
        parser.add_argument("--log-level", default="INFO")
        parser.add_argument("--stacks", type=int)
        options = parser.parse_args(arguments)
        return cls(options.socket, options.worker, tuple(options.queues), options.log_level, options.stacks)


class Run(NamedTuple):
    """A run that a loop has begun: `token` is that of its delivery."""

    task_id: str
    token: str
    name: str
    hard_seconds: float | None


class Blocked(NamedTuple):
    """For how long the event loop has stood still, in which run (None: in none), and where that is in the code."""

    seconds: float
    task_id: str | None
    token: str | None
    # As `File "…", line 44, time.sleep(60)`.
    place: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a loop says to the main process."""

    # Those that it is about to claim.
    runs: tuple[Run, ...] = ()
    # Tokens, as in all that follows.
    ended: tuple[str, ...] = ()
    # Granted, but not begun, for too many others run (`Granted.company`); `runs` names them again when they begin. Sent before
    # anything of the same packet begins: of what is here, nothing can have caused the death of the process.
    held: tuple[str, ...] = ()
    # Past their hard time limit, although they were cancelled then. Sent at once by the timer that cancels them, or, for the run
    # in which the event loop stands still, by the watch thread. A run that does not end then has its process killed.
    overdue: tuple[str, ...] = ()
    # By how many seconds the timer that says this is late.
    alive: float | None = None
    # From the watch thread, after `HELD_UP_SECONDS`, and again when it changes. The next `alive` says that it is over.
    blocked: Blocked | None = None
    # Everything is ended or returned; the process ends.
    stopped: bool = False

    _READERS: ClassVar = {
        "runs": lambda runs: tuple(Run(*run) for run in runs),
        "ended": tuple,
        "held": tuple,
        "overdue": tuple,
        "blocked": lambda blocked: Blocked(*blocked),
    }

    @classmethod
    def from_line(cls, line: bytes) -> Self:
        """Read a frame."""
        return cls(**_members(line, cls._READERS))


@dataclass(frozen=True, slots=True)
class Order:
    """What the main process says to a loop; all but `stop` are tokens."""

    # Somebody has asked for their end: `context.cancelled()` is true from now on.
    ask: tuple[str, ...] = ()
    # Likewise, with `terminate`: they are cancelled.
    terminate: tuple[str, ...] = ()
    # Somebody else has the task by now: cancelled, and their end is dropped.
    lost: tuple[str, ...] = ()
    # Take no more messages, wait for so many seconds, cancel and return what runs, say `stopped` and end. It can come again, with
    # another time from then on.
    stop: float | None = None

    _READERS: ClassVar = {"ask": tuple, "terminate": tuple, "lost": tuple}

    @classmethod
    def from_line(cls, line: bytes) -> Self:
        """Read a frame."""
        return cls(**_members(line, cls._READERS))


class Frames:
    """One end of the socket. Any thread may send; one receives.

    Sending waits while the other side does not read: what it is not told must not leave for Redis.
    """

    def __init__(self, connection: socket) -> None:
        """`connection` is blocking to send."""
        self._connection = connection
        self._sending = Lock()
        self._rest = b""

    def send(self, frame: Report | Order) -> None:
        """Send a frame whole. `OSError`: the other side is gone."""
        with self._sending:
            self._connection.sendall(line_of(frame))

    def lines(self, received: bytes) -> Iterator[bytes]:
        """The lines that are complete with what was received now."""
        *lines, self._rest = (self._rest + received).split(b"\n")
        return iter(lines)


def line_of(frame: Report | Order) -> bytes:
    """A frame as one line: what it does not say is left out."""
    members = {name: value for name in frame.__slots__ if not _is_empty(value := getattr(frame, name))}
    return json.dumps(members, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def _is_empty(value: object) -> bool:
    return value is None or value is False or value == ()


def _members(line: bytes, readers: Any) -> dict[str, Any]:
    return {
        name: readers[name](value) if name in readers else value for name, value in json.loads(line).items()
    }
