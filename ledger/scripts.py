"""The Lua scripts, read from the files beside this one; each file says its KEYS, ARGV and answer."""

from pathlib import Path

_HERE = Path(__file__).parent


def _text(name: str) -> str:
    return (_HERE / f"{name}.lua").read_text(encoding="utf-8")


ACCEPT = _text("accept")
READ = _text("read")
CLAIM = _text("claim")
FINISH = _text("finish")
RETRY = _text("retry")
DUE = _text("due")
