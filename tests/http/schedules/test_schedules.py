"""Schedules over HTTP: what can be done with them, by whom, and what is refused."""

import json
import time
from typing import Any

import httpx
import pytest
from redis import Redis

from lab.harness.waiting import wait_until
from tests.http.access.keys import Locked
from tests.support.door import Document, document, problem_of

SUBMIT = {"name": "unserved", "input": {}}
YEARLY: dict[str, Any] = {
    "submit": {"name": "add", "input": {"x": 4, "y": 5}},
    "cron": "0 3 1 1 *",
    "zone": "Asia/Seoul",
}


def put(client: httpx.Client, name: str, status: int = 201, /, **schedule: Any) -> Document:
    """The schedule that comes of this."""
    response = client.put(f"/schedules/{name}", json=schedule)
    assert response.status_code == status, response.text
    return dict(document(response))


@pytest.mark.usefixtures("quiet_redis")
def test_a_schedule_is_put_shown_listed_and_deleted(quiet: httpx.Client) -> None:
    new = put(quiet, "yearly", **YEARLY)
    assert new["next"].endswith("-12-31T18:00:00Z")
    assert new["submit"] == YEARLY["submit"]
    assert (new["overlap"], new["catch_up"], new["paused"], new["last_task_id"]) == (
        "queue",
        "last",
        False,
        None,
    )
    assert document(quiet.get("/schedules/yearly")) == new
    times = document(quiet.get("/schedules/yearly/next", params={"count": 3}))["items"]
    assert (len(times), times[0]) == (3, new["next"])

    put(quiet, "again", every="PT1H", submit=SUBMIT)
    pages = [document(quiet.get("/schedules", params={"limit": 1}))]
    pages.append(document(quiet.get("/schedules", params={"limit": 1, "cursor": pages[0]["next_cursor"]})))
    assert [item["name"] for page in pages for item in page["items"]] == ["again", "yearly"]
    assert pages[1]["next_cursor"] is None
    assert "submit" not in pages[1]["items"][0]

    assert quiet.delete("/schedules/yearly").status_code == 204
    assert problem_of(quiet.get("/schedules/yearly")) == (404, "schedule-not-found")
    assert problem_of(quiet.delete("/schedules/yearly")) == (404, "schedule-not-found")


@pytest.mark.usefixtures("quiet_redis")
def test_a_schedule_that_is_put_again_keeps_its_due_times_and_whether_it_is_paused(
    quiet: httpx.Client,
) -> None:
    new = put(quiet, "hourly", every="PT1H", submit=SUBMIT)
    same = put(quiet, "hourly", 200, every="PT60M", submit={"name": "add", "input": {"x": 1, "y": 2}})
    assert (same["next"], same["created_at"]) == (new["next"], new["created_at"])
    paused = document(quiet.post("/schedules/hourly/pause"))
    assert (paused["paused"], paused["next"]) == (True, None)
    assert document(quiet.get("/schedules/hourly/next"))["items"] == []
    assert put(quiet, "hourly", 200, every="PT1H", submit=SUBMIT)["paused"] is True
    resumed = document(quiet.post("/schedules/hourly/resume"))
    assert (resumed["paused"], resumed["next"]) == (False, new["next"])
    assert document(quiet.post("/schedules/hourly/resume")) == resumed
    assert put(quiet, "hourly", 200, every="PT2H", submit=SUBMIT)["next"] > new["next"]


@pytest.mark.usefixtures("quiet_redis")
def test_a_schedule_runs_now_when_it_is_asked_to(quiet: httpx.Client) -> None:
    put(quiet, "yearly", **YEARLY, paused=True)
    task = document(quiet.post("/schedules/yearly/run"))
    assert document(quiet.get(task["links"]["self"]))["state"] == "queued"
    assert document(quiet.get(task["links"]["self"] + "/input")) == {"x": 4, "y": 5}
    assert problem_of(quiet.post("/schedules/nobody/run")) == (404, "schedule-not-found")


def test_a_due_time_is_left_out_while_the_last_task_has_not_ended(
    quiet: httpx.Client, quiet_redis: Redis
) -> None:
    put(quiet, "skips", every="PT1S", overlap="skip", submit=SUBMIT)
    skipped = wait_until(
        lambda: now if (now := document(quiet.get("/schedules/skips")))["last_skipped"] else None
    )
    assert len(document(quiet.get("/tasks"))["items"]) == 1
    task_id = skipped["last_task_id"]
    assert quiet.post(f"/tasks/{task_id}/cancel").status_code == 200
    wait_until(lambda: document(quiet.get("/schedules/skips"))["last_task_id"] != task_id)
    assert quiet_redis.zcard("celeriac:tasks") == 2


@pytest.mark.usefixtures("quiet_redis")
def test_the_last_task_is_cancelled_for_the_next_one(quiet: httpx.Client) -> None:
    put(quiet, "cancels", every="PT1S", overlap="cancel_running", submit=SUBMIT)
    wait_until(lambda: len(document(quiet.get("/tasks"))["items"]) >= 3)
    quiet.post("/schedules/cancels/pause")
    states = [task["state"] for task in document(quiet.get("/tasks"))["items"]]
    assert states == ["queued", *["cancelled"] * (len(states) - 1)]


