"""Finds by its stacks what holds up a loop that cannot say so itself.

Code that does not release the interpreter, such as a slow regular expression, lets no thread of its process run. faulthandler
dumps the stacks all the same: for each thread a line, then its frames, the innermost first.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from inspect import unwrap
from linecache import getline
from typing import Any

from celeriac_worker.loop_control.runs import LoopRun

OF_THE_LOOP = "celeriac_worker/loop/__main__.py"
FRAME = re.compile(r'  File "(.*)", line (\d+) in (\S+)')

# The file and the name of a function.
Function = tuple[str, str]


def place_of(function: Callable[..., Any]) -> Function:
    """As it is in a dump."""
    code = unwrap(function).__code__
    return code.co_filename, code.co_name


@dataclass(frozen=True, slots=True)
class HoldUp:
    """Where the event loop is held up, and the runs of which one is there."""

    place: str
    runs: tuple[LoopRun, ...]


def hold_up_in(dump: str, runs: Iterable[LoopRun], functions: Mapping[str, Function]) -> HoldUp | None:
    """None: the dump has no stack of the event loop. `functions` are those of the tasks, by name."""
    threads = [thread for thread in dump.split("Thread 0x") if OF_THE_LOOP in thread]
    frames = FRAME.findall(threads[-1]) if threads else []
    if not frames:
        return None
    names = {(file, name) for file, _, name in frames}
    possible = tuple(run for run in runs if not run.is_held and functions.get(run.run.name) in names)
    files = {functions[run.run.name][0] for run in possible}
    file, line, _ = next((frame for frame in frames if frame[0] in files), frames[0])
    return HoldUp(f'File "{file}", line {line}, {getline(file, int(line)).strip()}', possible)
