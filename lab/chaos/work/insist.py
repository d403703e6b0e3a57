"""Repeats a request, at one API after the other, until it is answered."""

import json
from collections.abc import Mapping, Sequence
from itertools import cycle
from threading import Event
from typing import Any

import httpx

PATIENCE_SECONDS = 0.1
IN_DOUBT = (500, 503)


def insist(
    http: httpx.Client,
    ports: Sequence[int],
    method: str,
    path: str,
    *,
    content: Any = None,
    lines: Sequence[Any] | None = None,
    headers: Mapping[str, str] | None = None,
    refused: Sequence[int] = (),
) -> Any:
    """The JSON of the answer to this JSON, or to these lines of JSON; None for one with a status in `refused`. Any other refusal raises `HTTPStatusError`."""
    body: dict[str, Any] = {"json": content}
    if lines is not None:
        body = {"content": "\n".join(map(json.dumps, lines)).encode()}
        headers = {**(headers or {}), "Content-Type": "application/x-ndjson"}
    for port in cycle(ports):
        try:
            response = http.request(method, f"http://127.0.0.1:{port}{path}", headers=headers, **body)
        except httpx.HTTPError:
            Event().wait(PATIENCE_SECONDS)
            continue
        if response.status_code in refused:
            return None
        if response.status_code not in IN_DOUBT:
            response.raise_for_status()
            return response.json() if response.content else None
        Event().wait(PATIENCE_SECONDS)
    raise AssertionError("unreachable")
