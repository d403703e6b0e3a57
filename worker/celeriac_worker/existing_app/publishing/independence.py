"""Tells whether code of the app sees the arguments while Celery makes a message.

Where it does, no number of trials proves that the message is the same for all arguments: the structure has to.
"""

import inspect
from typing import Any
from weakref import ReferenceType

from celery import Celery, signals
from celery.app.amqp import AMQP
from celery.app.routes import MapRoute
from celery.app.task import Task

# What of a task's class takes part when it is sent.
_METHODS = ("apply_async", "shadow_name", "_get_exec_options")
_OF_AMQP = ("as_task_v2", "_create_task_sender", "send_task_message", "create_task_message")
# Their receivers add a trace and nothing else; the API adds that of its request itself.
_INSTRUMENTATION = ("opentelemetry.", "sentry_sdk.", "celeriac_worker.")
_BY_POSITION = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.VAR_POSITIONAL)


def dependence(app: Any, task: Any, *, static: bool = False) -> str | None:
    """Why only the app can make the messages of this task, as a part of a sentence; None if they can be recorded.

    `static`: the user says that routers, receivers and overridden methods do not look at the arguments.
    """
    return _form(app, task) or (None if static else _code(app, task))


def is_instrumentation(receiver: Any) -> bool:
    """Whether a receiver of a signal belongs to OpenTelemetry, Sentry or Celeriac."""
    module = getattr(receiver, "__module__", None) or type(receiver).__module__
    return str(module).startswith(_INSTRUMENTATION)


def called_by(entry: Any) -> Any:
    """What an entry of a signal's `receivers` calls; None if it is gone."""
    receiver = entry[1]
    return receiver() if isinstance(receiver, ReferenceType) else receiver


def _form(app: Any, task: Any) -> str | None:
    """What a template cannot say."""
    if app.conf.task_protocol != 2:
        return "the app sends Celery's message protocol 1"
    if (task.serializer or app.conf.task_serializer) != "json":
        return f"its serializer is {task.serializer or app.conf.task_serializer}"
    if getattr(task, "compression", None) or app.conf.task_compression:
        return "its messages are compressed"
    if task.expires is not None:
        return "it has the option 'expires', which counts from the call"
    by_position = [
        name for name, each in inspect.signature(task.run).parameters.items() if each.kind in _BY_POSITION
    ]
    return f"its parameter {by_position[0]!r} is passed by position" if by_position else None


def _code(app: Any, task: Any) -> str | None:
    """What of the app's code sees arguments."""
    for route in app.amqp.routes:
        if not isinstance(getattr(route, "_value", route), MapRoute):
            return f"the router {_name(route)} sees its arguments"
    for method in _METHODS:
        if _home(type(task), method) not in (Task, None):
            return f"its class overrides {method}"
    if any(_home(type(app.amqp), method) not in (AMQP, None) for method in _OF_AMQP):
        return "the app overrides how Celery writes messages"
    if _home(type(app), "send_task") is not Celery:
        return "the app overrides send_task"
    for receiver in signals.before_task_publish._live_receivers(task.name):  # noqa: SLF001 - by sender, as when it is sent
        if not is_instrumentation(receiver):
            return f"the receiver {_name(receiver)} of before_task_publish sees its arguments"
    return None


def _home(kind: type, name: str) -> type | None:
    """The class that a method comes from."""
    return next((each for each in kind.__mro__ if name in vars(each)), None)


def _name(called: Any) -> str:
    module = getattr(called, "__module__", None) or type(called).__module__
    name = getattr(called, "__qualname__", None) or type(called).__qualname__
    return f"{module}.{name}"
