"""Decides whether a loop process must be killed, and for which of its runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from celeriac_worker.loop_control.loop_process import LoopProcess
from celeriac_worker.loop_control.runs import LoopRun
from celeriac_worker.loop_frames import ALIVE_SECONDS, TIDY_SECONDS, Blocked
from celeriac_worker.run.failure import overrun_sentence

# How long a run that was cancelled may go on.
STUBBORN_SECONDS = 10.0
# How long a process may take until its event loop begins: tasks can be slow to import.
START_SECONDS = 120.0
MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a process is killed: `reason` is for the log."""

    reason: str
    # By token: why a run fails. All others run again, and nothing is counted against them.
    guilty: Mapping[str, str] = field(default_factory=dict)
    # Whether nobody knows which of its runs is the reason: it may be one of them, or none.
    is_riddle: bool = False
    # The tokens of those of which one is; None: it may be any.
    possible: frozenset[str] | None = None


def verdict_on(process: LoopProcess, now: float, *, blocked_limit: float) -> Verdict | None:
    """None: the process may go on. `blocked_limit` is in seconds."""
    if process.blocked is not None and now - process.blocked_since > blocked_limit:
        return _held_up(process, process.blocked, blocked_limit)
    silent_limit = blocked_limit if process.alive_at is not None else max(blocked_limit, START_SECONDS)
    if process.blocked is None and now - process.heard_at > silent_limit:
        return Verdict(f"Loop process was silent for more than {silent_limit:g} s", is_riddle=True)
    return _overrun(process, now) or _stubborn(process, now)


def _held_up(process: LoopProcess, blocked: Blocked, limit: float) -> Verdict:
    reason = f"its event loop was held up for more than {limit:g} s by {blocked.place}"
    run = process.runs.of(blocked.token)
    if run is None:  # what opens a shared value for several of them, say
        return Verdict(reason, is_riddle=True, possible=process.possible)
    sentence = (
        f"the task held up its event loop for more than {limit:g} s and was ended; it was at {blocked.place}"
    )
    return Verdict(reason, {run.run.token: sentence})


def _overrun(process: LoopProcess, now: float) -> Verdict | None:
    runs = [run for run in process.runs.all() if _is_overrun(process, run, now)]
    if not runs:
        return None
    guilty = {run.run.token: _overrun_sentence(run, process.blocked) for run in runs}
    return Verdict(f"a task did not end at its time limit: {_names(runs)}", guilty)


def _is_overrun(process: LoopProcess, run: LoopRun, now: float) -> bool:
    """A run has had its time, unless another one has held up the loop meanwhile."""
    if run.overdue_since is None or now - run.overdue_since <= TIDY_SECONDS:
        return False
    if process.blocked is not None:
        return process.blocked.token == run.run.token
    return process.runs.ticks - run.overdue_tick >= TIDY_SECONDS / ALIVE_SECONDS - 1


def _overrun_sentence(run: LoopRun, blocked: Blocked | None) -> str:
    sentence = overrun_sentence(run.run.hard_seconds)
    return sentence if blocked is None else f"{sentence}; it was at {blocked.place}"


def _stubborn(process: LoopProcess, now: float) -> Verdict | None:
    """They end as cancelled when they are returned."""
    runs = [run for run in process.runs.all() if _is_stubborn(process, run, now)]
    if not runs:
        return None
    return Verdict(f"a task did not end within {STUBBORN_SECONDS:g} s after it was cancelled: {_names(runs)}")


def _is_stubborn(process: LoopProcess, run: LoopRun, now: float) -> bool:
    is_late = run.terminated_at is not None and now - run.terminated_at > STUBBORN_SECONDS
    return is_late and (process.blocked is None or process.blocked.token == run.run.token)


def _names(runs: list[LoopRun]) -> str:
    return ", ".join(f"{run.run.task_id} ({run.run.name})" for run in runs[:MOST_NAMED])
