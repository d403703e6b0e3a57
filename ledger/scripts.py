"""The Lua scripts, read from the files beside this one; each file says its ARGV and answer.

Before every script go the texts of the prelude: the names of the keys, and what scripts have in common. Where a server has
functions, they go once before all of them (ledger/functions.py).
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

WHEN_FULL = "works_when_full"
_FILES = {file.stem: file.read_text(encoding="utf-8") for file in sorted(Path(__file__).parent.glob("*.lua"))}
# What goes once before all of them, where a server has functions.
PRELUDE = "\n".join(_FILES[name] for name in ("keys", "record", "next"))


@dataclass(frozen=True, eq=False, slots=True)
class Script:
    """One step of the ledger, by its text and the text's SHA-1, or else by its name and `body`, which is its own text."""

    name: str
    body: str
    text: str
    sha: str
    # Whether Redis carries it out also while its memory is full: what a function has the flag `allow-oom` for.
    works_when_full: bool
    only_reads: bool


def _read(*names: str, only_reads: bool = False) -> Script:
    text = "\n".join(_FILES[name] for name in ("keys", "record", *names))
    return Script(
        name=names[-1],
        body=_FILES[names[-1]],
        text=text,
        sha=hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest(),
        works_when_full=WHEN_FULL in names,
        only_reads=only_reads,
    )


ACCEPT = _read("accept")
READ = _read("read", only_reads=True)
POISON = _read("poison", only_reads=True)
CANCEL = _read(WHEN_FULL, "cancel")
FORGET = _read(WHEN_FULL, "forget")
LIST = _read("list", only_reads=True)
QUEUES = _read("queues", only_reads=True)
COUNTS = _read("counts", only_reads=True)
PAUSE = _read(WHEN_FULL, "pause")
RESUME = _read(WHEN_FULL, "resume")
ASK = _read(WHEN_FULL, "ask")
PURGE = _read(WHEN_FULL, "purge")
CLAIM = _read(WHEN_FULL, "claim")
FINISH = _read(WHEN_FULL, "finish")
RETRY = _read(WHEN_FULL, "retry")
RELEASE = _read(WHEN_FULL, "release")
LOSE = _read(WHEN_FULL, "lose")
HAND_ON = _read(WHEN_FULL, "hand_on")
EMIT = _read(WHEN_FULL, "emit")
FOLLOW = _read(WHEN_FULL, "follow")
ENTRIES = _read("entries", only_reads=True)
BEAT = _read(WHEN_FULL, "beat")
KEEP = _read(WHEN_FULL, "keep")
SWEEP = _read(WHEN_FULL, "next", "sweep")
TAILS = _read("next", "tails", only_reads=True)
