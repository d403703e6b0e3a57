"""Gives a server a clock of its own (on Linux, with a C compiler)."""

import os
import shutil
import struct
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

SOURCE = Path(__file__).with_suffix(".c")
COMPILER = shutil.which("cc") or shutil.which("gcc")
IS_THERE = sys.platform == "linux" and COMPILER is not None


class Clock:
    """Start a program with `environment`, and `step` sets its time of day, while it runs."""

    def __init__(self, directory: Path) -> None:
        """Built into this directory. `OSError` or `CalledProcessError` where it cannot be."""
        self._file = directory / "clock-shift"
        self.shift = timedelta(0)
        # When it was set, by the machine's clock, in seconds since 1970.
        self.steps: list[float] = []
        self._write()
        library = directory / "clock.so"
        command = [COMPILER or "cc", "-shared", "-fPIC", "-O1", "-o", str(library), str(SOURCE)]
        subprocess.run(command, check=True, capture_output=True)
        self.environment = {**os.environ, "LD_PRELOAD": str(library), "CLOCK_SHIFT": str(self._file)}

    def step(self, by: timedelta) -> None:
        """Set it forward, or back, by whole seconds."""
        self.steps.append(time.time())
        self.shift += timedelta(seconds=int(by.total_seconds()))
        self._write()

    def _write(self) -> None:
        descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT)  # in place: the program has mapped it
        try:
            os.write(descriptor, struct.pack("q", int(self.shift.total_seconds())))
        finally:
            os.close(descriptor)
