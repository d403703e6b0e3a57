"""Describes a load on a server, and its result."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from lab.harness.checkout import ROOT


class LoadFailed(Exception):
    """The server answered something else than was expected, or not at all."""


@dataclass(frozen=True, kw_only=True)
class Load:
    """Requests, sent in turn over keep-alive connections, each of which waits for its answer before it goes on."""

    port: int
    requests: Sequence[str]
    status: int
    connections: int = 64
    seconds: float = 3.0
    warm_up_seconds: float = 0.5  # and never longer than `seconds`
    # Stop after so many requests instead, all of them counted.
    count: int | None = None
    # Processes whose CPU time is to be told, by name.
    watched: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Report:
    """What was measured. Latencies and CPU time in seconds; `own_cpu` is the generator's share of one core."""

    answers: int
    seconds: float
    p50: float
    p99: float
    cpu: Mapping[str, float]
    own_cpu: float

    @property
    def rate(self) -> float:
        """Answers per second."""
        return self.answers / self.seconds

    def cpu_per_answer(self, name: str) -> float:
        """Seconds of CPU time of this watched process for each answer; NaN where there was none."""
        return self.cpu[name] / (self.answers or float("nan"))


def apply(load: Load) -> Report:
    """Run the generator and wait for its report; `LoadFailed` says what went wrong."""
    with TemporaryDirectory(prefix="celeriac-bench-") as directory:
        plan, report = Path(directory, "load.json"), Path(directory, "report.json")
        plan.write_text(json.dumps(asdict(load)))
        command = [sys.executable, "-m", "lab.bench.load.generator", str(plan), str(report)]
        run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if run.returncode:
            raise LoadFailed("\n".join(run.stderr.splitlines()[-10:]))
        return Report(**json.loads(report.read_text()))


def request(method: str, path: str, body: object = None, **headers: str) -> str:
    """The text of a request; headers by their names in Python's spelling."""
    content = "" if body is None else json.dumps(body)
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if content:
        lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    return "\r\n".join([*lines, "", content])


def additions(path: str, **headers: str) -> list[str]:
    """Submissions of `add`, each with numbers of its own."""
    return [request("POST", path, {"x": x, "y": 5}, **headers) for x in range(1000)]
