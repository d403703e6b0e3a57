"""Scripts run as Redis functions, or as scripts where functions are unavailable."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis import Redis
from redis.exceptions import NoPermissionError, NoScriptError, OutOfMemoryError, ResponseError

from celeriac.ledger.store import scripts
from celeriac.ledger.store.connection import Unavailable
from celeriac.ledger.store.functions import Way
from celeriac.ledger.store.scripts import END, Script
from celeriac.stack.valkey import Valkey
from lab.harness.servers import running_api, running_worker
from tests.support.door import document, ended, run

READY, LOAD, CALL, SHA, TEXT = "FCALL ready", "FUNCTION LOAD", "FCALL end_task", "EVALSHA", "EVAL"
UNKNOWN = ResponseError("Function not found")
NONE = ResponseError("unknown command 'FCALL', with args beginning with: ")
DENIED = NoPermissionError("this user has no permissions to run the 'fcall' command")
STEPS = [step for step in vars(scripts).values() if isinstance(step, Script)]


def caused(error: Exception) -> Exception:
    """As the API's connection has it."""
    refused = Unavailable("refused")
    refused.__cause__ = error
    return refused


@pytest.fixture(scope="module")
def restricted(directory: Path) -> Iterator[tuple[Redis, str]]:
    """A Valkey of these tests' own, and a URL of a user who may not use functions."""
    with Valkey(directory / "restricted") as server, Redis.from_url(server.url) as client:
        client.execute_command(
            "ACL SETUSER", "plain", "on", ">word", "~*", "&*", "+@all", "-fcall", "-function"
        )
        yield client, server.url.replace("://", "://plain:word@")


def test_a_server_that_has_functions_is_sent_no_scripts(client: httpx.Client, redis: Redis) -> None:
    run(client, "add", x=4, y=5)
    assert len(redis.function_list("celeriac_*")) == 1
    before = calls(redis)
    run(client, "flaky", failures=1)
    after = calls(redis)
    assert after["fcall"] >= before["fcall"] + 5
    assert after["evalsha"] == before["evalsha"]


def test_where_functions_are_denied_everything_works_with_scripts(
    restricted: tuple[Redis, str], directory: Path
) -> None:
    redis, url = restricted
    with (
        running_worker(directory, redis_url=url),
        running_api(directory, redis_url=url) as api,
        api.client() as client,
    ):
        task = run(client, "flaky", failures=1)
        delayed = document(client.post("/add?delay=0.1", json={"x": 4, "y": 5}))
        assert ended(client, delayed)["result"] == 9
        assert ended(client, document(client.post(task["links"]["retry"])))["result"] == task["result"]
        assert document(client.get("/tasks"))["items"]
        assert document(client.get("/queues"))["items"]
    assert not redis.function_list()
    assert calls(redis)["evalsha"] > 0


def test_every_step_is_a_script_that_redis_can_load(redis: Redis) -> None:
    assert [redis.script_load(step.text) for step in STEPS] == [step.sha for step in STEPS]


@pytest.mark.parametrize(
    ("answers", "commands"),
    [
        ([b"1", b"ended"], [READY, CALL]),
        ([UNKNOWN, b"library", b"1", b"ended"], [READY, LOAD, READY, CALL]),
        (
            [UNKNOWN, ResponseError("Library 'x' already exists"), b"1", b"ended"],
            [READY, LOAD, READY, CALL],
        ),
        ([NONE, b"ended"], [READY, SHA]),
        ([NONE, NoScriptError(), b"ended"], [READY, SHA, TEXT]),
        ([DENIED, b"ended"], [READY, SHA]),
        ([UNKNOWN, DENIED, UNKNOWN, b"ended"], [READY, LOAD, READY, SHA]),
        ([UNKNOWN, OutOfMemoryError(), UNKNOWN, b"ended"], [READY, LOAD, READY, SHA]),
        ([caused(NoPermissionError()), b"ended"], [READY, SHA]),
    ],
)
def test_the_way_to_an_answer(answers: list[Any], commands: list[str]) -> None:
    assert sent(Way(), answers) == commands


def test_a_server_that_has_forgotten_them_or_is_another_one_is_asked_again() -> None:
    way = Way()
    assert sent(way, [b"1", b"ended"]) == [READY, CALL]
    assert sent(way, [UNKNOWN, UNKNOWN, b"library", b"1", b"ended"]) == [CALL, READY, LOAD, READY, CALL]
    assert sent(way, [NONE, NONE, b"ended"]) == [CALL, READY, SHA]
    assert sent(way, [b"ended"]) == [SHA]


def test_where_they_cannot_be_loaded_for_now_that_is_tried_again() -> None:
    way = Way()
    assert sent(way, [UNKNOWN, OutOfMemoryError(), UNKNOWN, b"ended"]) == [READY, LOAD, READY, SHA]
    assert sent(way, [UNKNOWN, b"library", b"1", b"ended"]) == [READY, LOAD, READY, CALL]


def sent(way: Way, answers: list[Any]) -> list[str]:
    """The commands to which these are the answers, the last one the script's."""
    steps = way.run(END, ("id",))
    command, names = next(steps), []
    for answer in answers:
        names.append(_name(*command[:2]))
        try:
            command = steps.send(answer)
        except StopIteration as end:
            assert end.value is answer is answers[-1]  # noqa: PT017 - it ends so
    return names


def _name(verb: str, what: str) -> str:
    """The constants above."""
    match verb:
        case "FCALL":
            return f"{verb} {what.split('_', 2)[2]}"
        case "FUNCTION":
            return f"{verb} {what}"
        case _:
            return verb


def calls(redis: Redis) -> dict[str, int]:
    """How often the server was sent functions and scripts."""
    statistics: Any = redis.info("commandstats")
    return {name: statistics.get(f"cmdstat_{name}", {}).get("calls", 0) for name in ("fcall", "evalsha")}
