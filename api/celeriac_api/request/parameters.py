"""Refuses query parameters that a route does not know or that appear twice.

An unknown parameter, or one that appears twice but has one value, is refused rather than ignored.
"""

from collections import Counter
from collections.abc import Iterator
from inspect import Parameter
from typing import Any, Generic, TypeVar, get_origin, get_type_hints
from urllib.parse import parse_qsl

from fastapi import params
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.types import Scope

from celeriac_api.request.body import invalid_input
from celeriac_api.request.fields import FIELDS
from celeriac_api.response.errors import Problem

MOST_PARAMETERS = 100
# Places in which a parameter may be, as FastAPI has them.
PLACES = (params.Query, params.Header, params.Path)


class Parameters(BaseModel):
    """No parameters. A subclass names a route's own, each with FastAPI's `Query`, `Header` or `Path` in its annotation."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def refuse_path(cls, text: str) -> Problem:
        """The refusal of a path whose parameter does not fit."""
        return invalid_input([("", "does not fit the path", text)])


class AnyQuery(Parameters):
    """No parameters, for a file that a browser loads: additions of a link to its address are ignored."""

    model_config = ConfigDict(extra="ignore")


Model = TypeVar("Model", bound=Parameters)


class ParameterReader(Generic[Model]):
    """Prepared once for a route's model, used for every request."""

    def __init__(self, model: type[Model]) -> None:
        """Each field of the model needs a place; `TypeError` names one that has none."""
        self._model = model
        self._validate = model.__pydantic_validator__.validate_python
        self._query: list[str] = []
        self._several: set[str] = set()
        self._headers: dict[bytes, str] = {}
        self._path: set[str] = set()
        self._labels: dict[str, str] = {}
        for name, place in places(model):
            self._enter(model, name, place)
        self._takes_any = model.model_config["extra"] == "ignore"
        self._ignores_query = self._takes_any and not self._query
        required = any(field.is_required() for field in model.model_fields.values())
        self._default = None if required else model()

    def read(self, scope: Scope) -> Model:
        """The parameters of this request; what does not fit is a 422 that lists it."""
        fields, query = scope[FIELDS], scope["query_string"]
        has_headers = not self._headers.keys().isdisjoint(fields)
        if self._default is not None and not has_headers and (not query or self._ignores_query):
            return self._default
        values: dict[str, Any] = scope["path_params"]
        if has_headers:
            values = values | {
                key: fields[name].decode("latin-1") for name, key in self._headers.items() if name in fields
            }
        if query and not self._ignores_query:
            values = values.copy()
            self._add_query(values, query)
        try:
            return self._validate(values)  # type: ignore[no-any-return]  # it is the model's
        except ValidationError as wrong:
            raise self._misfit(wrong) from wrong

    def _enter(self, model: type[Model], name: str, place: params.Param) -> None:
        field = model.model_fields[name]
        key = field.alias or name
        match place:
            case params.Query():
                self._query.append(key)
                self._labels[key] = f"?{key}"
                if get_origin(field.annotation) is list:
                    self._several.add(key)
            case params.Header():
                self._labels[key] = field.alias or name.replace("_", "-").title()
                self._headers[self._labels[key].lower().encode()] = key
            case params.Path():
                self._path.add(key)

    def _add_query(self, values: dict[str, Any], query: bytes) -> None:
        if query.count(b"&") >= MOST_PARAMETERS:
            raise invalid_input(
                [("?", f"should have at most {MOST_PARAMETERS} parameters", query.count(b"&") + 1)]
            )
        pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
        if self._takes_any:
            pairs = [pair for pair in pairs if pair[0] in self._query]
        wrong = [*self._unknown(pairs), *self._repeated(pairs)]
        if wrong:
            raise invalid_input(wrong)
        for name, value in pairs:
            if name in self._several:
                values.setdefault(name, []).append(value)
            else:
                values[name] = value

    def _unknown(self, pairs: list[tuple[str, str]]) -> Iterator[tuple[str, str, str]]:
        advice = f"known here: {', '.join(self._query)}" if self._query else "this route has none"
        for name, value in pairs:
            if name not in self._query:
                yield f"?{name}", f"unknown query parameter; {advice}", value

    def _repeated(self, pairs: list[tuple[str, str]]) -> Iterator[tuple[str, str, str]]:
        for name, times in Counter(name for name, _ in pairs).items():
            if times > 1 and name in self._query and name not in self._several:
                yield f"?{name}", "should be given once", f"{times} times"

    def _misfit(self, wrong: ValidationError) -> Problem:
        errors = wrong.errors(include_url=False, include_context=False)
        for error in errors:
            if error["loc"][0] in self._path:
                return self._model.refuse_path(error["input"])
        return invalid_input(
            [(self._labels.get(str(error["loc"][0]), ""), error["msg"], error["input"]) for error in errors]
        )


def places(model: type[Parameters]) -> Iterator[tuple[str, params.Param]]:
    """Each field of a model, and in which place of the request it is."""
    for name, hint in get_type_hints(model, include_extras=True).items():
        if name not in model.model_fields:
            continue
        marks = [mark for mark in getattr(hint, "__metadata__", ()) if isinstance(mark, PLACES)]
        if len(marks) != 1:
            raise TypeError(f"{model.__name__}.{name} needs one of Query(), Header() and Path().")
        yield name, marks[0]


def signature_of(model: type[Parameters]) -> list[Parameter]:
    """The parameters as FastAPI reads them from a function, to describe them in OpenAPI."""
    hints = get_type_hints(model, include_extras=True)
    return [
        Parameter(
            name,
            Parameter.KEYWORD_ONLY,
            default=Parameter.empty if field.is_required() else field.get_default(call_default_factory=True),
            annotation=hints[name],
        )
        for name, field in model.model_fields.items()
    ]
