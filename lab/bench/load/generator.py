"""The load generator's process: `python -m lab.bench.load.generator LOAD REPORT`, two JSON files (lab/bench/load/load.py)."""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from itertools import cycle, islice
from pathlib import Path

import uvloop

from lab.bench.cpu import cpu_seconds
from lab.bench.figures import percentile
from lab.bench.load.connection import Connection
from lab.bench.load.load import Load, Report


class Generator:
    """Applies one load."""

    def __init__(self, load: Load) -> None:
        """Nothing is sent yet."""
        self._load = load
        self._requests: Iterator[bytes] = islice(cycle([text.encode() for text in load.requests]), load.count)
        self._latencies: list[float] = []
        self._busy = 0
        self._done = asyncio.get_running_loop().create_future()

    async def run(self) -> Report:
        """Connect, send for as long as asked, and report on the time after the warm-up."""
        connections = [await self._connect() for _ in range(self._load.connections)]
        self._busy = len(connections)
        for connection in connections:
            self._send_next(connection)
        if self._load.count is None:
            await self._until(min(self._load.warm_up_seconds, self._load.seconds))
            self._latencies.clear()
        start, cpu, own_cpu = time.perf_counter(), self._cpu(), time.process_time()
        await self._until(None if self._load.count else self._load.seconds)
        seconds = time.perf_counter() - start
        report = Report(
            answers=len(self._latencies),
            seconds=seconds,
            p50=percentile(self._latencies, 50),
            p99=percentile(self._latencies, 99),
            cpu={name: after - cpu[name] for name, after in self._cpu().items()},
            own_cpu=(time.process_time() - own_cpu) / seconds,
        )
        self._requests = iter(())
        await self._done
        for connection in connections:
            connection.close()
        return report

    async def _connect(self) -> Connection:
        protocol = partial(Connection, self._answered, self._fail)
        _, connection = await asyncio.get_running_loop().create_connection(
            protocol, "127.0.0.1", self._load.port
        )
        return connection

    async def _until(self, seconds: float | None) -> None:
        """Return after these seconds, or when all is sent and answered."""
        await asyncio.wait([self._done], timeout=seconds)
        if self._done.done():
            self._done.result()

    def _send_next(self, connection: Connection) -> None:
        request = next(self._requests, None)
        if request is not None:
            connection.sent_at = time.perf_counter()
            connection.send(request)
            return
        self._busy -= 1
        if not self._busy and not self._done.done():
            self._done.set_result(None)

    def _answered(self, connection: Connection, status: int, body: bytes) -> None:
        self._latencies.append(time.perf_counter() - connection.sent_at)
        if status == self._load.status:
            self._send_next(connection)
        else:
            wrong = f"An answer was {status} instead of {self._load.status}: {body[:500].decode()}"
            self._fail(ValueError(wrong))

    def _fail(self, error: Exception) -> None:
        if not self._done.done():
            self._done.set_exception(error)

    def _cpu(self) -> dict[str, float]:
        return {name: cpu_seconds(pid) for name, pid in self._load.watched.items()}


def main(plan: Path, report: Path) -> None:
    """Apply the load of the one file; what was measured goes to the other."""
    measured = uvloop.run(_apply(Load(**json.loads(plan.read_text()))))
    report.write_text(json.dumps(asdict(measured)))


async def _apply(load: Load) -> Report:
    return await Generator(load).run()


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), Path(sys.argv[2]))
    except (ValueError, OSError) as wrong:
        sys.exit(f"{type(wrong).__name__}: {wrong}")
