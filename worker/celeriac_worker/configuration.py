"""Celery's configuration for our pool; docs/decisions/0003-worker-settings.md has the reasons."""

from typing import Any

from kombu import Queue
from kombu.utils.imports import symbol_by_name

from celeriac.contract.catalog import Catalog
from celeriac.contract.options.queues import queues_of
from celeriac.settings import Settings
from celeriac.values.addresses.redis_address import place
from celeriac_worker.insides.parts import Parts
from celeriac_worker.processes.processors import usable_processors

SOCKET = {
    "socket_timeout": 10,
    "socket_connect_timeout": 5,
    "socket_keepalive": True,
    "health_check_interval": 5,
}


def celery_configuration(settings: Settings, catalog: Catalog, parts: Parts) -> dict[str, Any]:
    """Every value that differs from Celery's default, or that we depend on."""
    # Celery's own part of the worker takes nothing from the queues of async tasks; event loops do.
    queues = {settings.default_queue, *queues_of(catalog.values(), settings).plain}
    return {
        # For its banner and its log: what connects takes the whole address from the settings.
        "broker_url": place(settings.broker),
        "result_backend": "celeriac_worker.run.backend:LedgerBackend+" + place(settings.backend),
        "result_expires": settings.result_ttl,
        # JSON only: a pickle in the queue is refused, not executed.
        "accept_content": ["json"],
        "task_serializer": "json",
        "result_serializer": "json",
        "task_default_queue": settings.default_queue,
        "task_queues": [Queue(name) for name in sorted(queues)],
        "task_create_missing_queues": False,
        "broker_transport": symbol_by_name(parts.transport),
        "task_acks_late": True,
        "task_reject_on_worker_lost": False,
        "task_acks_on_failure": True,
        "task_acks_on_timeout": True,
        "task_retry_on_worker_lost": False,
        "worker_concurrency": settings.concurrency or usable_processors(),
        "worker_pool": parts.pool,
        "worker_consumer": "celeriac_worker.intake.consumer:Consumer",
        "worker_proc_alive_timeout": 120,
        "worker_prefetch_multiplier": 1,
        "worker_enable_prefetch_count_reduction": False,
        "broker_transport_options": {
            **SOCKET,
            "ack_emulation": False,
        },
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "redis_socket_timeout": SOCKET["socket_timeout"],
        "redis_socket_connect_timeout": SOCKET["socket_connect_timeout"],
        "redis_backend_health_check_interval": 10,
        "result_backend_always_retry": True,
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "worker_soft_shutdown_timeout": settings.shutdown_grace.total_seconds(),
        "worker_enable_soft_shutdown_on_idle": False,
        "worker_max_tasks_per_child": 10_000,
        "worker_enable_remote_control": False,
        "worker_send_task_events": False,
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
    }
