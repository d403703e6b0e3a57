"""Limits of keys and owners: what is refused, and with which answer."""

import json
import os
import signal
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import datetime
from http.client import HTTPResponse
from pathlib import Path
from time import monotonic
from uuid import uuid4

import httpx
import pytest

from lab.harness.servers import running_api
from lab.harness.waiting import wait_until
from tests.http.access.keys import bearer, file_key, write_keys
from tests.support.door import document, problem_of

ADD = {"x": 4, "y": 5}
SECONDS = 3
# Connections that all have a request at one moment.
FLOOD = 400
LIMITS = {
    "steady": {"rate": 100},
    "slow": {"rate": 0.001, "burst": 3},
    "few": {"unfinished": 2},
    "small": {"body_bytes": 100},
    "patient": {"waits": 1},
    "watchful": {"streams": 1},
    "free": {},
    "late": {},
}


class Place:
    """Two processes of the API on one Redis, without a worker."""

    def __init__(self, urls: list[httpx.URL], secrets: dict[str, str], pids: list[int]) -> None:
        """`secrets` are by the name of the key."""
        self._urls, self._secrets, self._pids = urls, secrets, pids

    @contextmanager
    def halted(self) -> Iterator[None]:
        """What is sent meanwhile to the first process arrives there all at once."""
        os.kill(self._pids[0], signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self._pids[0], signal.SIGCONT)

    def client(self, name: str, process: int = 0) -> httpx.Client:
        """A client that has this key."""
        headers = bearer(self._secrets[name])
        return httpx.Client(base_url=self._urls[process], headers=headers, timeout=60, trust_env=False)


