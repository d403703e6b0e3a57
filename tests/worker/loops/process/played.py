"""Plays the part of a worker's main process for a loop process."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread

from redis.exceptions import RedisError

from celeriac.ledger.for_workers import Consumer
from celeriac.ledger.model.times import date_done
from celeriac.settings import Settings
from celeriac_worker.loop_frames import Blocked, Frames, Order, Report, Run, Start
from lab.harness.servers import environment, new_log
from lab.harness.waiting import wait_until

TASKS = "tests.worker.loops.tasks"
BEAT_SECONDS = 0.1


class PlayedWorker:
    """One loop process, whose leases are renewed, and to which cancellations are passed on."""

    def __init__(self, directory: Path, *queues: str, **settings: object) -> None:
        """Start the loop for these queues; `settings` are Celeriac's."""
        settings = {"tasks": TASKS, **settings}
        ours_alone = {name: value for name, value in settings.items() if not name.startswith("otel_")}
        self._consumer = Consumer(Settings.model_validate(ours_alone))
        ours, theirs = socket.socketpair()
        self._socket, self._frames, self._queues = ours, Frames(ours), list(queues or ("async",))
        self._log = new_log(directory, "loop")
        start = Start(theirs.fileno(), "played@worker", tuple(self._queues))
        with self._log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "celeriac_worker.loop", *start.to_arguments()],
                env=environment(**settings), pass_fds=(start.socket,), stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip
        theirs.close()
        self.runs: dict[str, Run] = {}
        self.held: list[str] = []
        self.overdue: list[str] = []
        self.blocked: list[Blocked] = []
        self.has_stopped = self.is_alive = False
        self._says = {
            "name": "played@worker", "host": "here", "pid": os.getpid(), "concurrency": 1, "queues": self._queues,
            "active": [], "started_at": date_done(),
        }  # fmt: skip
        Thread(target=self._listen, daemon=True).start()
        Thread(target=self._beat, daemon=True).start()

    @property
    def log(self) -> str:
        """All that it has written so far."""
        return self._log.read_text(errors="replace")

    def stop(self, grace_seconds: float) -> None:
        """Ask it to stop."""
        self._frames.send(Order(stop=grace_seconds))

    def wait_for_end(self) -> int:
        """Its exit code."""
        return self.process.wait(60)

    def leave(self) -> None:
        """As a main process that is killed."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def token_of(self, task_id: str) -> str:
        """The token of the run of a task, as soon as there is one."""
        return wait_until(
            lambda: next((run.token for run in self.runs.values() if run.task_id == task_id), None)
        )

    def order(self, order: Order) -> None:
        """Say this to the loop."""
        self._frames.send(order)

    def kill(self) -> None:
        """End it at once."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def _listen(self) -> None:
        with suppress(OSError):
            while received := self._socket.recv(65_536):
                for line in self._frames.lines(received):
                    self._take(Report.from_line(line))

    def _take(self, report: Report) -> None:
        self.runs.update({run.token: run for run in report.runs})
        for token in report.ended:
            self.runs.pop(token, None)
        self.held += report.held
        self.overdue += report.overdue
        if report.blocked is not None:
            self.blocked.append(report.blocked)
        self.is_alive = self.is_alive or report.alive is not None
        self.has_stopped = self.has_stopped or report.stopped

    def _beat(self) -> None:
        while self.process.poll() is None:
            runs = list(self.runs.values())
            with suppress(RedisError, OSError):
                answers = self._consumer.beat(
                    "played@worker",
                    says=self._says,
                    queues=self._queues,
                    tasks=[(run.task_id, run.token) for run in runs],
                )
                tokens = [(answer, run.token) for answer, run in zip(answers, runs, strict=True)]
                order = Order(
                    ask=tuple(token for answer, token in tokens if answer == "ask"),
                    terminate=tuple(token for answer, token in tokens if answer == "terminate"),
                )
                if order.ask or order.terminate:
                    self._frames.send(order)
            time.sleep(BEAT_SECONDS)


@contextmanager
def played_worker(directory: Path, *queues: str, **settings: object) -> Iterator[PlayedWorker]:
    """A loop that turns."""
    worker = PlayedWorker(directory, *queues, **settings)
    try:
        wait_until(lambda: worker.is_alive or worker.process.poll() is not None)
        assert worker.process.poll() is None, worker.log
        yield worker
    finally:
        worker.kill()
