"""Tasks that are hard to describe: each has a definition, or a sentence."""

import functools
import json
import operator
from collections.abc import Callable
from typing import Annotated, Any, ForwardRef

import pytest
import wrapt
from celery import Celery, Task
from pydantic import BaseModel, Field

from celeriac.contract.definition import Definition
from celeriac_worker.existing_app.definitions.catalog import catalog_of
from celeriac_worker.existing_app.definitions.definition import LONGEST_DESCRIPTION, LONGEST_SUMMARY
from tests.existing_app.definitions.shop import NOWHERE


class Deep(BaseModel):
    """A model that contains itself in every way."""

    own: "Deep | None" = None
    many: list["Deep"] = []
    named: dict[str, "Deep"] = {}


class Exploding:
    """A class that no schema can be made of."""

    @classmethod
    def __get_pydantic_core_schema__(cls, *_: Any) -> Any:
        raise RuntimeError("boom")


class ExplodingHint:
    """A hint whose text cannot even be shown."""

    def __repr__(self) -> str:
        raise RuntimeError("boom")


class Unequal:
    """A default that cannot be compared, shown or copied."""

    def __eq__(self, _: object) -> bool:
        raise RuntimeError("boom")

    def __hash__(self) -> int:
        raise RuntimeError("boom")

    def __bool__(self) -> bool:
        raise RuntimeError("boom")

    def __deepcopy__(self, _: object) -> Any:
        raise RuntimeError("boom")

    __copy__ = __deepcopy__


class Raw(Task):
    """A task whose `run` is whatever the subclass has."""

    abstract = True
    typing = False


@wrapt.decorator
def wrapped(function: Callable[..., Any], _: Any, args: Any, kwargs: Any) -> Any:
    """As many libraries wrap functions."""
    return function(*args, **kwargs)


def numbered(count: int) -> Callable[..., Any]:
    """A function of so many parameters."""
    names = ", ".join(f"p{number}: int = {number}" for number in range(count))
    scope: dict[str, Any] = {}
    exec(f"def many({names}): ...", scope)  # noqa: S102 - nobody writes this by hand
    function: Callable[..., Any] = scope["many"]
    return function


def _explode(_: Any) -> Any:
    raise RuntimeError("boom")


def plain(a: int, b: str = "x") -> int:
    """Do it."""
    return a


def described(run: Any = None, **options: Any) -> Definition:
    """The definition of a task with this function, as JSON has it, in an app with another task."""
    app = Celery("hostile", broker=NOWHERE, set_as_current=False)
    app.task(name="plain", shared=False)(plain)
    if isinstance(run, type):
        app.register_task(run())
    else:
        app.task(name="hostile", shared=False, **options)(run)
    hostile, other = catalog_of(app).definitions
    assert other.refusal is None
    assert other.template is not None
    text = json.dumps(hostile.to_json(), allow_nan=False)
    text.encode()
    return Definition.from_json(json.loads(text))


def raw(run: Any) -> type[Task]:
    """A class of tasks with this as its `run`."""
    return type("Hostile", (Raw,), {"name": "hostile", "run": run})


def test_two_hundred_parameters() -> None:
    schema = described(numbered(200)).input_schema
    assert len(schema["properties"]) == 200
    assert schema["properties"]["p199"] == {"default": 199, "title": "P199", "type": "integer"}


def test_a_model_that_contains_itself() -> None:
    def run(deep: Deep, more: list[Deep]) -> Deep:
        return deep

    definition = described(run)
    assert definition.input_schema["$defs"].keys() == {"Deep"}
    assert definition.refusal is None


def test_a_huge_docstring_is_cut() -> None:
    def run() -> None: ...

    run.__doc__ = "word " * 300_000
    definition = described(run)
    assert (len(definition.description), len(definition.summary)) == (LONGEST_DESCRIPTION, LONGEST_SUMMARY)


def test_a_huge_default_is_not_shown() -> None:
    def run(text: str = "x" * 1_000_000, raw: bytes = b"x" * 1_000_000, lone: str = "\ud800") -> None: ...

    members = described(run).input_schema["properties"]
    assert members["text"] == {"title": "Text", "type": "string"}
    assert "default" not in members["raw"]
    assert members["lone"] == {"title": "Lone", "type": "string"}


