"""The same task for dramatiq, with its result in Redis.

`python -m lab.bench.contenders.peer_dramatiq COUNT` queues so many additions.
"""

import sys

import dramatiq
from dramatiq.brokers.redis import RedisBroker
from dramatiq.results import Results
from dramatiq.results.backends import RedisBackend

from lab.bench.contenders.stock import REDIS_URL

broker = RedisBroker(url=REDIS_URL)
broker.add_middleware(Results(backend=RedisBackend(url=REDIS_URL)))
dramatiq.set_broker(broker)


def add(x: int, y: int) -> int:
    """Add two integers."""
    return x + y


actor = dramatiq.actor(add, store_results=True)

if __name__ == "__main__":
    for number in range(int(sys.argv[1])):
        actor.send(number, 5)
