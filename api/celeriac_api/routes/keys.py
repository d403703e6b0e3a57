"""Creates, lists, rotates and revokes keys, and shows a caller its own."""

from typing import Annotated

from fastapi import Path
from pydantic import BaseModel
from starlette.responses import Response

from celeriac.access.key import Key
from celeriac.access.scopes import Scope
from celeriac.access.stored_keys import KeyExists, KeyNotFound, StoredKeys
from celeriac.ledger.store.connection import InDoubt, Unavailable
from celeriac.values.durations import duration_of
from celeriac_api.access.caller import Caller
from celeriac_api.access.file_space import FileSpace
from celeriac_api.access.key_documents import (
    FilesDocument,
    KeyDocument,
    KeyList,
    KeyRequest,
    KeyWithSecret,
    OwnKey,
    RotateRequest,
    Source,
    document_of,
    document_with_secret,
)
from celeriac_api.access.key_ring import KeyRing
from celeriac_api.request import body
from celeriac_api.request.call import Body, Call
from celeriac_api.request.parameters import Parameters
from celeriac_api.response import errors
from celeriac_api.response.address import address
from celeriac_api.response.json_bytes import Answer
from celeriac_api.response.near_names import shown
from celeriac_api.response.openapi import LOCATION, problems
from celeriac_api.server.route import Handler, Route


class OfKey(Parameters):
    """The parameters of a route about one key."""

    name: Annotated[str, Path(description="The name of the key.", examples=["ci"])]


class Keys:
    """What the routes do, with the keys in Redis and those of the file."""

    def __init__(self, stored: StoredKeys, ring: KeyRing, space: FileSpace) -> None:
        """`ring` learns of each change at once; the other processes learn within seconds."""
        self._stored, self._ring, self._space = stored, ring, space

    async def list_all(self, _: Call[Parameters, None]) -> Response:
        """All keys."""
        return _answer(KeyList(items=[document_of(key, source) for key, source in await self._all()]))

    async def get(self, call: Call[OfKey, None]) -> Response:
        """One key."""
        for key, source in await self._all():
            if key.name == call.parameters.name:
                return _answer(document_of(key, source))
        raise _not_found(call.parameters.name)

    async def own(self, call: Call[Parameters, None]) -> Response:
        """The key of the caller."""
        return _answer(OwnKey.of(call.caller, await self._files_of(call.caller)))

    async def _files_of(self, caller: Caller) -> FilesDocument | None:
        if not caller.owner:
            return None
        try:
            used = await self._space.used_by(caller)
        except (Unavailable, InDoubt):  # the rest is known without Redis
            return None
        return FilesDocument(count=used.files, bytes=used.size_bytes, most_bytes=self._space.most_bytes)

    async def create(self, call: Call[Parameters, KeyRequest]) -> Response:
        """A new key, with its secret."""
        name = call.body.name
        if name in self._ring.keys_of_file():
            raise _exists(name)
        try:
            key, secret = await self._stored.create(call.body.key())
        except KeyExists:
            raise _exists(name) from None
        await self._ring.catch_up()
        location = address(f"/keys/{name}")
        return _answer(document_with_secret(key, secret), 201, location=location, cache_control="no-store")

    async def rotate(self, call: Call[OfKey, RotateRequest]) -> Response:
        """A new secret for a key."""
        name = call.parameters.name
        try:
            key, secret = await self._stored.rotate(name, overlap=duration_of(call.body.overlap))
        except KeyNotFound:
            raise self._not_in_redis(name) from None
        await self._ring.catch_up()
        return _answer(document_with_secret(key, secret), cache_control="no-store")

    async def revoke(self, call: Call[OfKey, None]) -> Response:
        """The end of a key."""
        try:
            await self._stored.revoke(call.parameters.name)
        except KeyNotFound:
            raise self._not_in_redis(call.parameters.name) from None
        await self._ring.catch_up()
        return Response(status_code=204)

    async def _all(self) -> list[tuple[Key, Source]]:
        of_file: list[tuple[Key, Source]] = [(key, "file") for key in self._ring.keys_of_file().values()]
        stored: list[tuple[Key, Source]] = [(key, "redis") for key in (await self._stored.all()).values()]
        return sorted(of_file + stored, key=lambda entry: entry[0].name)

    def _not_in_redis(self, name: str) -> errors.Problem:
        if name in self._ring.keys_of_file():
            return errors.KeyInFile(
                f"The key {name!r} is in the file that CELERIAC_KEYS_FILE names: change it there."
            )
        return _not_found(name)


