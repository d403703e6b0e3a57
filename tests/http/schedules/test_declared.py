"""A schedule that is declared with its task comes and goes with its declaration."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from redis import Redis

from celeriac import Every, Schedule, task
from celeriac.contract.signature import ContractError
from lab.harness.servers import running_api
from lab.harness.waiting import wait_until
from tests.http.access.keys import locked_api
from tests.http.schedules.test_schedules import YEARLY
from tests.support.door import Document, document, problem_of

TASKS = "tests.http.schedules.declaring"


def schedules(client: httpx.Client) -> dict[str, Document]:
    """All schedules, by name."""
    return {item["name"]: item for item in document(client.get("/schedules"))["items"]}


def test_a_declared_schedule_is_there_and_stays_as_it_is_over_restarts(
    own_url: str, own_redis: Redis, directory: Path
) -> None:
    with running_api(directory, redis_url=own_url, tasks=TASKS) as api, api.client() as client:
        wait_until(lambda: len(schedules(client)) == 3)
        nightly = document(client.get("/schedules/declared-nightly"))
        assert (nightly["declared"], nightly["zone"], nightly["owner"]) == (True, "Europe/Berlin", None)
        assert nightly["submit"] == {"name": "declared", "input": {"x": 4}}
        assert schedules(client)["hourly"]["every"] == "PT3600S"
        wait_until(lambda: document(client.get("/tasks?schedule=declared-often"))["items"])
        for refused in (
            client.delete("/schedules/declared-nightly"),
            client.put("/schedules/declared-nightly", json={**YEARLY, "submit": {"name": "declared"}}),
        ):
            assert problem_of(refused) == (409, "schedule-declared")
        for name in ("declared-nightly", "declared-often"):
            assert document(client.post(f"/schedules/{name}/pause"))["paused"] is True
        assert client.post("/schedules/declared-nightly/run").status_code == 202
        before = [own_redis.hgetall(f"celeriac:schedule::{name}") for name in schedules(client)]
        with running_api(directory, redis_url=own_url, tasks=TASKS) as other, other.client() as second:
            api.kill()
            own_redis.delete("celeriac:schedules:declared")
            with running_api(directory, redis_url=own_url, tasks=TASKS):
                wait_until(lambda: own_redis.zcard("celeriac:schedules:declared") == 3)
            assert [own_redis.hgetall(f"celeriac:schedule::{name}") for name in schedules(second)] == before


def test_with_keys_it_is_for_those_alone_who_see_all(own_url: str, tmp_path: Path) -> None:
    with locked_api(own_url, tmp_path, tasks=TASKS) as locked:
        admin, other = locked.client_with("has-admin"), locked.client_with("unlimited")
        wait_until(lambda: len(schedules(admin)) == 3)
        assert document(admin.post("/schedules/hourly/pause"))["paused"] is True
        task = document(admin.post("/schedules/hourly/run"))
        assert (task["owner"], task["schedule"]) == (None, "hourly")
        assert problem_of(other.get("/schedules/hourly")) == (404, "schedule-not-found")
        assert problem_of(other.post("/schedules/hourly/run")) == (404, "schedule-not-found")
        assert problem_of(other.get(f"/tasks/{task['task_id']}")) in (
            (403, "forbidden"),
            (404, "task-not-found"),
        )
        assert schedules(locked.client_with("has-read")) == {}


def test_what_no_process_declares_any_more_is_removed_after_a_time(
    own_url: str, own_redis: Redis, directory: Path
) -> None:
    with running_api(directory, redis_url=own_url, tasks=TASKS) as api, api.client() as client:
        wait_until(lambda: own_redis.zcard("celeriac:schedules:declared") == 3)
        with running_api(directory, redis_url=own_url) as newer:
            wait_until(lambda: newer.client().get("/readyz").is_success)
            assert len(schedules(client)) == 3
        own_redis.zincrby("celeriac:schedules:declared", -11 * 60 * 1_000_000, ":declared-often")
    with running_api(directory, redis_url=own_url) as newer, newer.client() as client:
        wait_until(lambda: set(schedules(client)) == {"declared-nightly", "hourly"})
        assert own_redis.zscore("celeriac:schedules:due", ":declared-often") is None


@pytest.mark.parametrize(
    ("declare", "sentence"),
    [
        (
            lambda: Schedule(cron="61 * * * *"),
            r"Schedule\(cron='61 \* \* \* \*'\) should be a cron expression",
        ),
        (lambda: Schedule(cron="* * * * *", zone="Europe/Berlim"), "give the name of a time zone"),
        (lambda: Every(minutes=0), "an interval from 1 second to 366 days"),
        (lambda: Every(hours=1, name="a b"), "use letters, digits"),
        (lambda: Every(hours=1, jitter=timedelta(days=2)), "a duration of up to a day"),
        (lambda: Every(hours=1, overlap="wait"), "give one of queue, skip, cancel_running"),  # type: ignore[arg-type]
        (lambda: one(Every(hours=1, input={"x": "four"})), "the input of its schedule 'one' is not valid"),
        (lambda: several(Every(hours=1), Every(hours=2)), "a name of its own"),
    ],
)
def test_a_declaration_that_cannot_work_is_refused_with_a_sentence(
    declare: Callable[[], object], sentence: str
) -> None:
    with pytest.raises(ContractError, match=sentence):
        declare()


def one(schedule: Every) -> object:
    """A task with this schedule."""

    @task(name="one", schedule=schedule)
    def function(x: int = 0) -> int:
        return x

    return function


def several(*schedules: Every) -> object:
    """A task with these schedules."""

    @task(schedule=schedules)
    def function() -> None: ...

    return function
