"""The Lua scripts, read from the files beside this one; each file says its ARGV and answer.

Every script begins with the text of `keys.lua` and `record.lua`: the names of the keys, and what scripts have in common.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Script:
    """A Lua script and the SHA-1 of its text, by which Redis knows it once loaded."""

    text: str
    sha: str


def _read(*names: str) -> Script:
    files = [Path(__file__).parent / f"{name}.lua" for name in ("keys", "record", *names)]
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    return Script(text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())


ACCEPT = _read("accept")
READ = _read("read")
POISON = _read("poison")
CANCEL = _read("cancel")
FORGET = _read("forget")
LIST = _read("list")
QUEUES = _read("queues")
COUNTS = _read("counts")
PAUSE = _read("pause")
RESUME = _read("resume")
ASK = _read("ask")
PURGE = _read("purge")
CLAIM = _read("claim")
FINISH = _read("finish")
RETRY = _read("retry")
RELEASE = _read("release")
LOSE = _read("lose")
HAND_ON = _read("hand_on")
EMIT = _read("emit")
FOLLOW = _read("follow")
ENTRIES = _read("entries")
BEAT = _read("beat")
KEEP = _read("keep")
SWEEP = _read("next", "sweep")
TAILS = _read("next", "tails")
