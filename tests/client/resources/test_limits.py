"""Options of flow control and the rules of keys through the client, sync and async."""

import uuid

import pytest

from celeriac import Step, Throttle, Unique
from celeriac.client import errors
from lab.harness.servers import API
from lab.harness.waiting import wait_until
from tests.client.sides import Side


def test_the_rules_of_a_key_are_listed_set_and_deleted(side: Side, api: API) -> None:
    text = f"a/b c%?{uuid.uuid4().hex[:8]}"
    slot = {"key": text, "limit": 1}
    with side.client(f"http://127.0.0.1:{api.port}") as client:
        tasks = [client.submit("unserved", concurrency=slot) for _ in range(2)]
        limit = client.limit(text)
        assert (limit["key"], limit["rules"]["limit"], limit["override"]) == (text, 1, None)
        assert [limit["running_tasks"], limit["waiting_tasks"]] == [[tasks[0].id], [tasks[1].id]]
        assert text in [listed["key"] for listed in client.limits()]
        assert client.put_limit(text, limit=2, rate="10/s")["running"] == 2
        assert client.put_limit(text, limit=0)["override"] == {"limit": 0, "rate": None, "burst": None}
        with pytest.raises(errors.InvalidInput):
            client.put_limit(text)
        client.delete_limit(text)
        for task in tasks:
            task.cancel()
        with pytest.raises(errors.LimitNotFound):
            client.limit(text)
        with pytest.raises(errors.LimitNotFound):
            client.delete_limit(text)


def test_a_submission_has_the_options_that_only_a_body_can_contain(side: Side, api: API) -> None:
    text = f"s-{uuid.uuid4().hex[:8]}"
    with side.client(f"http://127.0.0.1:{api.port}") as client:
        first = client.submit("unserved", unique=Unique(key=text, else_="refuse"), queue="unserved", tags="u")
        with pytest.raises(errors.NotUnique):
            client.submit("unserved", unique={"key": text, "else": "refuse"})
        assert client.submit("unserved", unique={"key": text}, task_id=uuid.uuid4()).id == first.id
        first.cancel()
        earlier = client.submit("unserved", debounce={"key": text, "quiet": "PT1H", "at_most": "PT1H"})
        later = client.submit("unserved", debounce={"key": text, "quiet": "PT1H", "at_most": "PT1H"})
        assert (earlier.refresh().state, later.state) == ("cancelled", "scheduled")
        later.cancel()
        assert client.run("add", x=4, y=5, throttle=Throttle(key=text, rate="9/s"), timeout=60) == 9
        with pytest.raises(errors.InvalidInput, match="notify"):
            client.submit("unserved", notify="ftp://nowhere.example/")


def test_the_end_of_a_step_is_sent_where_it_says(side: Side, api: API) -> None:
    url = "https://nowhere.example/"
    with side.client(f"http://127.0.0.1:{api.port}") as client:
        task = client.chain(Step("unserved", notify=[url, {"url": f"{url}2", "on": ["failed"]}]))
        task.cancel()
        delivery = wait_until(lambda: next(iter(client.deliveries(task_id=task.id)), None))
        assert (delivery["url"], delivery["type"]) == (url, "task.cancelled")
