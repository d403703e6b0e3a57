"""Forks programs from a process that has imported what they need.

`python -m lab.harness.fork_server SOCKET MODULE…` starts it. `package.*` names all modules of a package. A message on the socket is one JSON document. It asks to run a module as `python -m` does, or for the exit code of a process.
"""

import ctypes
import gc
import json
import os
import pkgutil
import runpy
import signal
import socket
import sys
from importlib import import_module
from typing import Any, NoReturn

from celeriac.stack.processes.tether import PR_SET_PDEATHSIG

LONGEST_MESSAGE = 1_000_000


def main(number: int, modules: list[str]) -> None:
    """Import these modules, then serve the socket of this number until its other end is closed."""
    for module in modules:
        _import(module)
    gc.freeze()  # what is never looked at is never copied into the memory of a fork
    connection = socket.socket(fileno=number)
    while message := socket.recv_fds(connection, LONGEST_MESSAGE, maxfds=1):
        text, files, *_ = message
        if not text:
            return
        request = json.loads(text)
        if "pid" in request:
            answer = _exit_code(request["pid"])
        else:
            has_its_group, group_is_made = os.pipe()
            answer = os.fork()
            if answer == 0:
                connection.close()
                os.close(has_its_group)
                _become(request, output=files[0], group_is_made=group_is_made)
            os.close(files[0])
            os.close(group_is_made)
            os.read(
                has_its_group, 1
            )  # nothing, when the child has closed its end: from now on its group can be killed
            os.close(has_its_group)
        connection.sendall(json.dumps(answer).encode())


def _import(name: str) -> None:
    package = import_module(name.removesuffix(".*"))
    if name.endswith(".*"):
        for module in pkgutil.iter_modules(package.__path__, prefix=f"{package.__name__}."):
            import_module(module.name)


def _exit_code(pid: int) -> int | None:
    """As `Popen.returncode`; None while the process runs."""
    ended, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


def _become(request: dict[str, Any], *, output: int, group_is_made: int) -> NoReturn:
    """Run the module, and end with it."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != request["parent"]:
        os._exit(1)
    os.setsid()
    os.close(group_is_made)
    for standard in (1, 2):
        os.dup2(output, standard)
    os.close(output)
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["directory"])
    module, *arguments = request["command"]
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
    sys.exit()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