def routes(stored: StoredKeys, ring: KeyRing, space: FileSpace) -> list[Route]:
    """`/keys`, `/keys/{name}`, `/keys/{name}/rotate` and `/me`."""
    keys = Keys(stored, ring, space)
    return [
        _create_route(keys.create),
        _list_route(keys.list_all),
        _own_route(keys.own),
        _get_route(keys.get),
        _rotate_route(keys.rotate),
        _revoke_route(keys.revoke),
    ]


def _answer(document: BaseModel, status: int = 200, **headers: str) -> Answer:
    return Answer(document.model_dump_json().encode(), status, **headers)


def _exists(name: str) -> errors.KeyExists:
    return errors.KeyExists(f"A key has the name {name!r}: choose another name, or rotate that key.")


def _not_found(name: str) -> errors.KeyNotFound:
    return errors.KeyNotFound(f"No key has the name {shown(name)}. GET {address('/keys')} lists all keys.")


def _read_rotation(raw: bytes) -> RotateRequest:
    return body.validate(raw, RotateRequest) if raw else RotateRequest()


def _create_route(handler: Handler) -> Route:
    return Route(
        method="POST",
        path="/keys",
        scope=Scope.ADMIN,
        handler=handler,
        body=Body(
            read=lambda raw: body.validate(raw, KeyRequest),
            documented=KeyRequest,
            examples=[{"name": "ci", "scopes": ["submit:add", "read"], "expires": "90d"}],
        ),
        operation_id="create_key",
        summary="Create a key. Only this answer contains its secret.",
        tag="keys",
        status=201,
        returns=KeyWithSecret,
        answers={
            201: {"description": "The key, with its secret.", "headers": {"Location": LOCATION}},
            **problems(400, 409, 413, 415, 422),
        },
    )


def _list_route(handler: Handler) -> Route:
    return Route(
        method="GET",
        path="/keys",
        scope=Scope.ADMIN,
        handler=handler,
        operation_id="list_keys",
        summary="List all keys, without their secrets.",
        tag="keys",
        returns=KeyList,
        answers=problems(422),
    )


def _own_route(handler: Handler) -> Route:
    return Route(
        method="GET",
        path="/me",
        scope=Scope.ANY,
        handler=handler,
        operation_id="get_own_key",
        summary="Get the name, owner and scopes of the key that this request has.",
        tag="keys",
        returns=OwnKey,
        answers=problems(422),
    )


def _get_route(handler: Handler) -> Route:
    return Route(
        method="GET",
        path="/keys/{name}",
        scope=Scope.ADMIN,
        handler=handler,
        parameters=OfKey,
        operation_id="get_key",
        summary="Get a key, without its secret.",
        tag="keys",
        returns=KeyDocument,
        answers=problems(404, 422),
    )


def _rotate_route(handler: Handler) -> Route:
    return Route(
        method="POST",
        path="/keys/{name}/rotate",
        scope=Scope.ADMIN,
        handler=handler,
        parameters=OfKey,
        body=Body(read=_read_rotation, documented=RotateRequest, default=RotateRequest(), required=False),
        operation_id="rotate_key",
        summary="Give a key a new secret. Only this answer contains it.",
        tag="keys",
        returns=KeyWithSecret,
        answers=problems(400, 404, 409, 413, 415, 422),
    )


def _revoke_route(handler: Handler) -> Route:
    return Route(
        method="DELETE",
        path="/keys/{name}",
        scope=Scope.ADMIN,
        handler=handler,
        parameters=OfKey,
        operation_id="revoke_key",
        summary="Revoke a key. Every process refuses it within 5 seconds.",
        tag="keys",
        status=204,
        answers={204: {"description": "The key is revoked."}, **problems(404, 409, 422)},
    )
