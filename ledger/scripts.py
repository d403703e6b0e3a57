"""The Lua scripts, read from the files beside this one; each file says its ARGV and answer.

Every script begins with the text of `keys.lua` and `record.lua`: the names of the keys, and what scripts have in common.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

WHEN_FULL = "works_when_full"


@dataclass(frozen=True)
class Script:
    """A Lua script and the SHA-1 of its text, by which Redis knows it once loaded."""

    text: str
    sha: str
    # Whether Redis carries it out also while its memory is full: what a function has the flag `allow-oom` for.
    works_when_full: bool


def _read(*names: str) -> Script:
    files = [Path(__file__).parent / f"{name}.lua" for name in ("keys", "record", *names)]
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    sha = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
    return Script(text, sha, WHEN_FULL in names)


ACCEPT = _read("accept")
READ = _read("read")
POISON = _read("poison")
CANCEL = _read(WHEN_FULL, "cancel")
FORGET = _read(WHEN_FULL, "forget")
LIST = _read("list")
QUEUES = _read("queues")
COUNTS = _read("counts")
PAUSE = _read(WHEN_FULL, "pause")
RESUME = _read(WHEN_FULL, "resume")
ASK = _read("ask")
PURGE = _read(WHEN_FULL, "purge")
CLAIM = _read(WHEN_FULL, "claim")
FINISH = _read(WHEN_FULL, "finish")
RETRY = _read(WHEN_FULL, "retry")
RELEASE = _read(WHEN_FULL, "release")
LOSE = _read(WHEN_FULL, "lose")
HAND_ON = _read(WHEN_FULL, "hand_on")
EMIT = _read(WHEN_FULL, "emit")
FOLLOW = _read("follow")
ENTRIES = _read("entries")
BEAT = _read(WHEN_FULL, "beat")
KEEP = _read(WHEN_FULL, "keep")
SWEEP = _read(WHEN_FULL, "next", "sweep")
TAILS = _read("next", "tails")
