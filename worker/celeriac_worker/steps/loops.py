"""Starts the loop processes with the worker, and ends them with it."""

from logging import getLevelName
from typing import Any

from celery import bootsteps, signals, states
from celery.app.task import Context

from celeriac_worker.loop_control.aftermath import Aftermath
from celeriac_worker.loop_control.loop_process import LoopProcess
from celeriac_worker.loop_control.loops import Loops
from celeriac_worker.loop_control.stacks import place_of
from celeriac_worker.steps.heartbeat import Heartbeat

# Celery's warm shutdown waits for the tasks of its pool for any time.
ANY_TIME_SECONDS = 1e9


class AsyncTasks(bootsteps.StartStopStep):  # type: ignore[misc]  # celery has no types
    """There are loops only where a worker serves a queue of async tasks. The heartbeat has made sure of its name."""

    requires = (Heartbeat,)

    def include_if(self, worker: Any) -> bool:
        """Called by Celery when it has read the options."""
        return bool(worker.loop_queues)

    def start(self, worker: Any) -> None:
        """Begin; called after the pool has forked its children."""
        app = worker.app

        def document(task_id: str, error: Exception) -> bytes:
            result: bytes = app.backend.document(error, states.FAILURE, request=Context(id=task_id))
            return result

        def start_process(queues: tuple[str, ...]) -> LoopProcess:
            return LoopProcess(worker.hostname, queues, getLevelName(worker.loglevel))

        aftermath = Aftermath(app.consumer, document)
        functions = {
            each.definition.celery_name: place_of(each.function) for each in app.implementations.values()
        }
        loops = app.loops = Loops(
            app.settings, worker.loop_queues, start_process, aftermath, app.reaper, functions
        )
        loops.start()

        def stop_warmly(how: str, **_: Any) -> None:
            if how == "Warm":
                loops.stop(ANY_TIME_SECONDS)

        signals.worker_shutting_down.connect(stop_warmly, weak=False)

    def stop(self, worker: Any) -> None:
        """Called when the worker takes no more messages. `Controller.on_stopped` waits for them, after the pool has ended."""
        loops: Loops | None = worker.app.loops
        if loops is not None and not loops.are_stopping:
            loops.stop(worker.app.settings.shutdown_grace.total_seconds())

    terminate = stop
