"""Serves results and inputs as JSON, or as the files that they are."""

import json
from collections import ChainMap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from pydantic_core import PydanticCustomError
from starlette.responses import Response

from celeriac.contract.built_in import built_in
from celeriac.contract.catalog import PerDefinition, catalog_of
from celeriac.contract.definition import Definition
from celeriac.files.content import Content, InMemory, InStore
from celeriac.files.form import KEYWORD, Form, decoded, is_file, read_form
from celeriac.files.parameters import FileParameter, file_result
from celeriac.files.store.in_threads import AsyncStore
from celeriac.files.store.store import Blob
from celeriac.ledger.ledger import Ledger
from celeriac.ledger.model.task import Task
from celeriac.values.json.result_references import part_at
from celeriac_api.files.answer import file_answer, type_of
from celeriac_api.request.accept_header import names_a_file, names_a_type, prefers_file, wish_for
from celeriac_api.request.body import invalid_input
from celeriac_api.request.fields import Fields
from celeriac_api.response.errors import NotAcceptable
from celeriac_api.response.files.links import with_links
from celeriac_api.response.json_bytes import Answer

JSON = "application/json"


@dataclass(frozen=True)
class _BlobsOfTask:
    """The large files that a task names; others it does not have, whatever its JSON contains."""

    store: AsyncStore
    blobs: frozenset[Blob]

    def content(self, digest: str, size: int) -> Content:
        if Blob(digest, size) not in self.blobs:
            raise LookupError(digest)
        return InStore(self.store.store, digest, size)


class Serving:
    """Knows from the catalog which results are files."""

    def __init__(self, catalog: Mapping[str, Definition], ledger: Ledger, store: AsyncStore) -> None:
        """`store` has the large files."""
        self._ledger, self._store = ledger, store
        every = ChainMap(catalog_of(built_in()), cast("dict[str, Definition]", catalog))
        self._files = PerDefinition(every, lambda definition: file_result(definition.output_schema))
        self._with_files = PerDefinition(
            every, lambda definition: KEYWORD in json.dumps(definition.output_schema)
        )

    def has_files(self, name: str) -> bool:
        """Whether results of this definition are files, or have files inside."""
        return bool(self._with_files.get(name) or self._files.get(name))

    async def result(
        self, task: Task, fields: Fields, pointer: str | None, *, owner: str | None, headers: dict[str, str]
    ) -> Response:
        """The result of a task that succeeded, or the part of it at this pointer."""
        content, path = task.result or b"null", f"/tasks/{task.task_id}/result"
        file = self._files.get(task.name)
        if pointer is not None or file is not None:
            value = _part(content, pointer)
            form = await self._form(value, None if pointer else file, task.task_id, owner)
            if form is not None and _wanted(prefers_file(type_of(form), fields), form):
                return await file_answer(form, fields, self._store, headers)
            content = content if pointer is None else _dumps(value)
        elif not wish_for(JSON, fields).weight:
            raise NotAcceptable(f"The result is {JSON}, which the header Accept does not allow.")
        return Answer(with_links(content, path, pointer=pointer or ""), 200, **headers)

    def wants_file(self, name: str, fields: Fields) -> bool:
        """Whether a client that submits a task of this definition names types in `Accept`, and not JSON among the first of them."""
        return names_a_type(fields) and self._files.get(name) is not None

    async def at_once(
        self, task: Task, fields: Fields, *, owner: str | None, headers: dict[str, str]
    ) -> Response | None:
        """The file as the answer to a submission, whose client names its type; None if it gets the task document."""
        form = await self._form(
            json.loads(task.result or b"null"), self._files.get(task.name), task.task_id, owner
        )
        if form is None or not _wanted(names_a_file(type_of(form), fields), form):
            return None
        return await file_answer(form, fields, self._store, headers)

    async def input(
        self, task_id: str, content: bytes, blobs: Iterable[Blob], fields: Fields, pointer: str | None
    ) -> Response:
        """The input of a task, or the part of it at this pointer."""
        path = f"/tasks/{task_id}/input"
        if pointer is None:
            return Answer(with_links(content, path), 200)
        value = _part(content, pointer)
        form = _form(value, None, _BlobsOfTask(self._store, frozenset(blobs)))
        if form is not None and _wanted(prefers_file(type_of(form), fields), form):
            return await file_answer(form, fields, self._store)
        return Answer(with_links(_dumps(value), path, pointer=pointer), 200)

    async def _form(
        self, value: Any, file: FileParameter | None, task_id: str, owner: str | None
    ) -> Form | None:
        """The file that this value is; where it is in the store, the task has to have it."""
        blobs: tuple[Blob, ...] = ()
        if isinstance(value, dict) and "$blob" in value:
            original = await self._ledger.original(task_id, owner=owner)
            blobs = original.files if original else ()
        return _form(value, file, _BlobsOfTask(self._store, frozenset(blobs)))


def _form(value: Any, file: FileParameter | None, blobs: _BlobsOfTask) -> Form | None:
    declared = file.types[0] if file and len(file.types) == 1 and "*" not in file.types[0] else None
    try:
        if isinstance(value, str) and file is not None:
            return Form(InMemory(decoded(value)), content_type=declared)
        if not is_file(value):
            return None
        form = read_form(value, blobs)
    except PydanticCustomError:  # of a worker that is not ours
        return None
    return form if form.content_type else form._replace(content_type=declared)


def _part(content: bytes, pointer: str | None) -> Any:
    value = json.loads(content)
    if not pointer:
        return value
    try:
        return part_at(value, pointer)
    except LookupError:
        raise invalid_input([("?pointer", "leads to nothing", pointer)]) from None


def _wanted(wish: bool | None, form: Form) -> bool:  # noqa: FBT001 - what accept_header.py returns
    if wish is None:
        raise NotAcceptable(
            f"The file is {type_of(form)}, and can be had as {JSON}; the header Accept allows neither."
        )
    return wish


def _dumps(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
