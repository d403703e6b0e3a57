"""A Celery app with tasks of all kinds, as far as publishing goes."""

import base64
import json
from typing import Any

from celery import Celery, Task
from kombu import Exchange, Queue
from redis import Redis


class Overriding(Task):  # type: ignore[misc]  # celery has no types
    """A task that looks at its arguments when it is sent."""

    def apply_async(self, args: Any = None, kwargs: Any = None, **options: Any) -> Any:
        """With a priority by argument."""
        return super().apply_async(args, kwargs, **{"priority": 3 if kwargs else 6, **options})


def new_shop(url: str, *, backend: str | None = None, **conf: Any) -> Celery:
    """A new app; nothing connects."""
    app = Celery("shop", broker=url, backend=backend or url, set_as_current=False)
    app.conf.update(
        task_routes={"shop.fast.*": {"queue": "fast"}, "shop.urgent": {"queue": "fast", "priority": 9}},
        task_queues=[
            Queue("celery"),
            Queue("fast", Exchange("fast"), routing_key="fast"),
            Queue("topic", Exchange("topics", type="topic"), routing_key="shop.#"),
        ],
        broker_connection_retry_on_startup=True,
        **conf,
    )
    _add_tasks(app)
    app.finalize()
    return app


def taken(redis: Redis, name: str = "celery") -> dict[str, Any]:
    """The message that would be next from a list of kombu's, with its stamp, if it has one."""
    raw = redis.rpop(name)
    assert isinstance(raw, bytes), f"{name!r} is empty; there are {redis.keys('*')}"
    message: dict[str, Any] = json.loads(raw)
    return message


def body_of(message: dict[str, Any]) -> Any:
    """Arguments, keyword arguments and embedded options."""
    return json.loads(base64.b64decode(message["body"]))


def _add_tasks(app: Celery) -> None:
    def add(x: int = 1, y: int = 2) -> int:
        return x + y

    def many(*values: int) -> int:
        return sum(values)

    app.task(name="shop.add", shared=False)(add)
    app.task(name="shop.fast.add", shared=False)(add)
    app.task(name="shop.urgent", shared=False)(add)
    app.task(name="shop.timed", time_limit=9, soft_time_limit=5, shared=False)(add)
    app.task(name="shop.silent", ignore_result=True, shared=False)(add)
    app.task(name="shop.low", priority=3, shared=False)(add)
    app.task(name="shop.late", acks_late=True, shared=False)(add)
    app.task(name="shop.100%_of %s", shared=False)(add)
    app.task(name="shop.stale", expires=60, shared=False)(add)
    app.task(name="shop.many", shared=False)(many)
    app.task(name="shop.overriding", base=Overriding, shared=False)(add)
    app.task(name="shop.pickled", serializer="pickle", shared=False)(add)