@pytest.mark.parametrize(
    "run",
    [
        staticmethod(functools.partial(plain, b="y")),
        staticmethod(wrapped(plain)),
        staticmethod(functools.lru_cache(plain)),
    ],
    ids=["a partial", "wrapt", "a cache"],
)
def test_a_wrapped_function_has_its_parameters(run: Any) -> None:
    schema = described(raw(run)).input_schema
    assert schema["properties"]["a"] == {"title": "A", "type": "integer"}
    assert schema["required"] == ["a"]


def test_a_function_decorated_by_wrapt_in_a_task() -> None:
    assert described(wrapped(plain), bind=False).input_schema["properties"].keys() == {"a", "b"}


@pytest.mark.parametrize(
    "run",
    [staticmethod(operator.itemgetter), staticmethod(dict), staticmethod(print)],
    ids=["itemgetter", "dict", "print"],
)
def test_what_is_written_in_c_takes_any_members(run: Any) -> None:
    definition = described(raw(run))
    assert definition.refusal is None
    assert definition.input_schema["type"] == "object"


def test_a_task_without_run_is_refused_with_a_sentence() -> None:
    definition = described(type("Hostile", (Raw,), {"name": "hostile"}))
    assert definition.refusal == "The task has no method 'run', so nothing can be run."
    assert described(raw(5)).refusal is not None
    assert "RuntimeError: boom" in str(described(raw(property(_explode))).refusal)


HINTS: dict[str, Any] = {
    "a number": 5,
    "a dict": {"a": 1},
    "a lambda": lambda: 1,
    "a module": json,
    "an exploding class": Exploding,
    "an exploding text": ExplodingHint(),
    "a forward reference": ForwardRef("Nothing"),
    "half a generic": list["Nothing"],  # type: ignore[name-defined]  # noqa: F821 - on purpose
    "a constraint that does not fit": Annotated[int, Field(max_length=3)],
    "a pattern of Python's": Annotated[str, Field(pattern="(?P<n>a)(?=b)")],
    "an endless text": "x" * 100_000,
    "code": "__import__('os').getpid()",
}


@pytest.mark.parametrize("hint", HINTS.values(), ids=HINTS)
def test_a_hint_that_is_no_type_is_any_json(hint: Any) -> None:
    def run(good: int, bad=None) -> Any: ...  # type: ignore[no-untyped-def]  # what it has comes below

    run.__annotations__ |= {"bad": hint, "return": hint}
    definition = described(run)
    members = definition.input_schema["properties"]
    assert members["good"] == {"title": "Good", "type": "integer"}
    assert members["bad"].get("type") is None
    assert len(json.dumps(members["bad"])) < 1_000
    assert definition.refusal is None


def test_a_default_that_cannot_be_looked_at() -> None:
    default: Any = Unequal()

    def run(x: Any = default, y: int = default) -> None: ...

    definition = described(run)
    assert definition.input_schema["properties"] == {
        "x": {"title": "X"},
        "y": {"title": "Y", "type": "integer"},
    }
    assert "required" not in definition.input_schema


def test_names_of_parameters_that_mean_something_to_pydantic() -> None:
    def run(self: int, model_fields: int, json: int, schema: int, cls: int, __x: int, größe: int) -> None: ...  # noqa: PLC2401 - what a task may have

    names = {"self", "model_fields", "json", "schema", "cls", "__x", "größe"}
    assert described(run).input_schema["properties"].keys() == names
    assert set(described(run).required) == names


def test_options_of_the_wrong_kind_refuse_that_task_alone() -> None:
    assert "cannot be described" in str(described(plain, time_limit="soon").refusal)
    assert "cannot be described" in str(described(plain, autoretry_for=("OSError",)).refusal)


def test_a_task_whose_apply_async_fails_is_made_by_a_worker() -> None:
    class Hostile(Raw):
        name = "hostile"

        def run(self, x: int) -> None: ...

        def apply_async(self, *_: Any, **__: Any) -> Any:
            raise RuntimeError("boom")

    definition = described(Hostile)
    assert (definition.template, definition.refusal) == (None, None)


def test_two_apps_with_one_task_have_a_definition_each() -> None:
    apps = [Celery(name, broker=NOWHERE, set_as_current=False) for name in ("one", "two")]
    for app in apps:
        app.task(name="same", shared=False)(plain)
    first, second = (catalog_of(app).definitions[0] for app in apps)
    assert (first.app, second.app) == ("one", "two")
    assert first.name == second.name == "same"
