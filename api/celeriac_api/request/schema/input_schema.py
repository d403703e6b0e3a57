"""Judges the inputs of a definition by its JSON Schema."""

import json
import re
from collections.abc import Collection, Sequence
from functools import cached_property, partial
from itertools import islice
from typing import Any

import jsonschema_rs
from pydantic import BaseModel

from celeriac.contract.json_schema.markers import UnknownMarker
from celeriac.files.form import Blobs
from celeriac.values.json.pointer import pointer_to
from celeriac_api.request.body import MOST_ERRORS, fit, fit_around, invalid_input
from celeriac_api.request.json_text import HIDDEN
from celeriac_api.request.schema.enforced import (
    LENIENT,
    STRICT,
    Schema,
    Strictness,
    UnusableSchema,
    enforced,
    shortened,
)
from celeriac_api.request.schema.explanation import REQUIRED, Explanation, Row
from celeriac_api.request.schema.keywords import FORMATS, fits, keyword_classes
from celeriac_api.request.schema.strict_json import DEEPEST, LONGEST_DOUBLE, has_long_number, read
from celeriac_api.response.errors import InvalidInput

# How many values that are not valid are counted: each takes some microseconds.
MOST_COUNTED = 1_000
LONGEST_REASON = 200
# How jsonschema-rs begins what a class of ours says.
_OF_KEYWORD = re.compile(r"Failed to instantiate keyword class '[^']*': \w+: ")
# In place of a value, which could be long, in sentences of jsonschema-rs.
VALUE = "the value"
MISFIT = "Input should fit the JSON Schema of the task"
# It shows the tag.
_TAG = re.compile("^Input tag .* found", re.DOTALL)
_FORMATS = {name: partial(fits, name) for name in FORMATS}


