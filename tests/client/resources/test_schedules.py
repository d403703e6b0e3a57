"""Schedules through the client, sync and async."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from celeriac.client import errors
from lab.harness.servers import API
from tests.client.sides import Side


def test_a_schedule_is_put_listed_paused_run_and_deleted(side: Side, api: API) -> None:
    name, add = f"s-{uuid.uuid4().hex[:8]}", {"name": "add", "input": {"x": 1, "y": 2}}
    with side.client(f"http://127.0.0.1:{api.port}") as client:
        new = client.put_schedule(name, add, every=timedelta(hours=1), until=datetime(2099, 1, 1, tzinfo=UTC))
        assert (new["every"], new["until"], new["submit"]) == ("PT3600S", "2099-01-01T00:00:00Z", add)
        assert name in [schedule["name"] for schedule in client.schedules()]
        first, second = client.due_times(name, count=2)
        assert second - first == timedelta(hours=1)
        assert client.pause_schedule(name)["paused"]
        assert not client.resume_schedule(name)["paused"]
        assert client.task(client.run_schedule(name)["task_id"]).result(timeout=60) == 3
        assert client.put_schedule(name, add, cron="0 3 * * *", zone="Asia/Seoul")["every"] is None
        with pytest.raises(errors.InvalidInput):
            client.put_schedule(name, add, cron="61 * * * *")
        client.delete_schedule(name)
        with pytest.raises(errors.ScheduleNotFound):
            client.schedule(name)
