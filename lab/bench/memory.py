"""Measures how much memory a Redis server uses for its data."""

from redis import Redis


def memory_bytes(client: Redis) -> int:
    """Data and its indexes, without the buffers of clients and of the append-only file."""
    memory = client.info("memory")
    buffers = sum(int(memory.get(name, 0)) for name in ("mem_clients_normal", "mem_aof_buffer"))
    return int(memory["used_memory"]) - buffers