@pytest.mark.usefixtures("quiet_redis")
def test_single_moments_options_and_an_end(quiet: httpx.Client) -> None:
    start = time.time()
    moments = [time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(start + ahead)) for ahead in (2.0, -50.0, 2.0)]
    put(quiet, "once", at=moments, jitter=3_600, submit={**SUBMIT, "delay": 60, "expires": 7_200})
    task = wait_until(lambda: next(iter(document(quiet.get("/tasks"))["items"]), None))
    assert task["state"] == "scheduled"
    over = wait_until(lambda: now if (now := document(quiet.get("/schedules/once")))["last_due"] else None)
    assert (over["next"], over["last_task_id"], over["error"]) == (None, task["task_id"], None)


@pytest.mark.parametrize(
    ("schedule", "pointer"),
    [
        ({"submit": SUBMIT}, ""),
        ({"submit": SUBMIT, "every": "PT1H", "cron": "* * * * *"}, ""),
        ({"submit": SUBMIT, "every": "PT1H", "zone": "Asia/Seoul"}, ""),
        ({"submit": SUBMIT, "every": "PT0.5S"}, "/every"),
        ({"submit": SUBMIT, "every": "P1M"}, "/every"),
        ({"submit": SUBMIT, "every": 60}, "/every"),
        ({"submit": SUBMIT, "cron": "61 * * * *"}, "/cron"),
        ({"submit": SUBMIT, "cron": "* " * 100_000}, "/cron"),
        ({"submit": SUBMIT, "cron": "* * * * *", "zone": "Europe/Berlim"}, "/zone"),
        ({"submit": SUBMIT, "cron": "* * * * *", "zone": "../../etc/passwd"}, "/zone"),
        ({"submit": SUBMIT, "at": []}, "/at"),
        ({"submit": SUBMIT, "at": ["2026-05-01T12:00:00"]}, "/at/0"),
        ({"submit": SUBMIT, "at": ["2026-05-01T12:00:00Z"] * 1_001}, "/at"),
        ({"submit": SUBMIT, "every": "PT1H", "jitter": -1}, "/jitter"),
        ({"submit": SUBMIT, "every": "PT1H", "owner": "other"}, "/owner"),
        ({"submit": {**SUBMIT, "eta": "2026-05-01T12:00:00Z"}, "every": "PT1H"}, "/submit/eta"),
        ({"submit": {**SUBMIT, "queue": "nowhere"}, "every": "PT1H"}, "/submit/queue"),
        ({"submit": {"name": "add", "input": {"x": 4}}, "every": "PT1H"}, "/submit/input/y"),
        ({"every": "PT1H"}, "/submit"),
    ],
)
def test_what_is_no_schedule_is_refused_with_a_pointer(
    quiet: httpx.Client, schedule: dict[str, Any], pointer: str
) -> None:
    response = quiet.put("/schedules/wrong", json=schedule)
    assert problem_of(response) == (422, "invalid-input")
    assert document(response)["errors"][0]["pointer"] == pointer
    assert quiet.get("/schedules/wrong").status_code == 404


def test_names_and_definitions_that_are_not_there_are_refused(quiet: httpx.Client) -> None:
    assert quiet.put("/schedules/a b", json=YEARLY).status_code == 422
    assert problem_of(quiet.get("/schedules/a b")) == (404, "schedule-not-found")
    unknown = {**YEARLY, "submit": {"name": "nobody"}}
    assert problem_of(quiet.put("/schedules/wrong", json=unknown)) == (404, "unknown-task-name")


def test_huge_lists_cost_linear_time(quiet: httpx.Client) -> None:
    def seconds(count: int) -> float:
        body = json.dumps({"submit": SUBMIT, "at": ["2026-05-01T12:00:00Z"] * count})
        start = time.perf_counter()
        assert quiet.put(
            "/schedules/wrong", content=body, headers={"Content-Type": "application/json"}
        ).is_error
        return time.perf_counter() - start

    assert min(seconds(40_000) for _ in range(3)) < 12 * min(seconds(8_000) for _ in range(3)) + 0.05


def test_a_schedule_belongs_to_its_owner_and_so_do_its_tasks(locked: Locked) -> None:
    mine, other, admin = (locked.client_with(name) for name in ("unlimited", "has-submit", "has-admin"))
    reader = locked.client_with("has-read")
    schedule = {"submit": SUBMIT, "every": "PT1S"}
    assert put(mine, "own", **schedule)["owner"] == "limited"
    put(other, "own", **YEARLY)
    wait_until(lambda: document(mine.get("/schedules/own"))["last_task_id"])
    task_id = document(mine.get("/schedules/own"))["last_task_id"]
    assert document(mine.get(f"/tasks/{task_id}"))["owner"] == "limited"

    assert document(mine.get("/schedules/own"))["submits"] == "unserved"
    assert [item["owner"] for item in document(mine.get("/schedules"))["items"]] == ["limited"]
    assert document(mine.get("/schedules", params={"owner": "has-submit"}))["items"] == []
    for asked in (
        reader.get("/schedules/own"),
        reader.get("/schedules/own", params={"owner": "limited"}),
        reader.get("/schedules/own/next", params={"owner": "limited"}),
        *(
            other.post(f"/schedules/own/{act}", params={"owner": "limited"})
            for act in ("pause", "resume", "run")
        ),
        other.delete("/schedules/own", params={"owner": "limited"}),
        other.put("/schedules/own", params={"owner": "limited"}, json=schedule),
        admin.get("/schedules/own"),
    ):
        assert problem_of(asked) == (404, "schedule-not-found")
    assert {item["owner"] for item in document(admin.get("/schedules"))["items"]} == {"limited", "has-submit"}
    assert document(admin.post("/schedules/own/pause", params={"owner": "limited"}))["paused"] is True
    assert admin.delete("/schedules/own", params={"owner": "has-submit"}).status_code == 204
    assert mine.delete("/schedules/own").status_code == 204
