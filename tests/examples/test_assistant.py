"""The example of an assistant uses tasks as the tools of a model."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from celeriac import Client
from celeriac.client.events import Log, Output
from lab.harness.servers import running_api, running_worker

TASKS = "tasks,examples.assistant.assistant"
CALL: list[dict[str, Any]] = [
    {"index": 0, "id": "call_1", "function": {"name": "word_count", "arguments": ""}},
    {"index": 0, "function": {"arguments": '{"text": "to be or'}},
    {"index": 0, "function": {"arguments": ' not to be"}'}},
    {"index": 1, "id": "call_2", "function": {"name": "add", "arguments": '{"x": 4}'}},
]


class Model(BaseHTTPRequestHandler):
    """Stands for a model: asks for two tools, one of them with a wrong input, and then says what it has got."""

    def do_POST(self) -> None:
        """One step of a conversation, streamed."""
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        answers = [message["content"] for message in body["messages"] if message["role"] == "tool"]
        if answers:
            deltas = [{"content": word} for word in ("I have: ", *answers)]
        else:
            assert {"add", "word_count"} <= {tool["function"]["name"] for tool in body["tools"]}
            deltas = [{"tool_calls": [part]} for part in CALL]
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        for delta in deltas:
            self.wfile.write(b"data: " + json.dumps({"choices": [{"delta": delta}]}).encode() + b"\n\n")
            self.wfile.flush()
        self.wfile.write(b"data: [DONE]\n\n")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def model() -> Iterator[str]:
    """The address of its API."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Model) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/v1"
        finally:
            server.shutdown()


@contextmanager
def assistant(
    redis_url: str, directory: Path, monkeypatch: pytest.MonkeyPatch, **settings: Any
) -> Iterator[str]:
    """The address of an API with a worker and a model; `settings` are those of the API."""
    with model() as model_url, running_api(directory, redis_url=redis_url, tasks=TASKS, **settings) as api:
        url = f"http://127.0.0.1:{api.port}"
        monkeypatch.setenv("MODEL_URL", model_url)
        with running_worker(directory, redis_url=redis_url, tasks=TASKS, url=url, loops=1):
            yield url


def test_a_model_answers_with_tasks_as_its_tools(
    new_database: Callable[[], str], directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with assistant(new_database(), directory, monkeypatch) as url, Client(url) as client:
        answer = client.submit("answer", question="How many words are there?")
        events = list(answer.events())
        tools = [each for each in client.tasks(name="word_count") if each.document["parent_id"] == answer.id]
        text = answer.result()
    assert text.startswith('I have: {"to": 2, "be": 2, "or": 1, "not": 1}This did not work: ')
    assert "".join(event.chunk for event in events if isinstance(event, Output)) == text
    assert Log('word_count {"text": "to be or not to be"}') in events
    assert len(tools) == 1
