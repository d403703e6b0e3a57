"""Typed calls run tasks, sync and async, and type checkers see their types."""

import asyncio
import datetime as dt
import inspect
import os
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from celeriac.client.client import AsyncClient, Client
from celeriac.client.errors import InvalidInput, TaskFailed, UnexpectedAnswer
from lab.harness.checkout import ROOT
from lab.harness.servers import API
from tests.command.generate.documents import Made, document
from tests.command.generate.modules import loaded, module_of
from tests.docs.blocks.block import all_blocks
from tests.tasks import types

PAGE = "docs/how-to/typed-calls.md"
USER = '''"""A program with typed calls, as a user writes it."""

import asyncio
import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import assert_type

from celeriac import AsyncClient, Client
from typed_calls import Address, Person, Point, Tasks

ADA = Person(name="Ada", born=dt.date(1815, 12, 10), address=Address(street="St James", since=dt.date(1835, 7, 8)))


def use(tasks: Tasks[Client]) -> None:
    assert_type(tasks.add(x=4, y=5), int)
    assert_type(tasks.add.options(delay=1).submit(x=4, y=5).result(), int)
    assert_type(tasks.give_back.submit(person=ADA).retry().wait().result(), Person)
    assert_type(tasks.results_of_many_types()[7], Point)
    assert_type(tasks.results_of_many_types()[3], Decimal)
    assert_type(tasks.thumbnail(image=Path("photo.png"), width=8), bytes)
    for outcome in tasks.add.map(tasks.add.input(x=number, y=1) for number in range(3)):
        assert_type(outcome.result(), int)


async def use_async(tasks: Tasks[AsyncClient]) -> None:
    assert_type(await tasks.add(x=4, y=5), int)
    task = await tasks.give_back.submit(person=ADA)
    assert_type(await task.result(), Person)
    async for outcome in tasks.add.map([tasks.add.input(x=1, y=1)]):
        assert_type(outcome.result(), int)


with Client() as client:
    use(Tasks(client))
asyncio.run(use_async(Tasks(AsyncClient())))
'''
WRONG = """from celeriac import Client
from typed_calls import Tasks

tasks = Tasks(Client())
tasks.add(x="4", y=5)
tasks.add(x=4)
tasks.add(x=4, y=5, z=6)
tasks.add.submit(x=4, z=5)
tasks.subtract(x=4, y=5)
tasks.add.options(dely=5)
text: str = tasks.add(x=4, y=5)
"""


@pytest.fixture(scope="module")
def text(api: API) -> str:
    """The module of the shared API."""
    with api.client() as client:
        return module_of(client.get("/openapi.json").json())


