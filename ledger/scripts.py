"""The Lua scripts, read from the files beside this one; each file says its KEYS, ARGV and answer."""

import hashlib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Script:
    """A Lua script and the SHA-1 of its text, by which Redis knows it once loaded."""

    text: str
    sha: str


def _read(name: str) -> Script:
    text = (Path(__file__).parent / f"{name}.lua").read_text(encoding="utf-8")
    return Script(text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())


ACCEPT = _read("accept")
READ = _read("read")
CLAIM = _read("claim")
FINISH = _read("finish")
RETRY = _read("retry")
RELEASE = _read("release")
DUE = _read("due")
