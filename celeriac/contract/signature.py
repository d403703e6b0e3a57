"""Turns a function's type hints into the types of its input and output."""

import functools
import inspect
import operator
import types
import typing
import warnings
from collections import abc
from collections.abc import Callable, Collection, Iterator
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    create_model,
)
from pydantic.errors import PydanticUserError
from pydantic_core import SchemaError

from celeriac.contract.json_schema.exact import exact_validator
from celeriac.contract.json_schema.generator import SchemaGenerator
from celeriac.contract.json_schema.own_validators import has_own_validators
from celeriac.files.base64_bytes import Base64Bytes
from celeriac.files.form import encoded
from celeriac.values.kinds import Kind, kind_of

INPUT_CONFIG = ConfigDict(extra="forbid", allow_inf_nan=False, protected_namespaces=())
# Keeps NaN and Infinity visible while a result is turned into JSON; pydantic's default makes them null in silence.
OUTPUT_CONFIG = ConfigDict(ser_json_inf_nan="constants")
# What an `async def` with `yield` returns.
ASYNC_ITERATORS = (abc.AsyncIterator, abc.AsyncIterable, abc.AsyncGenerator)
# JSON Schema Validation 2020-12 §9.4: it is sent, and never told again.
WRITE_ONLY = Field(json_schema_extra={"writeOnly": True})


class ContractError(Exception):
    """A declaration of a task is not valid. The text describes the mistake, and what to do."""


def check_kind(function: Callable[..., Any]) -> None:
    """`ContractError` if no worker can call this as a task."""
    if not inspect.isfunction(function):
        raise ContractError(
            f"@task is applied to {function!r}, which is not a plain function: declare a `def` at the top of a module."
        )
    if inspect.isgeneratorfunction(function):
        raise ContractError(
            f"Task {function.__name__!r} is a generator: write `async def` to send what it yields to clients while it runs, or "
            "return a list."
        )


def input_model(
    function: Callable[..., Any], *, hidden: Collection[str] = (), leave_out: Collection[str] = ()
) -> type[BaseModel]:
    """The model of a function's input: one field for each parameter, exact JSON types, no other members.

    In the schema, hidden parameters are `writeOnly`. Those to `leave_out` are none of the input.
    """
    signature = inspect.signature(function).parameters.items()
    parameters = {name: parameter for name, parameter in signature if name not in leave_out}
    hints = _hints(function, parameters)
    _check_hidden(function, hidden, parameters)
    fields: dict[str, Any] = {}
    for parameter in parameters.values():
        _check_parameter(function, parameter, hints)
        hint = with_base64(hints[parameter.name])
        _check_type(hint, f"parameter {parameter.name!r} of task {function.__name__!r}", mode="validation")
        annotation = Annotated[hint, WRITE_ONLY] if parameter.name in hidden else hint
        default = _default(function, parameter, hint)
        if isinstance(default, bytes):  # which pydantic's schema would show as text
            annotation = Annotated[annotation, Field(json_schema_extra={"default": encoded(default)})]
        fields[parameter.name] = (annotation, default)
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", message="Field name .* shadows an attribute"
        )  # `json`, `copy`: fine here
        model = create_model(_title(function) + "Input", __config__=INPUT_CONFIG, **fields)
    model.__doc__ = None
    model.__pydantic_validator__ = exact_validator(model.__pydantic_core_schema__)
    return model


def output_adapter(function: Callable[..., Any]) -> TypeAdapter[Any]:
    """The adapter that turns the function's result into JSON values. Its type is a one-tuple, so that our configuration applies to all types."""
    hint = with_base64(_result_hint(function))
    _check_type(hint, f"the result of task {function.__name__!r}", mode="serialization")
    return TypeAdapter(tuple[hint], config=OUTPUT_CONFIG)  # type: ignore[valid-type]  # the type is known at run time


def item_adapter(function: Callable[..., Any]) -> TypeAdapter[Any] | None:
    """The same for each value that a generator yields; None for other functions."""
    if kind_of(function) is not Kind.GENERATOR:
        return None
    item = with_base64(_item_hint(function))
    return TypeAdapter(tuple[item], config=OUTPUT_CONFIG)  # type: ignore[valid-type]  # likewise


def is_checked_by_worker(model: type[BaseModel]) -> bool:
    """Whether a worker may refuse an input that is valid for the JSON Schema: by validators of the user's own."""
    return has_own_validators(model.__pydantic_core_schema__)


def input_schema(model: type[BaseModel]) -> dict[str, Any]:
    """The JSON Schema of this model's input."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a default without a JSON form is left out
        return model.model_json_schema(schema_generator=SchemaGenerator)


def output_schema(output: TypeAdapter[Any]) -> dict[str, Any]:
    """The JSON Schema of the result that this adapter, which is of a one-tuple, turns into JSON."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # likewise
        schema = output.json_schema(mode="serialization", schema_generator=SchemaGenerator)
    (item,) = schema["prefixItems"]
    return {**item, **({"$defs": schema["$defs"]} if "$defs" in schema else {})}


def _title(function: Callable[..., Any]) -> str:
    return "".join(word.capitalize() for word in function.__name__.split("_"))


