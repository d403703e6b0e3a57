"""Makes an example call of the first task that declares an example."""

import json
import shlex
from contextlib import suppress
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

ANSWER_SECONDS = 20.0
# No proxy: the API is on this machine.
open_url = build_opener(ProxyHandler({})).open
# It has to fit into a line.
LONGEST_BODY = 60


def example_call(url: str) -> str | None:
    """A command for the shell; None where no task of the API at this URL has an example."""
    with suppress(OSError, ValueError):
        with open_url(f"{url}/openapi.json", timeout=ANSWER_SECONDS) as answer:
            document = json.load(answer)
        for path, methods in document["paths"].items():
            for body in map(json.dumps, _examples(methods)):
                if _is_of_a_task(path) and len(body) <= LONGEST_BODY:
                    return f"curl -X POST {url}{path} {_key_header(url)}-H 'content-type: application/json' -d {shlex.quote(body)}"
    return None


def _key_header(url: str) -> str:
    """The header with a key, where the API needs one."""
    try:
        with open_url(f"{url}/me", timeout=ANSWER_SECONDS):
            return ""
    except HTTPError:
        return '-H "authorization: Bearer $KEY" '


def _is_of_a_task(path: str) -> bool:
    return path.count("/") == 1 and path != "/tasks"


def _examples(methods: dict[str, Any]) -> list[Any]:
    """Those of a task's input."""
    content = methods.get("post", {}).get("requestBody", {}).get("content", {})
    examples: list[Any] = content.get("application/json", {}).get("schema", {}).get("examples", [])
    return examples
