"""Reads the parameters of a Celery task, whatever its function is wrapped in."""

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Annotated, Any, get_args, get_type_hints

from pydantic import BaseModel, Field

EMPTY = inspect.Parameter.empty
POSITIONAL_ONLY = inspect.Parameter.POSITIONAL_ONLY
VAR_POSITIONAL = inspect.Parameter.VAR_POSITIONAL
VAR_KEYWORD = inspect.Parameter.VAR_KEYWORD
# Where Celery converts the arguments of tasks with `pydantic=True`: a wrapper around the function.
_CONVERTING = "celery.app.base"

LONGEST_HINT = 100
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter, with the type that its hint names; `Any` without a hint."""

    name: str
    kind: Any
    hint: Any
    default: Any = EMPTY

    @property
    def is_required(self) -> bool:
        """Whether a call must have it."""
        return self.default is EMPTY and self.kind not in (VAR_POSITIONAL, VAR_KEYWORD)


@dataclass(frozen=True, slots=True)
class Signature:
    """What a task takes and gives. `parameters` is None where nobody can read them, `result` is `EMPTY` without a hint."""

    parameters: tuple[Parameter, ...] | None
    result: Any
    # By `pydantic=True`: an argument whose hint is a model arrives as one.
    converts_models: bool

    def is_converted(self, parameter: Parameter) -> bool:
        """Whether Celery makes this argument a model."""
        return self.converts_models and _is_model(parameter.hint)


def signature_of(task: Any) -> Signature:
    """The signature of a registered task, without the task itself as the first argument."""
    wrapped = list(_functions(task.run))
    innermost = wrapped[-1]
    converts = any(getattr(each, "__globals__", {}).get("__name__") == _CONVERTING for each in wrapped)
    try:
        signature = inspect.signature(task.run)
    except (ValueError, TypeError):  # of what is written in C
        return Signature(None, EMPTY, converts)
    parameters = tuple(
        Parameter(each.name, each.kind, _hint(each.annotation, innermost), each.default)
        for each in signature.parameters.values()
    )
    result = signature.return_annotation
    return Signature(parameters, EMPTY if result is EMPTY else _hint(result, innermost), converts)


def _functions(called: Any) -> Iterator[Any]:
    """What is called, and what each wrapper wraps; the last one is the function as it was written."""
    seen: set[int] = set()
    while called is not None and id(called) not in seen:
        seen.add(id(called))
        yield called
        called = (
            getattr(called, "__func__", None)
            or getattr(called, "__wrapped__", None)
            or getattr(called, "func", None)
        )


def _hint(annotation: Any, function: Callable[..., Any]) -> Any:
    """The type that a hint names; one that cannot be found is any JSON."""
    if annotation is EMPTY:
        return Any
    hints = SimpleNamespace(__annotations__={"hint": annotation})
    try:
        return get_type_hints(hints, getattr(function, "__globals__", {}), include_extras=True)["hint"]
    except Exception:  # noqa: BLE001 - a hint is any code of the app
        return any_json(
            f"the hint {shown(annotation)} names nothing that can be found when the worker starts"
        )


def any_json(reason: str) -> Any:
    """The type of any JSON value, whose description says why it is that."""
    return Annotated[Any, Field(description=f"Any JSON: {reason}.")]


def shown(hint: Any) -> str:
    """A hint as a sentence has it: the same in every process."""
    try:
        text = repr(hint)
    except Exception:  # noqa: BLE001 - likewise
        text = f"of the type {type(hint).__name__}"
    return without_addresses(text)[:LONGEST_HINT]


def without_addresses(text: str) -> str:
    """The text without places in memory, and without lone surrogates, which are no JSON."""
    return _ADDRESS.sub("", text).encode(errors="replace").decode()


def _is_model(hint: Any) -> bool:
    """As Celery has it: a model, or one or None."""
    kinds = [hint, *(each for each in get_args(hint) if each is not type(None))][:2]
    return any(isinstance(kind, type) and issubclass(kind, BaseModel) for kind in kinds)
