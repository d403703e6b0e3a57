"""An answer is written to the socket once, and whatever else uvicorn writes still arrives."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
import uvicorn
import uvloop
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from celeriac_api.server.connections.one_write import OneWrite

BODY = b"letters"
LARGE = 3_000_000
SECONDS = 10

Client = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Recording:
    """A transport that writes down what it is asked to write."""

    def __init__(self, transport: Any, written: list[bytes]) -> None:
        """Nothing is written yet."""
        self._transport, self._written = transport, written

    def __getattr__(self, name: str) -> Any:
        """All else is done by the transport itself."""
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Write, and write down."""
        self._written.append(data)
        self._transport.write(data)

    def writelines(self, parts: tuple[bytes, ...]) -> None:
        """Likewise; it is one write."""
        self._written.append(b"".join(parts))
        self._transport.writelines(parts)


class App:
    """Answers in the way that the path says."""

    def __init__(self) -> None:
        """Nobody has asked."""
        self.may_go_on = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        body = (await receive())["body"]
        match scope["path"]:
            case "/nothing":
                await send({"type": "http.response.start", "status": 204, "headers": []})
                await send({"type": "http.response.body", "body": b""})
            case "/stream":
                await send({"type": "http.response.start", "status": 200, "headers": []})
                await self.may_go_on.wait()
                await send({"type": "http.response.body", "body": BODY})
            case "/large":
                await _answer(send, b"x" * LARGE)
            case _:
                await _answer(send, body or BODY)


async def _answer(send: Send, body: bytes) -> None:
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class Server:
    """A real server with this protocol, and what it has written."""

    def __init__(self, runner: asyncio.Runner) -> None:
        """It listens to one client after the other."""
        self._runner = runner
        self.app = App()
        self.written: list[bytes] = []

    def serve(self, client: Client) -> None:
        """Let this client talk to it."""
        self._runner.run(self._serve(client))

    async def _serve(self, client: Client) -> None:
        config = uvicorn.Config(self.app, http=OneWrite, lifespan="off", log_level="warning")
        config.load()
        written = self.written

        class Recorded(OneWrite):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                super().connection_made(Recording(transport, written))  # type: ignore[arg-type]  # it is one by what it does

        def protocol() -> OneWrite:
            return Recorded(config=config, server_state=ServerState(), app_state={})

        server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        async with asyncio.timeout(SECONDS):
            await client(reader, writer)
        writer.close()
        server.close()


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server in either event loop."""
    with asyncio.Runner(loop_factory=request.param) as runner:
        yield Server(runner)


def asked(path: str, *headers: str, method: str = "GET") -> bytes:
    """A request without a body."""
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: localhost", *headers, "", ""]).encode()


def test_head_and_body_are_one_write(server: Server) -> None:
    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(3):
            writer.write(asked("/"))
            await reader.readuntil(BODY)

    server.serve(client)
    assert [(data[:15], data[-len(BODY) :]) for data in server.written] == [(b"HTTP/1.1 200 OK", BODY)] * 3


def test_requests_that_come_together_are_answered_in_order(server: Server) -> None:
    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(asked("/") + asked("/nothing") + asked("/"))
        answers = await reader.readuntil(BODY) + await reader.readuntil(BODY)
        assert re.findall(rb"HTTP/1.1 (\d+)", answers) == [b"200", b"204", b"200"]

    server.serve(client)


@pytest.mark.parametrize(("path", "method"), [("/nothing", "GET"), ("/", "HEAD")])
def test_an_answer_without_a_body_arrives(server: Server, path: str, method: str) -> None:
    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(asked(path, method=method))
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 20")

    server.serve(client)


def test_the_head_of_a_stream_does_not_wait_for_its_first_part(server: Server) -> None:
    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(asked("/stream"))
        await reader.readuntil(b"\r\n\r\n")
        server.app.may_go_on.set()
        await reader.readuntil(BODY)

    server.serve(client)


def test_who_asks_whether_to_go_on_is_told_so(server: Server) -> None:
    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(asked("/", "Expect: 100-continue", "Content-Length: 4", method="POST"))
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"dear")
        await reader.readuntil(b"dear")

    server.serve(client)


@pytest.mark.parametrize(("path", "size"), [("/", len(BODY)), ("/large", LARGE), ("/nothing", 0)])
def test_all_is_sent_before_the_connection_is_closed(server: Server, path: str, size: int) -> None:
    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(asked(path, "Connection: close"))
        head, _, body = (await reader.read(-1)).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 20")
        assert len(body) == size

    server.serve(client)


def test_what_is_no_request_is_refused_and_the_refusal_arrives(server: Server) -> None:
    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"nonsense\r\n\r\n")
        assert (await reader.read(-1)).startswith(b"HTTP/1.1 400 Bad Request")

    server.serve(client)
