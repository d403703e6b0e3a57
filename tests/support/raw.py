"""HTTP as bytes on a socket, for what no client would send."""

import socket

import httpx

SECONDS = 10


def exchange(url: httpx.URL, request: bytes) -> bytes:
    """Send these bytes, and read until the server closes the connection."""
    with _connection(url) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65_536), b""))


def response_to(url: httpx.URL, request: bytes) -> httpx.Response:
    """The same, as a response to this request."""
    method, target, _ = request.split(b" ", 2)
    head, _, body = exchange(url, request).partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    http_request = httpx.Request(method.decode(), url.join(target.decode()))
    return httpx.Response(int(status.split()[1]), headers=headers, content=body, request=http_request)


def send_and_leave(url: httpx.URL, request: bytes) -> None:
    """Send these bytes, and go away without waiting for an answer."""
    with _connection(url) as connection:
        connection.sendall(request)


def post(path: str, *headers: str, body: bytes = b"") -> bytes:
    """The bytes of a POST that asks the server to close afterwards."""
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", "Connection: close", *headers]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def _connection(url: httpx.URL) -> socket.socket:
    return socket.create_connection((url.host, url.port or 80), timeout=SECONDS)
