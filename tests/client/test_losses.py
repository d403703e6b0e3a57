"""Calls go on over restarts and lost replies; each task is accepted once."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from signal import SIGKILL
from typing import Any

import pytest

from celeriac.client import errors, events
from celeriac.stack.processes.readiness import answers_over_http
from lab.harness.program import Program
from lab.harness.servers import API, running_api, running_worker
from lab.harness.waiting import wait_until
from tests.client.lossy import LossyProxy
from tests.client.sides import Side

COUNTS = {"sync": 1_000, "async": 400}


@pytest.fixture(scope="module")
def place(new_database: Any, directory: Path) -> Iterator[tuple[API, Program]]:
    """An API that may be killed, and a worker."""
    url = new_database()
    with (
        running_worker(directory, "-Q", "default", redis_url=url) as worker,
        running_api(directory, redis_url=url) as api,
    ):
        yield api, worker


@pytest.fixture
def mortal(place: tuple[API, Program]) -> Iterator[API]:
    """That API; it runs again afterwards."""
    api, _ = place
    yield api
    start_again(api)


def start_again(api: API) -> None:
    """The API at the same port, unless it runs."""
    api.restart_if_ended()
    api.wait_until(lambda: answers_over_http("127.0.0.1", api.port, "/livez"))


def kill(api: API) -> None:
    """Kill it, as a crash would."""
    api.signal(SIGKILL)
    api.wait_for_end()


@contextmanager
def restarted(api: API, use: Callable[[], Any]) -> Iterator[Future[Any]]:
    """Kills the API, uses the client in another thread meanwhile, and starts it again; a program ends with its thread."""
    kill(api)
    with ThreadPoolExecutor(1) as pool:
        value = pool.submit(use)
        yield value
        start_again(api)
        value.result(120)


def accepted(client: Any, name: str) -> int:
    """How many tasks of this name there are."""
    return sum(1 for _ in client.tasks(name=name, omit_results=True))


def test_map_goes_on_over_a_restart_of_the_api_and_each_task_is_accepted_once(
    mortal: API, side: Side
) -> None:
    with side.client(f"http://127.0.0.1:{mortal.port}", timeout=60) as client:
        before, count = accepted(client, "add"), COUNTS[side.name]
        outcomes = client.map("add", ({"x": number, "y": 1} for number in range(count)))
        values = [next(outcomes).result() for _ in range(100)]
        with restarted(mortal, lambda: [outcome.result() for outcome in outcomes]) as rest:
            pass
        values += rest.result()
        assert values == list(range(1, count + 1))
        assert accepted(client, "add") == before + count


def test_lost_replies_lose_no_result_and_double_no_task(mortal: API, side: Side) -> None:
    with (
        LossyProxy(mortal.port, every=7) as proxy,
        side.client(f"http://127.0.0.1:{proxy.port}", timeout=60) as client,
    ):
        before = accepted(client, "add")
        inputs = [{"x": number, "y": 2} for number in range(200)]
        assert [outcome.result() for outcome in client.map("add", inputs)] == list(range(2, 202))
        handles = [client.submit("add", x=number, y=3) for number in range(20)]
        assert [handle.result() for handle in handles] == list(range(3, 23))
        assert proxy.lost > 20
        proxy.every = 0
        assert accepted(client, "add") == before + 220


def test_a_stream_and_a_wait_go_on_over_a_restart_of_the_api(mortal: API, side: Side, tmp_path: Path) -> None:
    with side.client(f"http://127.0.0.1:{mortal.port}", timeout=60) as client:
        task = client.submit("tell_all", lines=100, until=str(tmp_path / "file"))
        following = task.events()
        first = [next(following) for _ in range(40)]
        with restarted(mortal, lambda: list(following)) as rest:
            (tmp_path / "file").touch()
        received = first + rest.result()
        assert [event.line for event in received if isinstance(event, events.Log)] == [
            f"line {number}" for number in range(100)
        ]
        assert isinstance(received[-1], events.Done)
        held = client.submit("hold", until=str(tmp_path / "later"))
        with restarted(mortal, held.wait) as ended:
            (tmp_path / "later").touch()
        assert ended.result().state == "succeeded"


def test_the_feed_misses_no_change_over_a_restart_also_before_its_first_event(
    mortal: API, side: Side
) -> None:
    with (
        side.client(f"http://127.0.0.1:{mortal.port}", timeout=60) as client,
        LossyProxy(mortal.port, every=0) as proxy,
        side.client(f"http://127.0.0.1:{proxy.port}", timeout=60) as far,
    ):
        wait_until(lambda: client.queue("default")["depth"] == 0)
        feed = far.events(name="word_count", state="succeeded")
        received: list[Any] = []

        def follow() -> None:
            received.extend(next(feed) for _ in range(2))

        if side.name == "async":
            pytest.skip("its loop runs only while it is asked; the flow is the same")
        reader = threading.Thread(target=follow)
        reader.start()
        wait_until(lambda: proxy.passed > 0)
        kill(mortal)
        start_again(mortal)
        ids = [client.submit("word_count", text=text).id for text in ("a", "b")]
        reader.join(60)
        assert {change.task_id for change in received} == set(ids)


def test_an_api_that_does_not_come_back_is_reported_in_time(mortal: API, side: Side) -> None:
    with side.client(f"http://127.0.0.1:{mortal.port}", timeout=60, away=0.5) as client:
        task = client.submit("unserved")
        kill(mortal)
        with pytest.raises(errors.Unreachable, match="cannot be reached"):
            task.wait()
        with pytest.raises(errors.TimedOut) as out:
            task.wait(timeout=0.3)
        assert out.value.task_id == task.id
        with pytest.raises(errors.Unreachable):
            next(task.events())
