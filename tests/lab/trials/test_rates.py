"""A rate holds over several workers: in each second as many starts, or nearly."""

import json
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest
from redis import Redis

from celeriac.ledger.store import keys
from celeriac.stack.valkey import Valkey
from lab.harness.servers import running_api, running_worker
from tests.support.door import document

RATE, SECONDS, WORKERS = 100, 10, 3
FEWEST, MOST = 95, 105
LINES = {"Content-Type": "application/x-ndjson"}
ITEM = {"name": "take_a_moment", "input": {"seconds": 0}, "throttle": {"key": "rate", "rate": f"{RATE}/s"}}


@pytest.mark.trial
@pytest.mark.timeout(600)
def test_in_each_second_as_many_tasks_start_as_the_rate_says_over_three_workers(tmp_path: Path) -> None:
    count = RATE * (SECONDS + 1)
    with ExitStack() as stack:
        valkey = stack.enter_context(Valkey(tmp_path / "valkey"))
        for number in range(WORKERS):
            stack.enter_context(running_worker(tmp_path, "-n", f"{number}@%h", redis_url=valkey.url))
        api = stack.enter_context(running_api(tmp_path, redis_url=valkey.url))
        client = stack.enter_context(api.client())
        batch = document(
            client.post("/batches", content=(json.dumps(ITEM).encode() + b"\n") * count, headers=LINES)
        )
        client.get(f"/batches/{batch['batch_id']}?wait=50")
        lines = client.get(f"/batches/{batch['batch_id']}/results").text.splitlines()
        ids = [json.loads(line)["task_id"] for line in lines]
        redis = stack.enter_context(Redis.from_url(valkey.url))
        starts = [int(redis.hget(keys.record(task_id), "started_at")) for task_id in ids]
    assert len(starts) == count
    seconds = Counter((start - min(starts)) // 1_000_000 for start in starts)
    of_each = [seconds[number] for number in range(SECONDS)]
    print(f"starts in each second: {of_each}")  # noqa: T201 - pytest -s reports it
    assert FEWEST <= min(of_each) <= max(of_each) <= MOST