def _result_hint(function: Callable[..., Any]) -> Any:
    """The type of the whole result: of a generator, one text, or a list of what it yields."""
    if kind_of(function) is Kind.GENERATOR:
        item = _item_hint(function)
        return str if _is_text(item) else list[item]  # type: ignore[valid-type]  # the type is known at run time
    hint = _hints(function, ("return",)).get("return", Any)
    if get_origin(hint) in ASYNC_ITERATORS or hint in ASYNC_ITERATORS:
        raise ContractError(
            f"Task {function.__name__!r} returns an async iterator and does not contain `yield`: write "
            "`async for item in ...: yield item` in an `async def`."
        )
    return hint


def _item_hint(function: Callable[..., Any]) -> Any:
    """The type of what a generator yields."""
    hint = _hints(function, ("return",)).get("return", Any)
    if get_origin(hint) not in ASYNC_ITERATORS:
        raise ContractError(
            f"Task {function.__name__!r} contains `yield`, and its hint does not say what it yields: write "
            "`-> AsyncIterator[str]`, or another type than str."
        )
    return get_args(hint)[0]


def _is_text(hint: Any) -> bool:
    return _is_text(get_args(hint)[0]) if get_origin(hint) is Annotated else hint is str


def _hints(function: Callable[..., Any], names: Collection[str]) -> dict[str, Any]:
    """The hints of these parameters, or of `return`."""
    annotations = {name: hint for name, hint in function.__annotations__.items() if name in names}
    hints = types.SimpleNamespace(__annotations__=annotations)
    try:
        return get_type_hints(hints, function.__globals__, include_extras=True)
    except NameError as unknown:
        raise ContractError(
            f"Task {function.__name__!r}: {unknown}; import the types of its hints at run time, outside `if TYPE_CHECKING`."
        ) from unknown


def _check_parameter(
    function: Callable[..., Any], parameter: inspect.Parameter, hints: dict[str, Any]
) -> None:
    name, place = parameter.name, f"parameter {parameter.name!r} of task {function.__name__!r}"
    if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
        raise ContractError(
            f"{place} is positional-only, *args or **kwargs: input is a JSON object, so give each parameter a name."
        )
    if name not in hints:
        raise ContractError(f"{place} has no type hint: write one, such as `{name}: int`.")
    if name.startswith("_") or (name.startswith("model_") and hasattr(BaseModel, name)):
        raise ContractError(f"{place} has a name that pydantic reserves: rename it.")


def _check_hidden(function: Callable[..., Any], hidden: Collection[str], parameters: Collection[str]) -> None:
    if isinstance(hidden, str):
        raise ContractError(
            f"Task {function.__name__!r}: hidden={hidden!r} is a string: write hidden=({hidden!r},)."
        )
    unknown = sorted(set(hidden) - set(parameters))
    if unknown:
        raise ContractError(
            f"Task {function.__name__!r} has no parameter {unknown[0]!r} to hide; it has: {', '.join(parameters) or 'none'}."
        )


def _default(function: Callable[..., Any], parameter: inspect.Parameter, hint: Any) -> Any:
    if parameter.default is parameter.empty:
        return ...
    try:
        TypeAdapter(hint).validate_python(parameter.default)
    except ValueError as wrong:
        raise ContractError(
            f"parameter {parameter.name!r} of task {function.__name__!r} has the default {parameter.default!r}, which is not valid for its type: {wrong}"
        ) from wrong
    return parameter.default


def _check_type(hint: Any, place: str, *, mode: typing.Literal["validation", "serialization"]) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # a default without a JSON form is left out of the schema, no more
            adapter = TypeAdapter(tuple[hint])
            adapter.json_schema(mode=mode)
    except (PydanticUserError, SchemaError, TypeError) as wrong:
        reason = str(wrong).partition("\n")[0]
        raise ContractError(
            f"{place} has the type {hint!r}, which has no JSON form: use JSON types, pydantic models, dataclasses, enums, dates or bytes ({reason})"
        ) from wrong
    kinds = {schema.get("type") for schema in _walk(adapter.core_schema)}
    if mode == "validation" and "generator" in kinds:
        raise ContractError(
            f"{place} has the type {hint!r}, whose items are not checked before the function reads them: use `list`."
        )
    if "bytes" in kinds:
        raise ContractError(
            f"{place} has `bytes` inside a model, which pydantic would read as plain text: declare that field as celeriac.Base64Bytes."
        )


def _walk(schema: object) -> Iterator[dict[str, Any]]:
    """Every dictionary in a core schema, however deep."""
    if isinstance(schema, dict):
        yield schema
        for value in schema.values():
            yield from _walk(value)
    elif isinstance(schema, list | tuple):
        for value in schema:
            yield from _walk(value)


def with_base64(hint: Any) -> Any:
    """The same hint with every `bytes` in it, also inside `list[bytes]` or `bytes | None`, as base64."""
    if hint is bytes:
        return Base64Bytes
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return Annotated[(with_base64(arguments[0]), *hint.__metadata__)]
    if origin in (Union, types.UnionType):
        return functools.reduce(operator.or_, (with_base64(argument) for argument in arguments))
    if isinstance(hint, types.GenericAlias) and isinstance(origin, type):
        return types.GenericAlias(origin, tuple(with_base64(argument) for argument in arguments))
    return hint
