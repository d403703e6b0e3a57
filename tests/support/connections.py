"""Connections to Redis, closed, or broken as a network would break them."""

from typing import TYPE_CHECKING

from redis import Redis

if TYPE_CHECKING:
    from celery import Celery


def is_asked_by_remote_control(redis: Redis) -> bool:
    """Whether a worker on the database of this client hears Celery's remote control; those of other tests do not count."""
    database = str(redis.connection_pool.connection_kwargs["db"])
    listening = redis.client_list(_type="pubsub")
    return any(client["db"] == database and client["psub"] != "0" for client in listening)


def cut(redis: Redis) -> None:
    """Break every connection to the database of this client but its own; a database of another test keeps its own."""
    own, database = redis.client_id(), str(redis.connection_pool.connection_kwargs["db"])
    for client in redis.client_list():
        if client["db"] == database and client["id"] != str(own):
            redis.client_kill_filter(_id=client["id"])


def close_app(app: "Celery") -> None:
    """Close an app with its subscriptions: Celery subscribes to the result of each task that it publishes, and its own `close` leaves that.

    Channels belong to a server, and not to a database, so that other tests would see them.
    """
    results = getattr(app.backend, "result_consumer", None)
    if results is not None:
        results.stop()
    app.close()
