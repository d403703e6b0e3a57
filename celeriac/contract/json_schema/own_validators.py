"""Finds validators of the user's own in a type: no JSON Schema expresses those."""

from collections.abc import Iterator
from typing import Any

FUNCTIONS = frozenset(("function-before", "function-after", "function-wrap", "function-plain"))
# Parts of a core schema that validate nothing, or not JSON.
OTHERS = frozenset(
    "default default_factory metadata serialization config expected members cls ref function lax_schema python_schema "
    "computed_fields".split()
)
# Functions of pydantic's that our markers and formats stand for, or that refuse nothing: modules and the beginnings of names.
KNOWN = {
    "pydantic.networks": ("_BaseUrl.", "_BaseMultiHostUrl.", "IPvAny"),
    "pydantic.types": ("Secret.", "_SecretField.", "SecretStr", "SecretBytes"),
    "pydantic._internal._generate_schema": (
        "GenerateSchema._path_schema.",
        "GenerateSchema._literal_schema.",
    ),
    "pydantic._internal._validators": (
        "pattern_",
        "deque_validator",
        "defaultdict_validator",
        "sequence_validator",
    ),
    "ipaddress": ("IPv",),
    "collections": ("",),
    "operator": ("attrgetter",),
}
OURS = "celeriac.files."


def has_own_validators(core_schema: Any) -> bool:
    """Whether some value that is valid for the JSON Schema of this core schema may be refused by a function."""
    return any(map(_is_own, _schemas(core_schema)))


def _schemas(schema: Any) -> Iterator[dict[str, Any]]:
    """Every dictionary that takes part in the validation of JSON."""
    if isinstance(schema, dict):
        yield schema
        for name, part in schema.items():
            if name not in OTHERS:
                yield from _schemas(part)
    elif isinstance(schema, list | tuple):
        for part in schema:
            yield from _schemas(part)


def _is_own(schema: dict[str, Any]) -> bool:
    match schema.get("type"):
        case "tagged-union":
            return callable(schema["discriminator"])
        case str(kind) if kind in FUNCTIONS:
            return not _is_known(schema["function"]["function"])
        case "call" | "is-instance" | "is-subclass" | "callable":
            return True
        case _:
            return False


def _is_known(function: Any) -> bool:
    function = getattr(function, "func", function)  # of a partial
    module = getattr(function, "__module__", None) or ""
    name = getattr(function, "__qualname__", type(function).__qualname__)
    return module.startswith(OURS) or name.startswith(KNOWN.get(module, ("\0",)))
