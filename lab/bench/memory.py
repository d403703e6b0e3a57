"""Measures how much memory a Redis server uses for its data."""

from redis import Redis

from lab.harness.waiting import wait_until


def memory_bytes(client: Redis) -> int:
    """Data and its indexes, without the buffers of clients and of the append-only file, and after what was deleted is freed."""
    wait_until(
        lambda: client.info("memory")["lazyfree_pending_objects"] == 0, what="an end of freeing memory"
    )
    memory = client.info("memory")
    buffers = sum(int(memory.get(name, 0)) for name in ("mem_clients_normal", "mem_aof_buffer"))
    return int(memory["used_memory"]) - buffers
