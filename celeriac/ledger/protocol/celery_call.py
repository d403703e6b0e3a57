"""Reads what a task was called with from the message that Celery made."""

import base64
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from celeriac.ledger.protocol.kombu_forms import plain

JSON_TYPE = "application/json"


class CeleryCall(NamedTuple):
    """The arguments, without kombu's forms, and what follows the task in its canvas: "a chain", "a chord" or "callbacks"."""

    args: list[Any]
    kwargs: dict[str, Any]
    followed_by: str | None


def call_in(message: bytes) -> CeleryCall | None:
    """The call in the field `message` of a record; None where the body is not JSON, as it is with pickle and compression."""
    try:
        read = json.loads(b"{" + message)
        args, kwargs, embedded = _body(read)
        return CeleryCall([plain(each) for each in args], dict(plain(kwargs)), _followed_by(embedded))
    except (ValueError, TypeError, KeyError, RecursionError):  # nor is it ours to refuse
        return None


def input_of(call: CeleryCall | None, schema: Mapping[str, Any] | None) -> tuple[dict[str, Any], bool]:
    """The call as an input by this schema, whose properties are in the order of the parameters; and whether it fits.

    One that does not has `args` and `kwargs`, which are null where nobody can read them.
    """
    if call is None:
        return {"args": None, "kwargs": None}, False
    bound = None if schema is None else _bound(call, schema.get("properties") or {})
    return ({"args": call.args, "kwargs": call.kwargs}, False) if bound is None else (bound, True)


def _body(message: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any], dict[str, Any]]:
    if message["content-type"] != JSON_TYPE or "compression" in message["headers"]:
        raise ValueError("not readable here")
    body = message["body"]
    if message["properties"].get("body_encoding") == "base64":
        body = base64.b64decode(body, validate=True)
    args, kwargs, embedded = json.loads(body)
    if not (isinstance(args, list) and isinstance(kwargs, dict) and isinstance(embedded, dict)):
        raise TypeError("not the body of Celery's protocol 2")
    return args, kwargs, embedded


def _followed_by(embedded: Mapping[str, Any]) -> str | None:
    if embedded.get("chord"):
        return "a chord"
    if embedded.get("chain"):
        return "a chain"
    return "callbacks" if embedded.get("callbacks") or embedded.get("errbacks") else None


def _bound(call: CeleryCall, properties: Mapping[str, Any]) -> dict[str, Any] | None:
    """By name; None where the arguments are more than the parameters, or one is there twice."""
    bound: dict[str, Any] = {}
    rest = list(call.args)
    for name, schema in properties.items():
        if not rest:
            break
        if schema.get("type") == "array" and not isinstance(rest[0], list):
            bound[name], rest = rest, []  # the items of `*args`
        else:
            bound[name] = rest.pop(0)
    if rest or bound.keys() & call.kwargs.keys():
        return None
    return bound | call.kwargs
