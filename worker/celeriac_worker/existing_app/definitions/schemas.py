"""Writes the JSON Schemas of what a Celery task takes and gives."""

import json
import types
import warnings
from dataclasses import replace
from typing import Annotated, Any, Optional, Union, get_args, get_origin

from pydantic import Field, TypeAdapter, create_model
from pydantic_core import to_jsonable_python

from celeriac.contract.json_schema.own_validators import has_own_validators
from celeriac.contract.signature import with_base64
from celeriac.files.form import encoded
from celeriac_worker.existing_app.definitions.schema_generator import (
    CONFIG,
    ConvertingGenerator,
    TaskInput,
    TaskSchemaGenerator,
)
from celeriac_worker.existing_app.definitions.signature import (
    EMPTY,
    VAR_KEYWORD,
    VAR_POSITIONAL,
    Parameter,
    Signature,
    any_json,
    shown,
    without_addresses,
)

Schema = dict[str, Any]
LONGEST_DEFAULT, LONGEST_REASON = 1_000, 200
# The member for `**kwargs` while a schema is made: no parameter has this name.
_OTHERS = "**"


def input_schema(signature: Signature, *, title: str) -> Schema:
    """The schema of a task's input: an object with a member for each parameter; those with defaults are optional.

    `*args` is an array by its name, and `**kwargs` is what other members may be.
    """
    parameters = signature.parameters
    if parameters is None:
        return {"additionalProperties": True, "properties": {}, "title": title, "type": "object"}
    try:
        schema = _object_schema(parameters, signature, title)
    except Exception:  # noqa: BLE001 - classes of the app take part
        parameters = tuple(map(_usable, parameters))
        schema = _object_schema(parameters, signature, title)
    others = schema["properties"].pop(_OTHERS, None)
    schema["additionalProperties"] = others is not None and (
        {name: part for name, part in others.items() if name != "title"} or True
    )
    return schema


def is_checked_by_worker(signature: Signature) -> bool:
    """Whether Celery makes models of arguments, and these have validators of the user's own."""
    return any(
        has_own_validators(TypeAdapter(parameter.hint).core_schema)
        for parameter in signature.parameters or ()
        if signature.is_converted(parameter)
    )


def output_schema(signature: Signature) -> Schema:
    """The schema of a task's result; one that accepts anything where no hint says what it is."""
    if signature.result is EMPTY:
        return {}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            schema = _adapter(signature.result).json_schema(
                mode="serialization", schema_generator=_generator(signature)
            )
    except Exception:  # noqa: BLE001 - likewise
        return {}
    (item,) = schema["prefixItems"]
    return {**item, **({"$defs": schema["$defs"]} if "$defs" in schema else {})}


def _object_schema(parameters: tuple[Parameter, ...], signature: Signature, title: str) -> Schema:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a default without a JSON form is left out
        fields: dict[str, Any] = {f"p{place}": _field(each) for place, each in enumerate(parameters)}
        model = create_model(title, __base__=TaskInput, **fields)
        model.__doc__ = None
        return model.model_json_schema(schema_generator=_generator(signature))


def _generator(signature: Signature) -> type[TaskSchemaGenerator]:
    return ConvertingGenerator if signature.converts_models else TaskSchemaGenerator


def _usable(parameter: Parameter) -> Parameter:
    """The same parameter, as any JSON if nobody can make a schema of its hint."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _adapter(parameter.hint).json_schema(schema_generator=TaskSchemaGenerator)
    except Exception as wrong:  # noqa: BLE001 - likewise
        first = without_addresses(str(wrong).partition("\n")[0]).rstrip(".")
        reason = first[:LONGEST_REASON] or type(wrong).__name__
        return replace(
            parameter, hint=any_json(f"its hint {shown(parameter.hint)} has no JSON Schema ({reason})")
        )
    return parameter


def _adapter(hint: Any) -> TypeAdapter[Any]:
    """Of a one-tuple, so that the configuration applies to all types."""
    return TypeAdapter(tuple[with_base64(hint)], config=CONFIG)  # type: ignore[arg-type,misc]  # the type is known at run time


def _field(parameter: Parameter) -> tuple[Any, Any]:
    """A field of the input's model: its type, and its name and default."""
    hint = with_base64(parameter.hint)
    if parameter.kind is VAR_KEYWORD:
        return hint, _named(_OTHERS, default_factory=dict)
    if parameter.kind is VAR_POSITIONAL:
        return list[hint], _named(parameter.name, default=[])  # type: ignore[valid-type]  # the type is known at run time
    if parameter.default is None and not _admits_none(hint):
        hint = Optional[hint]  # noqa: UP045 - `|` is not for all that a hint may be
    return hint, _named(parameter.name, **_default(parameter.default))


def _default(default: Any) -> dict[str, Any]:
    """Options of a field that has this default; one that JSON cannot show is left out of the schema."""
    if default is EMPTY:
        return {}
    if isinstance(default, bytes) and len(default) < LONGEST_DEFAULT:  # pydantic would show it as text
        return {"default_factory": bytes, "json_schema_extra": {"default": encoded(default)}}
    return {"default": default} if _is_shown(default) else {"default_factory": lambda: None}


def _named(name: str, **options: Any) -> Any:
    return Field(alias=name, validation_alias=name, serialization_alias=name, **options)


def _is_shown(default: Any) -> bool:
    """Whether the schema can have this default. The order of a set differs from process to process."""
    if isinstance(default, set | frozenset):
        return False
    try:
        text = json.dumps(to_jsonable_python(default), allow_nan=False, ensure_ascii=False)
        text.encode()
    except Exception:  # noqa: BLE001 - likewise
        return False
    return len(text) <= LONGEST_DEFAULT


def _admits_none(hint: Any) -> bool:
    if get_origin(hint) is Annotated:
        return _admits_none(get_args(hint)[0])
    if get_origin(hint) in (Union, types.UnionType):
        return any(map(_admits_none, get_args(hint)))
    return hint in (Any, None, type(None), object)