@pytest.fixture(scope="module")
def module(text: str, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The same, loaded."""
    return loaded(text, tmp_path_factory.mktemp("module"))


@pytest.fixture(scope="module")
def tasks(module: Any, api: API) -> Iterator[Any]:
    """Its calls, sync."""
    with Client(f"http://127.0.0.1:{api.port}") as client:
        yield module.Tasks(client)


@pytest.fixture(scope="module")
def checked(text: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the module and its users."""
    place = tmp_path_factory.mktemp("checked")
    for name, content in (("typed_calls", text), ("right", USER), ("wrong", WRONG)):
        (place / f"{name}.py").write_text(content)
    return place


def test_a_call_returns_the_result_in_its_type(tasks: Any, module: Any) -> None:
    assert tasks.add(x=4, y=10**30) == 4 + 10**30
    ada = module.Person(
        name="Ada",
        born=dt.date(1815, 12, 10),
        address=module.Address(street="St James", since=dt.date(1835, 7, 8)),
        photo=b"\x00\xff",
        tags={"poet"},
    )
    given_back = tasks.give_back(person=ada)
    assert given_back == ada.model_copy(update={"levels": {}})
    assert (given_back.born, given_back.photo) == (dt.date(1815, 12, 10), b"\x00\xff")


def test_every_type_of_a_result_arrives(tasks: Any, module: Any) -> None:
    day, moment, duration, amount, key, colour, numbers, point, span, person = tasks.results_of_many_types()
    expected = types.results_of_many_types()
    assert (day, moment, duration, amount, key) == expected[:5]
    assert (colour, numbers, span) == ("g", {7}, (1, 9))
    assert (point, type(amount)) == (module.Point(x=1.5, y=-2), Decimal)
    assert person.photo == b"\x00\xff"


def test_every_type_of_a_parameter_arrives(tasks: Any, module: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"\x01")
    ada = module.Person(name="Ada", born=dt.date.min, address=module.Address(street="", since=dt.date.max))
    given = {
        "number": 1, "ratio": 1.5, "flag": True, "text": "text", "nothing": None, "raw": tmp_path / "file",
        "day": dt.date.min, "moment": dt.datetime.now(dt.UTC), "clock": dt.time(12, 30), "duration": dt.timedelta(1),
        "amount": Decimal("0.10"), "key": "6f1e0c57-8a0d-4b7e-9c21-5d0b7e3f4a10", "path": "/", "colour": "r", "level": 1,
        "size": "small", "letter": "a", "person": ada, "point": module.Point(x=1, y=2), "span": (1, 2), "people": [ada],
        "pair": (1, dt.date.min), "unique": {dt.date.min}, "table": {"a": b"\x02"}, "many_bytes": [b"\x03"],
        "either": dt.date.max, "perhaps": b"\x04", "anything": {"a": [ada]},
    }  # fmt: skip
    kinds = tasks.types_of(**given)
    assert (kinds["raw"], kinds["amount"], kinds["duration"], kinds["either"]) == (
        "bytes",
        "Decimal",
        "timedelta",
        "date",
    )
    assert kinds["table"] == "dict(str: bytes)"
    assert kinds["people"].startswith("list(Person(date, Address(date), NoneType")


def test_the_api_applies_the_defaults_that_are_not_sent(tasks: Any, module: Any) -> None:
    expected = [
        "int 3",
        "date datetime.date(2026, 5, 1)",
        "Colour <Colour.RED: 'r'>",
        "bytes b'\\x00'",
        "NoneType None",
    ]
    assert tasks.with_defaults.input() == {}
    assert tasks.with_defaults() == expected
    assert tasks.with_defaults(day=module.DEFAULT, count=4)[:2] == ["int 4", expected[1]]


def test_a_submitted_task_has_the_type_of_its_result_also_after_a_retry(tasks: Any, module: Any) -> None:
    task = tasks.give_back.options(delay=0.1).submit(
        person=module.Person(
            name="Ada", born=dt.date.min, address=module.Address(street="", since=dt.date.max)
        )
    )
    assert task.state == "scheduled"
    assert isinstance(task.result(), module.Person)
    assert task.result() == task.retry().result()
    assert task.input()["person"] == {
        "name": "Ada",
        "born": "0001-01-01",
        "address": {"street": "", "since": "9999-12-31"},
    }


def test_a_map_gives_typed_outcomes(tasks: Any, module: Any) -> None:
    people = [
        module.Person(name=name, born=dt.date.min, address=module.Address(street="", since=dt.date.max))
        for name in "ab"
    ]
    outcomes = list(
        tasks.give_back.map((tasks.give_back.input(person=person) for person in people), at_once=2)
    )
    assert [outcome.result().name for outcome in outcomes] == ["a", "b"]
    (failed,) = tasks.fail.map([tasks.fail.input(message="no")])
    assert isinstance(failed.error, TaskFailed)
    with pytest.raises(TypeError, match="no option 'delay'"):
        list(tasks.add.options(delay=1).map([]))


def test_the_async_twin_does_the_same(module: Any, api: API) -> None:
    async def use() -> None:
        async with AsyncClient(f"http://127.0.0.1:{api.port}") as client:
            tasks = module.Tasks(client)
            assert await tasks.add(x=4, y=5) == 9
            task = await tasks.results_of_many_types.submit()
            assert (await task.result())[7] == module.Point(x=1.5, y=-2)
            inputs = [tasks.add.input(x=number, y=1) for number in range(3)]
            assert [outcome.value async for outcome in tasks.add.map(inputs)] == [1, 2, 3]

    asyncio.run(use())


def test_what_is_wrong_raises_before_or_as_the_api_says(tasks: Any) -> None:
    for parameters in ({"x": 4}, {"x": 4, "y": 5, "z": 6}):
        with pytest.raises(TypeError):
            tasks.add(**parameters)
    with pytest.raises(TypeError):
        tasks.add(4, 5)
    with pytest.raises(InvalidInput):
        tasks.add(x="4", y=5)


def test_a_result_of_another_type_says_that_the_definition_has_changed(api: API, tmp_path: Path) -> None:
    described = document(
        {
            "give_back_anything": Made(
                properties={"value": {}}, result={"type": "array", "items": {"type": "string"}}
            )
        }
    )
    with Client(f"http://127.0.0.1:{api.port}") as client:
        call = loaded(module_of(described), tmp_path).Tasks(client).give_back_anything
        assert call(value=["a"]) == ["a"]
        with pytest.raises(UnexpectedAnswer, match="celeriac generate"):
            call.submit(value=1).result()
        (outcome,) = call.map([call.input(value=1)])
        assert isinstance(outcome.error, UnexpectedAnswer)


def test_help_shows_the_parameters_and_the_docstring(tasks: Any, module: Any) -> None:
    for call, first in ((tasks.add, ""), (module.Tasks.add, "self, ")):
        assert str(inspect.signature(call)) == f"({first}*, x: int, y: int) -> int"
        assert inspect.getdoc(call) == "Add two integers, exactly, however large."
    assert repr(tasks.add) == f"<Call 'add' of {tasks.add._client!r}>"


def test_the_programs_of_the_page_run(
    module: Any, api: API, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CELERIAC_URL", f"http://127.0.0.1:{api.port}")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "shop_client", module)
    blocks = [
        block.text for block in all_blocks() if block.page == PAGE and "shop_client import" in block.text
    ]
    for block in blocks:
        exec(compile(block, PAGE, "exec"), {"__name__": "page"})  # noqa: S102 - readers will run it, too
    assert len(blocks) == 2
    assert capsys.readouterr().out.split() == "9 168 997 1 2 3 9".split()


def test_mypy_sees_the_types(checked: Path) -> None:
    options = [
        "--strict",
        "--config-file=",
        f"--cache-dir={checked}/cache",
        "--no-error-summary",
        "--no-pretty",
    ]
    found = run([sys.executable, "-m", "mypy", *options, "typed_calls.py", "right.py", "wrong.py"], checked)
    assert lines_of(found, ".py:") == [f"wrong.py:{line}" for line in range(5, 12)], found


def test_pyright_sees_the_types(checked: Path) -> None:
    (checked / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    command = [sys.executable, "-m", "basedpyright", "--level", "error", f"--pythonpath={sys.executable}"]
    found = run([*command, "typed_calls.py", "right.py", "wrong.py"], checked)
    assert lines_of(found.replace(f"{checked}/", ""), ".py:") == [
        f"wrong.py:{line}" for line in range(5, 12)
    ], found


def test_ruff_has_nothing_to_say(checked: Path) -> None:
    ruff = [sys.executable, "-m", "ruff"]
    # How many parameters a task has is not the module's choice.
    ours = ["--config", str(ROOT / "pyproject.toml"), "--ignore", "PLR0913"]
    for options in (["check", "--isolated"], ["check", *ours], ["format", "--check", "--isolated"]):
        run([*ruff, *options, "typed_calls.py"], checked, must_succeed=True)


def run(command: list[str], directory: Path, *, must_succeed: bool = False) -> str:
    """What it prints; it finds `celeriac` in this checkout."""
    environment = {**os.environ, "MYPYPATH": str(ROOT), "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        command, cwd=directory, env=environment, capture_output=True, text=True, check=False
    )
    assert not must_succeed or ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout + ended.stderr


def lines_of(found: str, mark: str) -> list[str]:
    """The places of the errors in it, each once."""
    places = [line.strip().split(":") for line in found.splitlines() if mark in line and "error" in line]
    return sorted(
        {f"{place[0]}:{place[1]}" for place in places},
        key=lambda place: (place.split(":")[0], int(place.split(":")[1])),
    )
