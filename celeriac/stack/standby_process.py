"""`python -m celeriac.stack.standby_process PACKAGE TASKS CHANNEL OPTION…` is a service that waits for its start.

It imports everything but the tasks. On a first line of the channel it loads the tasks and writes null, or the reason why they
cannot be loaded, as JSON; on a second line it becomes the service. When the channel is closed, it ends.
"""

import json
import sys
from collections.abc import Sequence
from importlib import import_module, invalidate_caches
from socket import socket

from celeriac.contract.catalog import load_implementations
from celeriac.contract.signature import ContractError
from celeriac.stack.service_imports import import_service


def main(package: str, tasks: str, channel: int, options: Sequence[str]) -> None:
    """Follow the lines of the channel; `options` are those of the service."""
    import_service(package)
    with socket(fileno=channel) as connection, connection.makefile("rw") as lines:
        if not lines.readline():
            return
        lines.write(json.dumps(_refusal(tasks)) + "\n")
        lines.flush()
        if not lines.readline():
            return
    sys.argv = [package, *options]
    import_module(f"{package}.__main__").main()


def _refusal(tasks: str) -> str | None:
    invalidate_caches()  # a file may be newer than what Python knows about its directory
    try:
        load_implementations(tasks)
    except ContractError as wrong:
        return str(wrong)
    return None


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4:])
