"""A large result costs the API a slice, and a larger one its task."""

import json
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from redis import Redis

from celeriac.ledger.store.slices import SLICE_BYTES
from lab.harness.memory import peak_bytes
from lab.harness.servers import API
from tests.support.door import document, run, shown, submit
from tests.support.marks import linux_only

MEGABYTE = 1_000_000
READERS = 24


@pytest.mark.parametrize("value", ["é" * SLICE_BYTES, ['", "traceback": null', "\\", "🥬" * 250_000]])
def test_a_large_result_is_the_same_bare_and_in_its_document(client: httpx.Client, value: object) -> None:
    task = run(client, "give_back_anything", value=value)
    assert task["result"] == value
    bare = client.get(task["links"]["result"])
    assert (bare.status_code, document(bare)) == (200, value)
    assert int(bare.headers["content-length"]) == len(bare.content)
    head = client.head(task["links"]["result"])
    assert (head.status_code, head.headers["content-length"]) == (200, str(len(bare.content)))


@linux_only
def test_many_who_ask_for_large_bare_results_cost_less_memory_than_one_result_each(
    client: httpx.Client, api: API
) -> None:
    task = run(client, "return_at_length", size=9 * MEGABYTE)
    before = peak_bytes(api.pid, anew=True)
    with ThreadPoolExecutor(READERS) as threads:
        answers = list(threads.map(lambda _: client.get(task["links"]["result"]), range(READERS)))
    assert {len(answer.content) for answer in answers} == {9 * MEGABYTE + 2}
    assert peak_bytes(api.pid) - before < 60 * MEGABYTE  # whole ones take 9 MB each, and several copies of it


@pytest.mark.parametrize("size", [35 * MEGABYTE])
def test_a_result_of_celery_s_own_worker_that_is_too_large_is_not_read(
    quiet: httpx.Client, quiet_redis: Redis, size: int
) -> None:
    task = submit(quiet, "add", x=1, y=2)
    said: dict[str, object] = {"status": "SUCCESS", "result": "x" * size, "traceback": None, "children": []}
    kept = json.dumps({**said, "date_done": "2026-05-01T12:00:00+00:00", "task_id": task["task_id"]})
    quiet_redis.set(f"celery-task-meta-{task['task_id']}", kept)
    told = shown(quiet, task)
    assert (told["state"], told["result"], told["error"]["type"]) == ("failed", None, "ResultTooLarge")
    assert "more than CELERIAC_MAX_RESULT_BYTES (10,485,760) allows" in told["error"]["message"]
    assert quiet.get(task["links"]["result"]).status_code == 409
    quiet_redis.delete(f"celery-task-meta-{task['task_id']}")
