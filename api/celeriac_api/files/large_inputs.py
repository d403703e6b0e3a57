"""Moves large files of inputs in JSON to the store."""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

from celeriac.contract.catalog import PerDefinition
from celeriac.contract.definition import Definition
from celeriac.files.form import decoded
from celeriac.files.parameters import UploadParameters
from celeriac.files.store.in_threads import AsyncStore
from celeriac.files.store.store import Blob, StoreError
from celeriac.settings import Settings
from celeriac.values.json.pointer import pointer_to
from celeriac_api.access.caller import Caller
from celeriac_api.access.file_space import FileSpace, Room
from celeriac_api.request.fields import Fields
from celeriac_api.request.json_text import members, with_members
from celeriac_api.request.judgement import Judge
from celeriac_api.request.submission.options import Key
from celeriac_api.request.upload.received import Received
from celeriac_api.response.errors import FilesUnavailable


class _Item(NamedTuple):
    """A value of a parameter that takes files; `data` is None where it is none, such as null or a reference."""

    value: Any
    data: bytes | None = None
    name: str | None = None
    content_type: str | None = None


class LargeInputs:
    """Where the files of requests go."""

    def __init__(
        self,
        catalog: Mapping[str, Definition],
        settings: Settings,
        files: AsyncStore,
        space: FileSpace,
        judge: Judge,
    ) -> None:
        """`judge` reads the JSON of large inputs."""
        self._parameters = PerDefinition(catalog, _parameters_of)
        self._files, self._space, self._judge = files, space, judge
        self.inline_bytes, self._largest = settings.inline_bytes, settings.max_file_bytes

    def receive(self, caller: Caller, fields: Fields) -> Received:
        """The place for the files of a request."""
        key = fields.get(b"idempotency-key")
        digest = key and Key(text=key.decode("latin-1"), owner=caller.owner).digest()
        room = Room(self._space, caller, digest or None)
        return Received(self._files, room, inline_bytes=self.inline_bytes, largest=self._largest)

    async def moved(
        self, name: str, input_json: bytes, caller: Caller, fields: Fields, *, at: str
    ) -> tuple[bytes, tuple[Blob, ...]]:
        """A valid input of this definition with its large files in the store, and these. It is at a JSON pointer of the body."""
        parameters = self._parameters.get(name)
        if parameters is None or not parameters.files:
            return input_json, ()
        items_of = await self._judge.judge(input_json, partial(_items, parameters=parameters))
        received = self.receive(caller, fields)
        try:
            texts = {
                parameter: json.dumps(value)
                for parameter, items in items_of.items()
                if (value := await _moved(items, parameters, parameter, received, at)) is not None
            }
        except StoreError as error:
            raise FilesUnavailable(
                f"The file cannot be stored now ({error}). Try again in a few seconds."
            ) from error
        finally:
            await received.abandon()
        if not received.blobs:
            return input_json, ()
        return with_members(input_json, texts), tuple(dict.fromkeys(received.blobs))


def _parameters_of(definition: Definition) -> UploadParameters | None:
    """None for a task of an existing app, whose message contains its files: its worker knows no store."""
    return UploadParameters.of(definition.input_schema) if definition.app is None else None


def _items(input_json: bytes, parameters: UploadParameters) -> dict[str, list[_Item]]:
    """The values of each parameter that takes files."""
    texts = members(input_json, parameters.files)
    values = {name: json.loads(text) for name, text in texts.items()}
    return {
        name: list(map(_item, value if isinstance(value, list) else [value]))
        for name, value in values.items()
    }


def _item(value: Any) -> _Item:
    match value:
        case str():
            return _Item(value, decoded(value))
        case {"data": str(text)}:
            return _Item(value, decoded(text), value.get("name"), value.get("content_type"))
    return _Item(value)


async def _moved(
    items: list[_Item], parameters: UploadParameters, name: str, received: Received, at: str
) -> Any:
    """The new value of a parameter; None if it is as it was."""
    parameter, before, values = parameters.files[name], len(received.blobs), []
    for number, item in enumerate(items):
        if item.data is None or received.take_memory(len(item.data)):
            values.append(item.value)
            continue
        place = pointer_to([name, number] if parameter.is_list else [name])
        file = received.begin(parameter, name=item.name, content_type=item.content_type, at=at + place)
        await file.write(item.data)
        values.append(await file.finish())
    if len(received.blobs) == before:
        return None
    return values if parameter.is_list else values[0]