class InputSchema:
    """The schema of one definition. A validator takes memory, and is made at its first use."""

    def __init__(
        self,
        schema: Schema,
        *,
        model: type[BaseModel] | None = None,
        says_all: bool = True,
        hidden: Collection[str] = (),
    ) -> None:
        """`model` is that of a definition of this process. It is asked, too, if the schema does not say all, and alone if that is unusable.

        No refusal shows the values of the parameters that are hidden.
        """
        self._schema, self._model, self._says_all = schema, model, says_all
        self._hidden = frozenset(hidden)

    def require_usable(self) -> None:
        """`UnusableSchema` if no input can be judged by it; its text describes why."""
        _ = self._plain

    def validate(self, body: bytes, *, deepest: int = DEEPEST, blobs: Blobs | None = None) -> None:
        """Refuse a body that is not a valid input: 400 if it is not JSON, 422 otherwise. It may name these blobs."""
        value, is_odd = read(body, deepest=deepest)
        self._judge(value, body, at="", blobs=blobs, exactly=is_odd)

    def fit(self, part: bytes, *, at: str, blobs: Blobs | None = None) -> None:
        """The same for a part (at this JSON pointer) of a checked body."""
        value, is_odd = read(part, deepest=None)
        self._judge(value, part, at=at, blobs=blobs, exactly=is_odd)

    def fit_value(self, value: Any, part: bytes, *, at: str) -> None:
        """The same for a part whose value is known already."""
        self._judge(value, part, at=at, blobs=None, exactly=b"." in part or b"e" in part or b"E" in part)

    def fit_around(self, part: bytes, *, holes: Sequence[Sequence[int | str]], at: str) -> None:
        """The same for a part with references to results, which are at these places."""
        if self._by_schema:
            value, _ = read(part, deepest=None)
            if not self._around.is_valid(value):
                raise self._refusal(value, at, may_refer=True)
        if self._second is not None:
            fit_around(part, self._second, holes=holes, at=at)

    def _judge(self, value: Any, text: bytes, *, at: str, blobs: Blobs | None, exactly: bool) -> None:
        if self._by_schema:
            validator = self._exact if exactly else self._plain
            if len(text) >= LONGEST_DOUBLE and self._has_numbers and has_long_number(text):
                validator = self._validator(STRICT)
            if not validator.is_valid(value) and (
                blobs is None or not self._validator(STRICT, blobs=blobs).is_valid(value)
            ):
                raise self._refusal(value, at, blobs=blobs)
        if self._second is not None:
            fit(text, self._second, at=at, blobs=blobs)

    @cached_property
    def _by_schema(self) -> bool:
        """Whether the schema is usable; if it is not, there is a model."""
        try:
            self.require_usable()
        except UnusableSchema:
            if self._model is None:
                raise
            return False
        return True

    @cached_property
    def _has_numbers(self) -> bool:
        """Whether a value may be a double."""
        return '"number"' in json.dumps(self._schema)

    @cached_property
    def _second(self) -> type[BaseModel] | None:
        return None if self._says_all and self._by_schema else self._model

    @cached_property
    def _plain(self) -> Any:
        return self._validator(LENIENT)

    @cached_property
    def _exact(self) -> Any:
        return self._validator(Strictness(finite=False))

    @cached_property
    def _around(self) -> Any:
        return self._validator(STRICT, may_refer=True)

    @cached_property
    def _document(self) -> Schema:
        return enforced(self._schema)

    @cached_property
    def _document_with_references(self) -> Schema:
        return enforced(self._schema, may_refer=True)

    def _validator(
        self, strictness: Strictness, *, may_refer: bool = False, blobs: Blobs | None = None
    ) -> Any:
        document = enforced(self._schema, strictness, may_refer=may_refer)
        try:
            return jsonschema_rs.validator_for(document, **_options(blobs))
        except (
            jsonschema_rs.ValidationError,
            jsonschema_rs.ReferencingError,
            UnknownMarker,
            ValueError,
        ) as wrong:
            raise UnusableSchema(_reason(wrong)) from wrong

    def _refusal(
        self, value: Any, at: str, *, may_refer: bool = False, blobs: Blobs | None = None
    ) -> InvalidInput:
        document = self._document_with_references if may_refer else self._document
        explanation = Explanation(document, keyword_classes(blobs), _options(blobs))
        rows = list(islice(explanation.rows(value), MOST_COUNTED)) or [((), MISFIT, value)]
        wrong = [
            (at + pointer_to(path), words, part) for path, words, part in map(self._shown, rows[:MOST_ERRORS])
        ]
        return invalid_input(wrong, count=len(rows), or_more=len(rows) == MOST_COUNTED)

    def _shown(self, row: Row) -> Row:
        """Without the values of hidden parameters."""
        path, words, value = row
        if len(path) <= 1 and isinstance(value, dict) and (not path or words == REQUIRED):
            return path, words, {name: HIDDEN if name in self._hidden else value[name] for name in value}
        return (path, _TAG.sub("Input tag", words), HIDDEN) if path and path[0] in self._hidden else row


def _options(blobs: Blobs | None) -> dict[str, Any]:
    return {
        "formats": _FORMATS,
        "validate_formats": True,
        "offline": True,
        "mask": VALUE,
        "keywords": keyword_classes(blobs),
    }


def _reason(wrong: Exception) -> str:
    """In what is wrong with a schema, jsonschema-rs names no place."""
    if not isinstance(wrong, jsonschema_rs.ValidationError):
        return str(wrong).partition("\n")[0][:LONGEST_REASON]
    path, message = list(map(str, wrong.instance_path)), wrong.message.removeprefix(VALUE).strip()
    place = pointer_to(path[2:] if path[:2] == ["$defs", "0"] else path)
    if _OF_KEYWORD.match(message):
        return f"{place}: {_OF_KEYWORD.sub('', message)[:LONGEST_REASON]}"
    if path[-1:] == ["pattern"]:
        message = "is not a regular expression of JSON Schema (ECMA 262)"
    return f"{place} is {shortened(wrong.instance)}, and {message[:LONGEST_REASON]}"
