"""SIGHUP gives an API of several processes new code, and it refuses no request: docs/deploy/upgrade.md."""

import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from signal import SIGHUP
from threading import Event

import httpx

from celeriac.stack.processes.ports import free_port
from lab.harness.processes import descendants
from lab.harness.program import Program
from lab.harness.servers import environment, new_log
from lab.harness.waiting import wait_until

TASK = "\n\n@task\ndef {}() -> None:\n    pass\n"
BEFORE = "from celeriac import task\n" + TASK.format("before")


def test_a_reload_serves_the_new_definitions_and_refuses_no_request(
    new_database: Callable[[], str], directory: Path, tmp_path: Path
) -> None:
    port = free_port()
    tasks = tmp_path / "shop.py"
    tasks.write_text(BEFORE)
    settings = environment(redis_url=new_database(), tasks="shop", api_processes=2, port=port)
    command = [sys.executable, "-m", "celeriac.command", "api"]
    server = Program(command, settings, new_log(directory, "upgrade"), port=port, directory=tmp_path)
    try:
        server.wait_until(lambda: status(port, "before") == 202)
        old = {child.pid for child in descendants(server.pid)}
        tasks.write_text(BEFORE + TASK.format("after"))
        done = Event()
        with ThreadPoolExecutor() as threads:
            load = threads.submit(asked_until, done, port)
            server.signal(SIGHUP)
            try:
                wait_until(lambda: old.isdisjoint(child.pid for child in descendants(server.pid)), 120)
                wait_until(lambda: [status(port, "after") for _ in range(20)] == [202] * 20, 120)
            finally:
                done.set()
        assert load.result().keys() == {202}
    finally:
        server.stop()


def asked_until(done: Event, port: int) -> Counter[int]:
    """How often each status came for a request on a connection of its own, one after the other."""
    statuses = Counter[int]()
    while not done.is_set():
        statuses[status(port, "before")] += 1
    return statuses


def status(port: int, name: str) -> int:
    """The status of a submission; 0 where nothing answers."""
    try:
        return httpx.post(f"http://127.0.0.1:{port}/{name}", json={}, trust_env=False, timeout=60).status_code
    except httpx.TransportError:
        return 0
