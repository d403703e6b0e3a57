"""Lists what the worker relies on inside Celery, kombu and billiard.

Private, replaced and copied names, as they were read. Where one differs, compare the file of ours that is named with it, then
run `python -m celeriac_worker.insides` for the new values.
"""

import hashlib
import importlib
import inspect
import logging
import sys
from dataclasses import dataclass
from functools import reduce
from importlib.metadata import version
from typing import Any

logger = logging.getLogger(__name__)

# The versions from which the values below were read: with these at hand, the start of a worker compares nothing else.
READ_FROM = {"billiard": "4.3.2", "celery": "5.7.0", "kombu": "5.7.0"}


@dataclass(frozen=True, slots=True)
class Inside:
    """One name: the names of its parameters; `source`, the hash of its body, where ours repeats or replaces that."""

    module: str
    name: str
    ours: str
    parameters: str
    source: str = ""


INSIDES: tuple[Inside, ...] = (
    Inside(
        "kombu.transport.redis",
        "Channel.__init__",
        "intake/transport.py",
        "self, args, kwargs",
        "f189bdebe2436ccd",
    ),
    Inside(
        "kombu.transport.redis",
        "Channel._brpop_start",
        "intake/transport.py",
        "self, timeout",
        "06723d707ddf2240",
    ),
    Inside(
        "kombu.transport.redis",
        "Channel._brpop_read",
        "intake/transport.py",
        "self, options",
        "c42518699709f2df",
    ),
    Inside(
        "kombu.transport.redis",
        "Channel._get_pool",
        "intake/transport.py",
        "self, asynchronous",
        "d6e689f654ffec44",
    ),
    Inside("kombu.transport.redis", "Channel.conn_or_acquire", "intake/transport.py", "self, client"),
    Inside(
        "kombu.transport.redis",
        "Channel._queue_bind",
        "intake/transport.py",
        "self, exchange, routing_key, pattern, queue",
    ),
    Inside("kombu.transport.redis", "Channel._size", "intake/transport.py", "self, queue"),
    Inside("kombu.transport.redis", "Channel._q_for_pri", "intake/transport.py", "self, queue, pri"),
    Inside(
        "kombu.transport.redis",
        "Channel._on_connection_disconnect",
        "intake/transport.py",
        "self, connection",
    ),
    Inside("kombu.transport.redis", "Channel._flush_brpop_reauth", "intake/transport.py", "self"),
    Inside("kombu.transport.redis", "dumps", "intake/transport.py", "s, _dumps, cls, default_kwargs, kwargs"),
    Inside(
        "kombu.transport.virtual.base", "QoS.can_consume", "intake/transport.py", "self", "787f80092f8d7e51"
    ),
    Inside(
        "kombu.transport.virtual.base",
        "QoS.reject",
        "intake/transport.py",
        "self, delivery_tag, requeue",
        "ae08291027f37509",
    ),
    Inside(
        "kombu.transport.virtual.base",
        "QoS.restore_unacked",
        "intake/transport.py",
        "self",
        "42decbef03d576d3",
    ),
    Inside("kombu.transport.virtual.base", "QoS.get", "intake/transport.py", "self, delivery_tag"),
    Inside(
        "kombu.transport.virtual.base", "Transport._deliver", "intake/transport.py", "self, message, queue"
    ),
    Inside("kombu.message", "Message._decode", "intake/transport.py", "self", "e59b229fecb55646"),
    Inside(
        "celery.worker.consumer.consumer",
        "Consumer.ensure_connected",
        "intake/consumer.py",
        "self, conn",
        "3f79cf3bb6d6da8c",
    ),
    Inside(
        "celery.worker.consumer.consumer",
        "Consumer.on_unknown_task",
        "intake/consumer.py",
        "self, body, message, exc",
        "35e6cbe564947a25",
    ),
    Inside(
        "celery.worker.consumer.consumer",
        "Consumer.on_connection_error_after_connected",
        "intake/consumer.py",
        "self, exc",
    ),
    Inside(
        "celery.concurrency.asynpool",
        "AsynPool._create_write_handlers",
        "processes/scheduler.py",
        "self, hub, pack, dumps, protocol",
        "f5f9b8dc805bea71",
    ),
    Inside(
        "celery.concurrency.asynpool",
        "AsynPool.on_job_ready",
        "processes/scheduler.py",
        "self, job, i, obj, inqW_fd",
        "89e682c38efd28a1",
    ),
    Inside(
        "celery.concurrency.asynpool", "AsynPool.flush", "processes/scheduler.py", "self", "a7671d710b578e35"
    ),
    Inside(
        "celery.concurrency.asynpool", "AsynPool.close", "processes/scheduler.py", "self", "ef322102b6b58c75"
    ),
    Inside(
        "celery.concurrency.asynpool", "AsynPool._create_worker_process", "processes/scheduler.py", "self, i"
    ),
    Inside("celery.concurrency.asynpool", "AsynPool.on_process_alive", "processes/scheduler.py", "self, pid"),
    Inside(
        "celery.concurrency.asynpool",
        "AsynPool._on_soft_timeout",
        "processes/scheduler.py",
        "self, job, soft, hard, hub",
    ),
    Inside("celery.concurrency.asynpool", "AsynPool._on_hard_timeout", "processes/scheduler.py", "self, job"),
    Inside(
        "celery.concurrency.asynpool",
        "AsynPool._flush_writer",
        "processes/scheduler.py",
        "self, proc, writer",
    ),
    Inside("celery.concurrency.asynpool", "_get_job_writer", "processes/scheduler.py", "job"),
    Inside(
        "billiard.pool", "Pool.terminate_job", "processes/scheduler.py", "self, pid, sig", "253a1e66a42f9317"
    ),
    Inside(
        "billiard.pool",
        "Pool._join_exited_workers",
        "processes/scheduler.py",
        "self, shutdown",
        "c9b857c8a7980f66",
    ),
    Inside(
        "billiard.pool",
        "TimeoutHandler._trywaitkill",
        "processes/scheduler.py",
        "self, worker",
        "22ba4cecd56e00fd",
    ),
    Inside("billiard.pool", "Pool._process_by_pid", "processes/scheduler.py", "self, pid"),
    Inside(
        "celery.concurrency.prefork",
        "TaskPool.on_start",
        "processes/scheduler.py",
        "self",
        "7fcf20251a654c50",
    ),
    Inside(
        "celery.concurrency.prefork", "TaskPool.on_stop", "processes/scheduler.py", "self", "ab83bf6652cb6557"
    ),
    Inside(
        "celery.concurrency.prefork",
        "TaskPool.on_terminate",
        "processes/scheduler.py",
        "self",
        "caf84b123d0561fb",
    ),
    Inside(
        "celery.concurrency.asynpool",
        "Worker._make_recv_method",
        "processes/child.py",
        "self, conn",
        "65aab9f53e887237",
    ),
    Inside("billiard.pool", "Worker.after_fork", "processes/child.py", "self", "2210e993814bfebb"),
    Inside(
        "billiard.pool", "Worker.workloop", "processes/child.py", "self, debug, now, pid", "ce4a856cce2b9e10"
    ),
    Inside("billiard.pool", "Worker.prepare_result", "processes/child.py", "self, result"),
    Inside(
        "celery.backends.base",
        "Backend._get_result_meta",
        "run/backend.py",
        "self, result, state, traceback, request, format_date, encode",
        "11e2894927939e70",
    ),
    Inside(
        "celery.backends.redis",
        "RedisBackend.store_result",
        "run/backend.py",
        "self, task_id, result, state, traceback, request, kwargs",
    ),
    Inside("celery.backends.redis", "RedisBackend.exception_safe_to_retry", "run/backend.py", "self, exc"),
    Inside("celery.backends.redis", "RedisBackend.current_task_children", "run/backend.py", "self, request"),
    Inside(
        "celery.worker.request",
        "Request.on_failure",
        "run/request.py",
        "self, exc_info, send_failed_event, return_ok",
        "21736ec661cd60d7",
    ),
    Inside(
        "celery.worker.request",
        "Request.on_accepted",
        "run/request.py",
        "self, pid, time_accepted",
        "7bd097a863da039e",
    ),
    Inside("celery.worker.request", "Request.acknowledge", "run/request.py", "self", "60dad9ce9c39f54c"),
    Inside(
        "celery.app.trace",
        "build_tracer",
        "run/task.py",
        "name, task, loader, hostname, store_errors, Info, eager, propagate, app, monotonic, trace_ok_t, IGNORE_STATES",
        "b2945aec38e1872e",
    ),
)


