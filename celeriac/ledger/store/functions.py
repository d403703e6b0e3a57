"""Loads the scripts as a library of Redis functions.

Redis has functions since version 7.0. Where a server has none, or does not let us use them, scripts are sent as such.
The library is named by its hash, so that several versions can use one server.
"""

import hashlib
from collections.abc import Callable, Generator, Iterable, Sequence
from typing import Any

from redis.exceptions import NoPermissionError, NoScriptError, ResponseError

from celeriac.ledger.store import scripts
from celeriac.ledger.store.scripts import Script

Command = tuple[Any, ...]
# What a connection sends, one after the other; it hands back the answer to each, or the error.
Steps = Generator[Command, Any, Any]
_FUNCTION = """
redis.register_function{{function_name = '{name}', flags = {{{flags}}}, callback = function(_, ARGV)
moment = nil
{body}
end}}
"""


class Way:
    """How one server runs the scripts: as functions or as scripts. The server can change."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._has_functions: bool | None = None

    def run(self, script: Script, arguments: Sequence[Any]) -> Steps:
        """The steps to the script's answer, or to the error that it comes to."""
        if self._has_functions is None:
            self._has_functions = yield from _asking()
        if self._has_functions:
            answer = yield self.command(script, arguments)
            if not (is_unknown(answer) or _is_impossible(answer)):
                return answer
            self._has_functions = yield from _asking()
        answer = yield self.command(script, arguments)
        if isinstance(answer, NoScriptError):
            answer = yield ("EVAL", script.text, 0, *arguments)
        return answer

    def find(self) -> Steps:
        """The steps to find out whether the server has our functions, which are loaded where they are missing. It answers whether it is known."""
        self._has_functions = yield from _asking()
        return self._has_functions is not None

    def command(self, script: Script, arguments: Iterable[Any]) -> Command:
        """The shortest command for it, as far as is known."""
        if self._has_functions:
            return ("FCALL", _name(DIGEST, script.name), 0, *arguments)
        return ("EVALSHA", script.sha, 0, *arguments)


def _asking() -> Generator[Command, Any, bool | None]:
    """Whether we can run our functions, which are loaded where they are missing; None: not now, for another reason."""
    answer = yield ("FCALL", _READY, 0)
    if is_unknown(answer):
        loaded = yield ("FUNCTION", "LOAD", LIBRARY)
        answer = yield ("FCALL", _READY, 0)
        answer = loaded if is_unknown(answer) else answer
    if not isinstance(answer, Exception):
        return True
    return False if _is_impossible(answer) else None


def carry_out(steps: Steps, call: Callable[..., Any]) -> Any:
    """Send each command of these steps by `call`, which blocks; the answer, or the error that they come to."""
    answer: Any = None
    try:
        while True:
            command = steps.send(answer)
            try:
                answer = call(*command)
            except ResponseError as refusal:
                answer = refusal
    except StopIteration as end:
        answer = end.value
    if isinstance(answer, Exception):
        raise answer
    return answer


def has_another_way(command: Command, code: str) -> bool:
    """Whether to try another command instead of this one: scripts work without functions."""
    return command[0] == "FUNCTION" or (command[0] == "FCALL" and code == "NOPERM")


def is_unknown(answer: Any) -> bool:
    """Whether the server does not know this function, because its data are others', or older."""
    return isinstance(answer, ResponseError) and str(answer).startswith("Function not found")


def _is_impossible(answer: Any) -> bool:
    """Whether the server has no functions, or they are denied to its user."""
    if not isinstance(answer, Exception):
        return False
    error = answer.__cause__ or answer
    return isinstance(error, NoPermissionError) or str(error).startswith("unknown command")


def _library(digest: str) -> str:
    steps = [step for step in vars(scripts).values() if isinstance(step, Script)]
    functions = [_function(_name(digest, step.name), step.body, *_flags(step)) for step in steps]
    ready = _function(_name(digest, "ready"), "return 1", "no-writes", "allow-stale")
    return "\n".join((f"#!lua name=celeriac_{digest}", scripts.PRELUDE, ready, *functions))


def _name(digest: str, step: str) -> str:
    """The functions of a server must differ in name, also when their libraries do."""
    return f"celeriac_{digest}_{step}"


def _flags(step: Script) -> list[str]:
    if step.only_reads:
        return ["no-writes"]
    return ["allow-oom"] if step.works_when_full else []


def _function(name: str, body: str, *flags: str) -> str:
    return _FUNCTION.format(name=name, flags=", ".join(f"'{flag}'" for flag in flags), body=body)


DIGEST = hashlib.sha256(_library("").encode()).hexdigest()[:12]
LIBRARY = _library(DIGEST)
# Does nothing: whether it can be called says whether the others can.
_READY = _name(DIGEST, "ready")
