"""What the pools of Celery cannot do, in sentences for `GET /workers`."""

from typing import Any

_CANNOT = {
    "solo": ("The pool 'solo' cannot end a task that runs, limits no time, and takes no message meanwhile.",),
    "thread": ("The pool 'threads' cannot end a task that runs, and limits no time.",),
    "eventlet": ("The pool 'eventlet' limits no time, and is served as well as possible.",),
    "gevent": ("The pool 'gevent' has no soft time limits.",),
}


def pool_warnings(pool: type[Any]) -> list[str]:
    """Those of this pool."""
    return list(_CANNOT.get(pool.__module__.rpartition(".")[2], ()))