def differences() -> list[str]:
    """A sentence for each name that is not what the worker was written for."""
    return [
        f"{inside.module.partition('.')[0]}'s `{inside.name.rpartition('.')[2]}` changed: compare worker/celeriac_worker/{inside.ours}"
        for inside in INSIDES
        if read(inside) != inside
    ]


def warn_of_differences() -> None:
    """Called at the start of a worker: one line where Celery's insides are not those that it was written for."""
    if all(version(package) == known for package, known in READ_FROM.items()):
        return
    changed = differences()
    if changed:
        logger.warning("This worker was not tried with the installed Celery: %s.", "; ".join(changed))


def read(inside: Inside) -> Inside:
    """The same name as it is installed; without parameters where it is gone."""
    try:
        found: Any = reduce(getattr, inside.name.split("."), importlib.import_module(inside.module))
        parameters = ", ".join(inspect.signature(found).parameters)
    except (ImportError, AttributeError, TypeError, ValueError):
        return Inside(inside.module, inside.name, inside.ours, "", "gone")
    source = inside.source and hashlib.sha256(inspect.getsource(found).encode()).hexdigest()[:16]
    return Inside(inside.module, inside.name, inside.ours, parameters, source)


if __name__ == "__main__":
    sys.stdout.writelines(f"    {read(inside)!r},\n" for inside in INSIDES)
