"""Judges the inputs of a definition by its JSON Schema."""

import re
from collections.abc import Collection, Sequence
from functools import cached_property, partial
from itertools import islice
from typing import Any

import jsonschema_rs
from pydantic import BaseModel

from celeriac.contract.json_schema.markers import EXACT, KEY, UnknownMarker
from celeriac.files.form import Blobs
from celeriac.values.json.pointer import pointer_to
from celeriac_api.request.body import fit, fit_around, invalid_input
from celeriac_api.request.json_text import HIDDEN
from celeriac_api.request.schema.enforced import FILE, FORMAT, SAME, WHOLE, Schema, UnusableSchema, enforced
from celeriac_api.request.schema.explanation import REQUIRED, Explanation, Row
from celeriac_api.request.schema.keywords import FORMATS, Exact, Format, Key, Same, Whole, file_keyword, fits
from celeriac_api.request.schema.strict_json import DEEPEST, read
from celeriac_api.request.schema.words import keyword_classes
from celeriac_api.response.errors import InvalidInput

# How many values that are not valid are counted: each takes some microseconds.
MOST_COUNTED = 1_000
MISFIT = "Input should fit the JSON Schema of the task"
# It shows the tag.
_TAG = re.compile("^Input tag .* found", re.DOTALL)
_FORMATS = {name: partial(fits, name) for name in FORMATS}


class InputSchema:
    """The schema of one definition. A validator takes memory, and is made at its first use."""

    def __init__(
        self, schema: Schema, *, second: type[BaseModel] | None = None, hidden: Collection[str] = ()
    ) -> None:
        """`second` is the model of a definition of this process, with validators that no schema expresses.

        No refusal shows the values of the parameters that are hidden.
        """
        self._schema, self._second, self._hidden = schema, second, frozenset(hidden)

    def require_usable(self) -> None:
        """`UnusableSchema` if no input can be judged by it; its text describes why."""
        _ = self._plain

    def validate(self, body: bytes, *, deepest: int = DEEPEST, blobs: Blobs | None = None) -> None:
        """Refuse a body that is not a valid input: 400 if it is not JSON, 422 otherwise. It may name these blobs."""
        value, has_whole_floats = read(body, deepest=deepest)
        self._judge(value, body, at="", blobs=blobs, exactly=has_whole_floats)

    def fit(self, part: bytes, *, at: str, blobs: Blobs | None = None) -> None:
        """The same for a part (at this JSON pointer) of a checked body."""
        value, has_whole_floats = read(part, deepest=None)
        self._judge(value, part, at=at, blobs=blobs, exactly=has_whole_floats)

    def fit_value(self, value: Any, part: bytes, *, at: str) -> None:
        """The same for a part whose value is known already."""
        self._judge(value, part, at=at, blobs=None, exactly=b"." in part or b"e" in part or b"E" in part)

    def fit_around(self, part: bytes, *, holes: Sequence[Sequence[int | str]], at: str) -> None:
        """The same for a part with references to results, which are at these places."""
        value, _ = read(part, deepest=None)
        if not self._around.is_valid(value):
            raise self._refusal(value, enforced(self._schema, exact=True, may_refer=True), at, None)
        if self._second is not None:
            fit_around(part, self._second, holes=holes, at=at)

    def _judge(self, value: Any, text: bytes, *, at: str, blobs: Blobs | None, exactly: bool) -> None:
        if blobs is not None:
            validator = self._validator(exact=True, blobs=blobs)
        else:
            validator = self._exact if exactly else self._plain
        if not validator.is_valid(value):
            raise self._refusal(value, enforced(self._schema, exact=True, may_refer=False), at, blobs)
        if self._second is not None:
            fit(text, self._second, at=at, blobs=blobs)

    @cached_property
    def _plain(self) -> Any:
        return self._validator(exact=False)

    @cached_property
    def _exact(self) -> Any:
        return self._validator(exact=True)

    @cached_property
    def _around(self) -> Any:
        return self._validator(exact=True, may_refer=True)

    def _validator(self, *, exact: bool, may_refer: bool = False, blobs: Blobs | None = None) -> Any:
        document = enforced(self._schema, exact=exact, may_refer=may_refer)
        try:
            return jsonschema_rs.validator_for(document, **_options(blobs))
        except (
            jsonschema_rs.ValidationError,
            jsonschema_rs.ReferencingError,
            UnknownMarker,
            ValueError,
        ) as wrong:
            raise UnusableSchema(_reason(wrong)) from wrong

    def _refusal(self, value: Any, document: Schema, at: str, blobs: Blobs | None) -> InvalidInput:
        explanation = Explanation(document, keyword_classes(blobs), _options(blobs))
        rows = list(islice(explanation.rows(value), MOST_COUNTED)) or [((), MISFIT, value)]
        wrong = [(at + pointer_to(path), words, shown) for path, words, shown in map(self._shown, rows)]
        return invalid_input(wrong, count=len(wrong))

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
        "mask": "the value",
        "keywords": {
            EXACT: Exact,
            KEY: Key,
            FORMAT: Format,
            WHOLE: Whole,
            SAME: Same,
            FILE: file_keyword(blobs),
        },
    }


def _reason(wrong: Exception) -> str:
    return str(wrong).partition("\n")[0][:300]
