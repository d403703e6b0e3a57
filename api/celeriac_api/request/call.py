"""Reads a request once into one value: its parameters first, then its body."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from inspect import Parameter
from typing import Any, Generic, TypeVar

from starlette.types import Receive, Scope

from celeriac_api.access.caller import Caller
from celeriac_api.request.body import read_json, refuse_body
from celeriac_api.request.fields import FIELDS, Fields
from celeriac_api.request.judgement import Judge
from celeriac_api.request.parameters import ParameterReader, Parameters
from celeriac_api.request.upload.body import Upload

P = TypeVar("P", bound=Parameters)
B = TypeVar("B")


@dataclass(slots=True)
class Call(Generic[P, B]):
    """One call of a route, as its handler takes it. `fields` are its headers, for what several routes look at: `Accept`, `Authorization`."""

    parameters: P
    body: B
    fields: Fields
    receive: Receive
    caller: Caller

    async def until_gone(self) -> None:
        """Wait until the client has closed the connection, or the response is sent."""
        while (await self.receive())["type"] != "http.disconnect":
            pass


def _needs_a_caller(raw: bytes) -> Any:
    raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Body(Generic[B]):
    """The body that a route reads. `read` makes a value of its bytes (none: no body), or raises what refuses it.

    Where it matters who calls, `read_for` is given in its place, and makes a `read` for a caller.
    """

    read: Callable[[bytes], B] = _needs_a_caller
    read_for: Callable[[Caller], Callable[[bytes], B]] | None = None
    # The model that OpenAPI shows.
    documented: Any
    examples: Sequence[Any] | None = None
    # As in `inspect.Parameter`: what no body means, if it means something.
    default: Any = Parameter.empty
    required: bool = True
    # Whether the handler reads it, from `receive`: none of it is read before.
    is_streamed: bool = False
    # How a body with files is read, if there may be one.
    upload: Upload[B] | None = None
    # What OpenAPI shows of bodies of other media types.
    other_media: Mapping[str, Any] | None = None


class CallReader(Generic[P]):
    """Prepared once for a route, used for every request."""

    def __init__(self, parameters: type[P], judge: Judge) -> None:
        """`judge` looks at the bodies."""
        self._parameters = ParameterReader(parameters)
        self._judge = judge

    def read(self, scope: Scope, receive: Receive, caller: Caller) -> Call[P, None]:
        """The request of this caller, without a body, as one value."""
        call = self.read_head(scope, receive, caller)
        refuse_body(call.fields, method=scope["method"])
        return call

    def read_head(self, scope: Scope, receive: Receive, caller: Caller) -> Call[P, None]:
        """The same, if there may be a body, which is not read."""
        return Call(self._parameters.read(scope), None, scope[FIELDS], receive, caller)

    async def read_with_body(
        self, body: Body[B], scope: Scope, receive: Receive, caller: Caller
    ) -> Call[P, B]:
        """The same with its body."""
        fields = scope[FIELDS]
        if body.upload is not None and body.upload.takes(fields):
            return await self._read_upload(body.upload, scope, receive, caller)
        parameters = self._parameters.read(scope)
        read = body.read if body.read_for is None else body.read_for(caller)
        raw = await read_json(fields, receive, largest=caller.most_bytes(self._judge.largest))
        return Call(parameters, await self._judge.judge(raw, read), fields, receive, caller)

    async def _read_upload(
        self, upload: Upload[B], scope: Scope, receive: Receive, caller: Caller
    ) -> Call[P, B]:
        fields = scope[FIELDS]
        scope, values = upload.split(scope)
        parameters = self._parameters.read(scope)
        value = await upload.read(values, fields, receive, self._judge, caller)
        return Call(parameters, value, fields, receive, caller)
