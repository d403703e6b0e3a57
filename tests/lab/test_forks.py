"""A fork of a process with imports does what a start does."""

import signal
import sys
from pathlib import Path

from lab.harness.forks import fork_server
from lab.harness.processes import is_alive
from lab.harness.program import Program
from lab.harness.servers import environment, new_log
from lab.harness.waiting import wait_until
from tests.support.marks import linux_only

pytestmark = linux_only
IMPORTS = ("json", "http")


def test_a_fork_writes_what_a_start_writes_and_ends_as_it_does(tmp_path: Path) -> None:
    for text in ('{"a": 1}', "nonsense"):
        (tmp_path / "file").write_text(text)
        started, forked = (
            run(tmp_path, "json.tool", str(tmp_path / "file"), imports=i) for i in ((), IMPORTS)
        )
        for program in (started, forked):
            program.wait_for_end()
        assert (forked.ending(), forked.log) == (started.ending(), started.log)


def test_a_fork_is_stopped_and_killed_as_a_start_is(tmp_path: Path) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        program = run(tmp_path, "http.server", "--bind", "127.0.0.1", "0", imports=IMPORTS)
        program.wait_until(lambda: "Serving" in program.log)  # noqa: B023 - it is called here
        program.signal(number)
        program.wait_for_end()
        assert program.ending() == -number
    for _ in range(20):  # also one that has only just begun
        program = run(tmp_path, "http.server", "--bind", "127.0.0.1", "0", imports=IMPORTS)
        program.kill()
        wait_until(lambda: not is_alive(program.pid))  # noqa: B023 - it is called here


def test_a_variable_that_imports_may_have_read_asks_for_a_start() -> None:
    server = fork_server(IMPORTS)
    assert server is not None
    assert server.can_fork(environment(lease=5))
    assert not server.can_fork({**environment(), "REMAP_SIGTERM": "SIGQUIT"})
    assert not server.can_fork(environment(otel_traces_exporter="none"))


def run(directory: Path, *module: str, imports: tuple[str, ...]) -> Program:
    """A module of Python, with these arguments."""
    return Program([sys.executable, "-m", *module], environment(), new_log(directory, "run"), imports=imports)
