"""Words of a command line become exactly the input that a definition's schema describes."""

import base64
import io
import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from celeriac.command.tasks.input.assignments import input_of
from celeriac.command.tasks.input.errors import InputError
from celeriac.command.tasks.input.example import words_of
from celeriac.command.tasks.input.files import LARGEST, Files
from celeriac.command.tasks.input.json_text import json_value
from celeriac.contract.catalog import Catalog, catalog_of, load_implementations
from celeriac.values.json.shape import Shape
from lab.harness.servers import ALL_TASKS

Schema = dict[str, Any]

texts = st.text(st.characters(exclude_categories=["Cs"]))
names = st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=8)
dates = st.dates().map(str)
DECIMAL: Schema = {
    "anyOf": [{"type": "number", "format": "decimal"}, {"type": "string", "format": "decimal"}]
}
MOMENT: Schema = {"type": "string", "format": "date"}
# Each with its schema.
scalars = st.one_of(
    st.tuples(st.just({"type": "integer"}), st.integers()),
    st.tuples(st.just({"type": "number"}), st.integers() | st.floats(allow_nan=False, allow_infinity=False)),
    st.tuples(st.just({"type": "boolean"}), st.booleans()),
    st.tuples(st.just({"type": "null"}), st.none()),
    st.tuples(st.just({"type": "string"}), texts),
    st.tuples(st.just(DECIMAL), st.decimals(allow_nan=False, allow_infinity=False, places=3).map(str)),
    st.tuples(st.just(MOMENT), dates),
    st.tuples(
        st.just({"enum": ["1", 1, 0.5, False, "null", None]}),
        st.sampled_from(["1", 1, 0.5, False, "null", None]),
    ),
    st.tuples(
        st.just({"anyOf": [{"type": "integer"}, MOMENT, {"type": "null"}]}), st.none() | st.integers() | dates
    ),
    st.tuples(st.just({"anyOf": [{"type": "string"}, {"type": "null"}]}), st.none() | texts),
    st.tuples(st.just({}), st.recursive(st.none() | st.booleans() | st.integers() | texts, st.lists)),
)


@st.composite
def objects(draw: st.DrawFn, values: st.SearchStrategy[tuple[Schema, Any]]) -> tuple[Schema, dict[str, Any]]:
    """An object's schema, and a value of it with some of the members."""
    members = draw(st.dictionaries(names, values, min_size=1, max_size=4))
    some = draw(st.sets(st.sampled_from(sorted(members)), min_size=1))
    schema = {"type": "object", "additionalProperties": False}
    schema["properties"] = {name: member for name, (member, _) in members.items()}
    return schema, {name: members[name][1] for name in some}


@st.composite
def arrays(draw: st.DrawFn, values: st.SearchStrategy[tuple[Schema, Any]]) -> tuple[Schema, list[Any]]:
    """An array's schema, and a value of it."""
    schema, value = draw(values)
    return {"type": "array", "items": schema}, [value] * draw(st.integers(0, 3))


inputs = objects(st.recursive(scalars, lambda values: objects(values) | arrays(values), max_leaves=6))


@given(inputs)
def test_every_input_can_be_written_as_words_and_is_read_exactly(pair: tuple[Schema, dict[str, Any]]) -> None:
    schema, value = pair
    words = words_of(value, Shape.of(schema))
    assert exactly(read(words, schema)) == exactly(value)


@settings(max_examples=50)
@given(inputs)
def test_members_and_items_can_be_given_one_by_one(pair: tuple[Schema, dict[str, Any]]) -> None:
    schema, value = pair
    words = [word for name, part in value.items() for word in parts(name, part, schema["properties"][name])]
    assert exactly(read(words, schema)) == exactly(value)


@given(st.lists(st.text(max_size=30) | st.builds("{}={}".format, names, st.text()), max_size=5), inputs)
@example(["a=\ud800"], ({"properties": {"a": {"type": "string"}}}, {}))
@example(["a=[" + "[" * 100_000], ({"properties": {"a": {"type": "array"}}}, {}))
@example(["a" + ".a" * 40_000 + "=1"], ({}, {}))
@example(["a.99999999999=1"], ({"properties": {"a": {"type": "array"}}}, {}))
@example(["a=" + "9" * 5_000], ({"properties": {"a": {"type": "integer"}}}, {}))
def test_any_words_become_json_or_are_refused_with_a_sentence(
    words: list[str], pair: tuple[Schema, dict[str, Any]]
) -> None:
    try:
        json.dumps(read([word for word in words if "@" not in word], pair[0]), allow_nan=False).encode()
    except InputError as error:
        refusal = error
    else:
        return
    assert refusal.advice
    assert len(str(refusal)) < 10_000


@given(
    st.recursive(
        st.just({"$ref": "#/a"}) | st.just({"$ref": "#"}) | st.just({"type": "integer"}),
        lambda x: st.fixed_dictionaries({"anyOf": st.lists(x, max_size=3)}),
    )
)
def test_a_schema_that_refers_to_itself_ends(schema: Schema) -> None:
    assert len(Shape.of({"a": schema, "anyOf": [schema, schema]}).leaves) <= 200


@given(texts, st.sampled_from(["4", "true", "null", "{}", "[1]", '"x"', "", "@@"]))
def test_text_stays_text_and_two_at_signs_are_one(text: str, start: str) -> None:
    schema = {"properties": {"text": {"type": "string"}}}
    sent = f"{start}{text}"
    assume(start or not text.startswith("@"))
    assert read([f"text={sent}"], schema) == {"text": sent.removeprefix("@") if start == "@@" else sent}


