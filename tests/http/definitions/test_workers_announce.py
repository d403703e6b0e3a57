"""A worker announces its definitions: each package of task modules is one set."""

import json
from pathlib import Path

from redis import Redis

from celeriac.contract.catalog import catalog_of, load_implementations
from celeriac.contract.definition import Definition
from celeriac.ledger.store import keys
from lab.harness.servers import running_worker
from lab.harness.waiting import wait_until


def test_a_worker_announces_its_definitions_and_again_what_redis_has_lost(
    own_url: str, own_redis: Redis, tmp_path: Path
) -> None:
    loaded = catalog_of(load_implementations("tasks,tests.tasks"))
    with running_worker(tmp_path, redis_url=own_url):
        wait_until(lambda: own_redis.hlen(keys.definition_sets()) == 2)
        announced = own_redis.hgetall(keys.definitions())
        own_redis.delete(keys.definitions(), keys.definition_sets(), keys.definitions_version())
        wait_until(lambda: own_redis.hgetall(keys.definitions()) == announced, timeout=30)
    assert {Definition.from_json(json.loads(text)).name for text in announced.values()} == set(loaded)
    assert b":tasks add" in announced
    sets = {field.split()[0] for field in announced}
    assert sets == {b":tasks", b":tests.tasks"}
