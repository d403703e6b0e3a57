"""What the door accepts by the JSON Schema, the worker accepts by the model.

docs/how-to/tasks.md lists what differs.
"""

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from celeriac.contract.signature import is_checked_by_worker
from tests.contract.door.judges import door_accepts, model_of, schema_of, worker_accepts
from tests.contract.door.types import TYPES, VALUES

# The door refuses what the worker would accept: a `\d` of JSON Schema is one of ten digits.
REFUSED_BY_THE_DOOR = {("str of digits", '"\\u0661"')}
LEAVES = [value for value in VALUES if value != "1e400" and len(value) < 100]
SEED = 16


def body(value: str) -> bytes:
    """An input with this JSON text as its one parameter."""
    return b'{"v":%b}' % value.encode()


@pytest.mark.parametrize("name", TYPES)
def test_the_door_and_the_worker_accept_the_same(name: str) -> None:
    texts = (json.dumps(TYPES[name][1]), *VALUES)
    differences = {
        (name, text) for text in texts if door_accepts(name, body(text)) != worker_accepts(name, body(text))
    }
    assert differences == {difference for difference in REFUSED_BY_THE_DOOR if difference[0] == name}
    assert door_accepts(name, body(texts[0]))


@pytest.mark.parametrize("name", TYPES)
def test_one_wrong_part_of_a_valid_value_is_judged_alike(name: str) -> None:
    chance = random.Random(SEED)  # noqa: S311 - the same in each run
    valid = TYPES[name][1]
    for _ in range(60):
        text = json.dumps(changed(valid, chance))
        if (name, text) not in REFUSED_BY_THE_DOOR:
            assert door_accepts(name, body(text)) == worker_accepts(name, body(text)), text


@settings(
    derandomize=True, max_examples=300, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
@given(
    st.sampled_from(sorted(TYPES)),
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
        max_leaves=8,
    ),
)
def test_made_up_values_are_judged_alike(name: str, value: Any) -> None:
    raw = body(json.dumps(value))
    assert door_accepts(name, raw) == worker_accepts(name, raw)


@pytest.mark.parametrize("name", TYPES)
def test_the_schema_alone_is_enough(name: str) -> None:
    schema_of(name).require_usable()
    assert not is_checked_by_worker(model_of(name))


def changed(value: Any, chance: random.Random) -> Any:
    """The same with another value in one place."""
    places = list(_places(value))
    path = chance.choice(places)
    return _with(value, path, json.loads(chance.choice(LEAVES)))


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(value, dict | list):
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _places(part, (*path, key))


def _with(value: Any, path: tuple[Any, ...], part: Any) -> Any:
    if not path:
        return part
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = _with(value[path[0]], path[1:], part)
    return copy
