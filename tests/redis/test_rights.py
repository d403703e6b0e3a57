"""The documented Redis rights suffice, and /readyz names missing ones."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from redis import Redis

from celeriac.stack.valkey import Valkey
from lab.harness.checkout import ROOT
from lab.harness.servers import running_api
from lab.harness.waiting import wait_until
from tests.support.door import document, problem_of, submit

# Of deploy/redis.acl, which tests/redis/test_hardened.py uses as it is; here with the queues of any task.
DOCUMENTED = re.search(
    r"^user celeriac-api on >API-PASSWORD (.*)$", (ROOT / "deploy/redis.acl").read_text(), re.MULTILINE
)
RIGHTS = DOCUMENTED[1].replace("~default* ", "~* ").split() if DOCUMENTED else []
# One of two ways to run scripts is enough, and the rest is for other databases and durabilities.
NOT_ASKED_FOR = "+evalsha +eval +fcall +function|load +select +wait +waitaof".split()
ADD = {"x": 4, "y": 5}


@pytest.fixture(scope="module")
def redis(directory: Path) -> Iterator[Redis]:
    """A Valkey of these tests' own, which has the user."""
    with Valkey(directory / "rights") as server, Redis.from_url(server.url) as client:
        client.execute_command("ACL", "SETUSER", "celeriac", "on", ">secret", *RIGHTS)
        yield client


@pytest.fixture(scope="module")
def url(redis: Redis) -> str:
    """As that user."""
    return f"redis://celeriac:secret@127.0.0.1:{redis.connection_pool.connection_kwargs['port']}/1"


@pytest.fixture(scope="module")
def door(url: str, directory: Path) -> Iterator[httpx.Client]:
    """An API that comes as that user."""
    with running_api(directory, redis_url=url) as api, api.client() as client:
        yield client


def test_readyz_names_each_right_that_is_missing(door: httpx.Client, redis: Redis) -> None:
    for right in RIGHTS:
        if right.startswith("+") and right not in NOT_ASKED_FOR:
            without(redis, "-" + right[1:])
            # A busy machine may not have the answer in time, and say that instead.
            named = re.compile(rf"{re.escape(right)}\b")
            wait_until(lambda: is_named(door, named), what=right)  # noqa: B023 - it is called here
    without(redis)
    wait_until(lambda: door.get("/readyz").status_code == 200)


@pytest.mark.parametrize(
    ("rights", "named"),
    [
        (["-hset", "-xadd", "-publish"], ["+hset", "+xadd", "+publish"]),
        (["resetchannels"], ["&celery-task-meta-*", "&celeriac:watch"]),
        (["resetchannels", "&celeriac:*"], ["&celery-task-meta-*", "+publish on &/1.celery.pidbox and &cel"]),
        (["resetkeys", "~celeriac:*", "~default*"], ["~celery-task-meta-*", "~unacked", "~unserved*"]),
        (["resetkeys", "~default*"], ["~celeriac:*", "~celery-task-meta-*"]),
        (["-@scripting"], ["+evalsha", "+fcall"]),
    ],
)
def test_all_that_are_missing_are_named_at_once(
    door: httpx.Client, redis: Redis, rights: list[str], named: list[str]
) -> None:
    without(redis, *rights)
    problem = wait_until(lambda: refused(door))
    without(redis)
    for right in named:
        assert right in document(problem)["detail"]
    wait_until(lambda: door.get("/readyz").status_code == 200)


def test_without_channels_a_wait_says_why_it_is_refused(door: httpx.Client, redis: Redis) -> None:
    without(redis, "resetchannels")
    waited = wait_until(lambda: wait_refused(door))
    without(redis)
    assert document(waited)["detail"].startswith("Redis denies its user a right")
    wait_until(lambda: door.get("/readyz").status_code == 200)


def test_without_info_everything_works_and_readyz_says_what_is_not_known(
    door: httpx.Client, redis: Redis, url: str, directory: Path
) -> None:
    without(redis, "-info")
    with (
        running_api(directory, redis_url=url, allow_unsafe_redis=True) as trusting,
        trusting.client() as client,
    ):
        unknown = door.get("/readyz")
        assert client.get("/readyz").status_code == 200
        assert submit(client, "add", **ADD)["state"] == "queued"
    without(redis)
    assert problem_of(unknown) == (503, "redis-unsafe")
    assert "grant +info" in document(unknown)["detail"]


def is_named(door: httpx.Client, right: re.Pattern[str]) -> bool:
    """Whether /readyz is 503 and names this right."""
    problem = door.get("/readyz")
    return problem.status_code == 503 and bool(right.search(document(problem)["detail"]))


def without(redis: Redis, *rights: str) -> None:
    """The user has all rights, but for these changes."""
    redis.execute_command(
        "ACL", "SETUSER", "celeriac", "-@all", "resetkeys", "resetchannels", *RIGHTS, *rights
    )


def refused(door: httpx.Client) -> httpx.Response | None:
    """What /readyz says, if it is of a refusal."""
    response = door.get("/readyz")
    return response if problem_of(response) == (503, "redis-refuses") else None


def wait_refused(door: httpx.Client) -> httpx.Response | None:
    """The answer to a wait, if it is of a refusal."""
    task = submit(door, "unserved")
    response = door.get(task["links"]["self"], params={"wait": 3})
    return response if response.status_code == 503 and problem_of(response)[1] == "redis-refuses" else None