def test_integers_are_exact_up_to_the_digits_that_the_api_accepts() -> None:
    largest = "9" * 4_300
    assert read([f"x=-{largest}"], {"properties": {"x": {"type": "integer"}}}) == {"x": -int(largest)}


@given(st.binary())
def test_a_file_is_sent_as_base64_text_or_json_by_the_type_of_its_parameter(content: bytes) -> None:
    schema = {"properties": {"data": {"type": "string", "contentEncoding": "base64"}}}
    assert input_of(["data=@-"], schema, task="t", files=Files(io.BytesIO(content))) == {
        "data": base64.b64encode(content).decode()
    }
    try:
        text = content.decode()
    except UnicodeDecodeError:
        with pytest.raises(InputError, match="UTF-8"):
            input_of(["data=@-"], {}, task="t", files=Files(io.BytesIO(content)))
    else:
        schema = {"properties": {"data": {"type": "string"}}}
        assert input_of(["data=@-"], schema, task="t", files=Files(io.BytesIO(content))) == {
            "data": text.removeprefix("\ufeff")
        }


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("add x=4.0", "x is an integer (given: '4.0'). Try: x=4"),
        ("add z=4", "add has no parameter 'z'. Try: It has: x, y."),
        ("add x=4 x=5", "x is given 2 times, and is an integer. Try: Give one value."),
        ("add x.a=4", "x is an integer, and has no member 'a'. Try: x=4"),
        ("add x", "'x' is not a parameter. Try: KEY=VALUE, as in x=4"),
        ("add --x=4", "There is no option --x. Try: To give the parameter x, write x=…"),
        ("add x:=1e999", "x is not valid JSON: the number 1e999 is too large for a double-precision float."),
        ('add x:={"a":1,"a":2}', "x is not valid JSON: the name 'a' appears twice in one object."),
        (
            "thumbnail image=photo.jpg",
            "image is bytes, and 'photo.jpg' is not base64. Try: image=@photo.jpg",
        ),
        ("thumbnail image=@nowhere.jpg", "The file 'nowhere.jpg' cannot be read: No such file or directory."),
        (
            "thumbnail imgae=@x",
            "thumbnail has no parameter 'imgae'. Try: Did you mean image? It has: image, width.",
        ),
        ("types_of letter=c", "letter is one of a|b (given: 'c'). Try: letter=a"),
        ("types_of flag=yes", "flag is true or false (given: 'yes'). Try: flag=true"),
        ("types_of day=", "day is a date (given: ''). Try: day=2026-05-01"),
        (
            "types_of people.1.name=Ada",
            "people.1 is not the next item of people, which is a list of objects.",
        ),
        ("types_of person.nmae=Ada", "person has no member 'nmae'. Try: Did you mean name?"),
        ("types_of person={} person.name=Ada", "person is given as a whole, and in parts."),
        ("word_count text=@- text=@-", "Standard input is named twice."),
    ],
)
def test_a_refusal_names_the_parameter_its_type_and_an_example(
    catalog: Catalog, words: str, sentence: str
) -> None:
    name, *assignments = words.split()
    with pytest.raises(InputError) as refusal:
        input_of(assignments, catalog[name].input_schema, task=name, files=Files(io.BytesIO()))
    assert str(refusal.value).startswith(sentence)


def test_more_than_the_limit_is_refused_before_it_is_read() -> None:
    endless = Path("/dev/zero")
    if not endless.exists():
        pytest.skip("no endless file here")
    with pytest.raises(InputError, match=rf"larger than {LARGEST // 1024**2} MiB"):
        input_of([f"data=@{endless}"], {}, task="t")


def test_ten_times_the_words_take_about_ten_times_as_long() -> None:
    schema = {"properties": {"many": {"type": "array", "items": {"type": "integer"}}}}

    def seconds(count: int) -> float:
        start = time.process_time()
        read([f"many.{number}=1" for number in range(count)], schema)
        return time.process_time() - start

    seconds(1_000)
    assert seconds(20_000) < 40 * max(seconds(2_000), 0.005)


@pytest.mark.parametrize(
    "text", ["NaN", "[1,]", "'x'", "", '"\\ud800"', "1" * 5_000, "[" * 100_000, '{"a":1,"a":2}', "1e999"]
)
def test_json_is_strict(text: str) -> None:
    with pytest.raises(InputError, match="--json"):
        json_value(text, "--json")


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    """All definitions of the tests."""
    return catalog_of(load_implementations(ALL_TASKS))


def read(words: list[str], schema: Schema) -> dict[str, Any]:
    """The input that these words give."""
    return input_of(words, schema, task="t", files=Files(io.BytesIO()))


def exactly(value: Any) -> str:
    """A form in which 1, 1.0 and true differ."""
    return json.dumps(value, sort_keys=True)


def parts(name: str, value: Any, schema: Schema) -> list[str]:
    """Words that give each member and each item as JSON."""
    match value:
        case dict() if value and schema:
            members = schema["properties"]
            return [
                word
                for member, part in value.items()
                for word in parts(f"{name}.{member}", part, members[member])
            ]
        case list() if value and schema:
            items = schema["items"]
            return [
                word for place, part in enumerate(value) for word in parts(f"{name}.{place}", part, items)
            ]
        case _:
            return [f"{name}:={json.dumps(value)}"]
