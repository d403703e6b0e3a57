"""The keeper as a process, beside workers of greenlets, which run no asyncio.

It reads the addresses from a line of its input, and ends with its worker: when the input does.
"""

import asyncio
import json
import os
import subprocess
import sys
from threading import Thread

from celeriac.ledger.keeping.keeper import Keeper
from celeriac.ledger.store.epoch import Epoch
from celeriac.settings import Settings


def start_keeper_process(settings: Settings) -> subprocess.Popen[bytes]:
    """Start it; it ends when the answer's `stdin` is closed, so also with this process."""
    process = subprocess.Popen(
        [sys.executable, "-m", __name__], stdin=subprocess.PIPE, start_new_session=True
    )
    addresses = {"broker_url": settings.broker, "result_backend": settings.backend}
    if process.stdin:
        process.stdin.write(json.dumps(addresses).encode() + b"\n")
        process.stdin.flush()
    return process


def main() -> None:
    """Keep, until the input ends."""
    addresses = json.loads(sys.stdin.readline())
    Thread(target=_end_with_the_input, daemon=True).start()
    asyncio.run(Keeper(Settings.read().model_copy(update=addresses), Epoch()).keep())


def _end_with_the_input() -> None:
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