@pytest.fixture(scope="module")
def place(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The keys come in a file."""
    url, directory = new_database(), tmp_path_factory.mktemp("limits")
    entries, secrets = [], {}
    for name, limits in LIMITS.items():
        entry, secrets[name] = file_key(name, "submit", "read", limits=limits)
        entries.append(entry)
    file = write_keys(directory / "keys.json", *entries)
    with ExitStack() as stack:
        apis = [
            stack.enter_context(running_api(_room(directory, n), redis_url=url, keys_file=file)) for n in "ab"
        ]
        urls = [stack.enter_context(api.client()).base_url for api in apis]
        yield Place(urls, secrets, [api.pid for api in apis])


def _room(directory: Path, name: str) -> Path:
    room = directory / name
    room.mkdir()
    return room


def test_a_refused_submission_is_told_which_limit_it_met_and_when_to_come_again(place: Place) -> None:
    with place.client("slow") as client:
        answers = [client.post("/add", json=ADD) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [202, 202, 202, 429]
    refused = answers[-1]
    assert problem_of(refused) == (429, "limit-reached")
    assert document(refused)["limit"] == "key-rate"
    seconds = int(refused.headers["retry-after"])
    assert 900 < seconds <= 1_000
    assert refused.headers["ratelimit-policy"] == '"key-rate";q=1;w=1000'
    assert refused.headers["ratelimit"] == f'"key-rate";r=0;t={seconds}'
    with place.client("slow", process=1) as client:
        assert problem_of(client.post("/add", json=ADD)) == (429, "limit-reached")
    with place.client("free") as client:
        assert client.post("/add", json=ADD).status_code == 202


def test_two_processes_accept_a_key_s_rate_in_each_second_and_no_more(place: Place) -> None:
    """By the clock of Redis; how much is asked for depends on the machine, how much is accepted must not."""
    until = monotonic() + SECONDS + 1

    def submit(process: int) -> tuple[list[float], int]:
        accepted, refused = [], 0
        with place.client("steady", process) as client:
            while monotonic() < until:
                response = client.post("/add", json=ADD)
                assert response.status_code in {202, 429}, response.text
                if response.status_code == 202:
                    accepted.append(datetime.fromisoformat(document(response)["created_at"]).timestamp())
                else:
                    refused += 1
        return accepted, refused

    with ThreadPoolExecutor(max_workers=8) as threads:
        answers = list(threads.map(submit, [0, 1] * 4))
    moments = sorted(moment for accepted, _ in answers for moment in accepted)
    by_second = Counter(int(moment - moments[0]) for moment in moments)
    counts = [by_second[second] for second in range(SECONDS)]
    assert max(counts) <= 105
    # While nobody asks for longer than the burst lasts, because the machine is busy, nothing is let in.
    is_asked_enough = sum(refused for _, refused in answers) > 100 * SECONDS
    assert not is_asked_enough or sum(counts) >= 0.7 * 100 * SECONDS


def test_a_flood_of_one_owner_lets_another_s_first_task_in(place: Place) -> None:
    with place.client("free") as client, place.client("late") as other, ExitStack() as stack:
        flood = [stack.enter_context(_connection(client)) for _ in range(FLOOD)]
        late = stack.enter_context(_connection(other))
        _send_addition(late, other)
        _created_at(late)  # so the server has accepted all connections
        with place.halted():
            for connection in flood:
                _send_addition(connection, client)
            _send_addition(late, other)
        accepted, *of_flood = [_created_at(connection) for connection in (late, *flood)]
    # First come, first served, all of them would be earlier.
    assert sum(moment < accepted for moment in of_flood) < FLOOD / 2


def _connection(client: httpx.Client) -> socket.socket:
    return socket.create_connection((client.base_url.host, client.base_url.port), timeout=60)


def _send_addition(connection: socket.socket, client: httpx.Client) -> None:
    body = json.dumps(ADD)
    head = ("POST /add HTTP/1.1", "Host: x", "Content-Type: application/json", f"Content-Length: {len(body)}")
    key = f"Authorization: {client.headers['authorization']}"
    connection.sendall("\r\n".join([*head, key, "", body]).encode())


def _created_at(connection: socket.socket) -> datetime:
    answer = HTTPResponse(connection)
    answer.begin()
    assert answer.status == 202
    return datetime.fromisoformat(json.loads(answer.read())["created_at"])


def test_so_many_tasks_are_unfinished_at_once(place: Place) -> None:
    with place.client("few") as client:
        answers = [client.post(f"/add{query}", json=ADD) for query in ("", "?delay=600", "")]
    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert document(answers[-1])["limit"] == "key-unfinished"
    assert answers[-1].headers["ratelimit-policy"] == '"key-unfinished";q=2;qu="tasks"'


def test_a_key_may_have_smaller_bodies_than_others(place: Place) -> None:
    body = {"text": "many words " * 20}
    with place.client("small") as client:
        assert client.post("/add", json=ADD).status_code == 202
        assert problem_of(client.post("/word_count", json=body)) == (413, "body-too-large")
    with place.client("free") as client:
        assert client.post("/word_count", json=body).status_code == 202


def test_who_follows_events_keeps_a_seat_until_it_is_over(place: Place) -> None:
    with place.client("watchful") as client:
        task = document(client.post("/add", json=ADD))
        of_task = task["links"]["events"]
        for path in ("/events", of_task):
            with _stream_when_free(client, path):
                for other in ("/events", of_task):
                    refused = client.get(other)
                    assert problem_of(refused) == (429, "limit-reached")
                    assert document(refused)["limit"] == "key-streams"
                streamed = client.post("/add", json=ADD, headers={"Accept": "text/event-stream"})
                assert problem_of(streamed) == (429, "limit-reached")
                assert [item["task_id"] for item in document(client.get("/tasks"))["items"]] == [
                    task["task_id"]
                ]
        with _stream_when_free(client, "/events"):
            pass
        unknown = f"/tasks/{uuid4()}/events"
        wait_until(lambda: client.get(unknown).status_code == 404)
        assert client.get(unknown).status_code == 404  # it has kept no seat


@contextmanager
def _stream_when_free(client: httpx.Client, path: str) -> Iterator[None]:
    """A stream that is open; the server learns that the one before is over when it next looks."""
    with ExitStack() as stack:

        def is_open() -> bool:
            with ExitStack() as attempt:
                response = attempt.enter_context(client.stream("GET", path))
                if response.status_code == 200:
                    stack.push(attempt.pop_all())
                return response.status_code == 200

        wait_until(is_open)
        yield


def test_one_request_waits_and_the_next_is_refused_before_its_task_is_accepted(place: Place) -> None:
    with place.client("patient") as client, ThreadPoolExecutor(max_workers=2) as threads:
        answers = list(threads.map(lambda _: client.post("/add?wait=2", json=ADD), range(2)))
        assert sorted(answer.status_code for answer in answers) == [202, 429]
        assert len(document(client.get("/tasks"))["items"]) == 1
        task = next(document(answer) for answer in answers if answer.status_code == 202)
        assert client.get(task["links"]["self"], params={"wait": 1}).status_code == 200
