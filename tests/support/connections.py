"""Connections to Redis, broken as a network would break them."""

from redis import Redis


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
