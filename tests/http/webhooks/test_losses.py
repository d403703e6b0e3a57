"""No webhook is lost, whatever is killed; processes share the work."""

import json
import signal
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from redis import Redis

from lab.harness.servers import API, running_api
from lab.harness.waiting import wait_until
from tests.http.webhooks.conftest import LOOPBACK, Ends
from tests.http.webhooks.receiver import receiving
from tests.http.webhooks.test_webhooks import delivered, submit

FAST = {**LOOPBACK, "webhook_timeout": "3s", "lease": "2s", "rescue_grace": "1s"}


def start(stack: ExitStack, directory: Path, url: str, **settings: str) -> API:
    """An API on this database."""
    return stack.enter_context(running_api(directory, **{"redis_url": url, **FAST, **settings}))


def test_the_end_of_a_task_is_sent_although_the_api_is_killed_before_and_while_it_sends(
    own_url: str, tmp_path: Path
) -> None:
    with ExitStack() as stack, receiving() as receiver:
        receiver.acts["/held"] = lambda _: receiver.wait()
        api, ends = start(stack, tmp_path, own_url), Ends(redis_url=own_url)
        with api.client() as client:
            before, during = (
                submit(client, {"url": f"{receiver.url}/{name}"}) for name in ("before", "held")
            )
            ends.succeed(during["task_id"])
            (first,) = receiver.at("/held")
            api.kill()
        ends.succeed(before["task_id"])
        receiver.released.set()
        with start(stack, tmp_path, own_url).client() as client:
            assert delivered(client, before)[0]["state"] == "succeeded"
            (delivery,) = delivered(client, during)
            assert delivery["state"] == "succeeded"
        _, again = receiver.at("/held", 2)
        assert first.headers["webhook-id"] == again.headers["webhook-id"] == delivery["webhook_id"]
        assert first.body == again.body
        assert len(receiver.at("/before")) == 1


def test_a_message_that_was_taken_and_lost_comes_again(
    own_url: str, own_redis: Redis, tmp_path: Path
) -> None:
    with ExitStack() as stack, receiving() as receiver:
        idle = start(stack, tmp_path, own_url, webhook_at_once="0")
        with idle.client() as client:
            task = submit(client, {"url": f"{receiver.url}/lost"})
            Ends(redis_url=own_url).succeed(task["task_id"])
            assert own_redis.rpop("celeriac:deliveries")
            start(stack, tmp_path, own_url)
            assert delivered(client, task)[0]["state"] == "succeeded"
            assert len(receiver.at("/lost")) == 1


def test_two_processes_on_two_servers_share_what_is_sent_each_once(
    new_database: Callable[[], str], tmp_path: Path
) -> None:
    broker, backend = new_database(), new_database()
    servers = {"broker_url": broker, "result_backend": backend}
    with ExitStack() as stack, receiving() as receiver:
        receiver.acts["/shared"] = lambda _: time.sleep(0.02)
        apis = [
            stack.enter_context(running_api(tmp_path, **FAST, **servers, webhook_at_once="5"))
            for _ in range(2)
        ]
        clients = [stack.enter_context(api.client()) for api in apis]
        ends = Ends(**servers)
        tasks = [submit(clients[number % 2], {"url": f"{receiver.url}/shared"}) for number in range(40)]
        for task in tasks:
            ends.succeed(task["task_id"])
        for task in tasks:
            delivered(clients[0], task)
        requests = receiver.at("/shared", 40)
        assert len({request.headers["webhook-id"] for request in requests}) == len(requests) == 40
        with Redis.from_url(backend) as client:
            taken = [
                client.hget(f"celeriac:task:{request.headers['webhook-id']}", "worker")
                for request in requests
            ]
        assert len(set(taken)) == 2


def test_a_delivery_is_forgotten_after_its_time_and_outlives_its_task(
    own_url: str, own_redis: Redis, tmp_path: Path
) -> None:
    with ExitStack() as stack, receiving() as receiver:
        receiver.answers["/later"] = [500, 500]
        api = start(stack, tmp_path, own_url, result_ttl="3s", tombstone_ttl="1s")
        with api.client() as client:
            task = submit(client, {"url": f"{receiver.url}/later"})
            Ends(redis_url=own_url).succeed(task["task_id"])
            assert client.delete(task["links"]["self"]).status_code == 204
            receiver.at("/later", 3)
            body = receiver.at("/later", 3)[-1].document
            assert (body["data"]["task_id"], body["data"]["result"]) == (task["task_id"], 9)
            wait_until(lambda: not [key for key in own_redis.keys("celeriac:task*:*") if b"gone" not in key])
            assert own_redis.keys("celeriac:tagged:*") == []
            assert client.get("/deliveries").json()["items"] == []


def test_a_delivery_under_way_at_the_end_of_a_process_goes_to_another(own_url: str, tmp_path: Path) -> None:
    with ExitStack() as stack, receiving() as receiver:
        receiver.acts["/slow"] = lambda _: receiver.wait()
        api = start(stack, tmp_path, own_url, webhook_timeout="60s")
        with api.client() as client:
            task = submit(client, {"url": f"{receiver.url}/slow"})
        Ends(redis_url=own_url).succeed(task["task_id"])
        receiver.at("/slow")
        api.signal(signal.SIGTERM)
        api.wait_for_end()
        receiver.released.set()
        with start(stack, tmp_path, own_url).client() as client:
            assert delivered(client, task)[0]["state"] == "succeeded"
        assert json.loads(receiver.at("/slow", 2)[1].body)["type"] == "task.succeeded"
