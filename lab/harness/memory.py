"""The memory of a process, as /proc has it (so on Linux only)."""

import re
from pathlib import Path


def resident_bytes(pid: int) -> int:
    """What the process has in memory now."""
    return _status(pid, "VmRSS")


def peak_bytes(pid: int, *, anew: bool = False) -> int:
    """The most that it has had since the last call with `anew`, or since its start."""
    if anew:
        Path(f"/proc/{pid}/clear_refs").write_text("5")
    return _status(pid, "VmHWM")


def _status(pid: int, field: str) -> int:
    match = re.search(rf"^{field}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    return int(match[1]) * 1024 if match else 0
