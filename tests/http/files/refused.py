"""Requests about bodies and files that are refused, each for another reason."""

import httpx

from tests.support.door import run

HEAD = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'


def malformed_json(client: httpx.Client) -> httpx.Response:
    """It is cut off."""
    return client.post("/add", content=b"{", headers={"Content-Type": "application/json"})


def malformed_form(client: httpx.Client) -> httpx.Response:
    """It has no parts."""
    return _form(client, b"x")


def large_file(client: httpx.Client) -> httpx.Response:
    """It has to be stored."""
    return _form(client, HEAD + b"x" * 70_000 + b"\r\n--x--")


def file_without_room(client: httpx.Client) -> httpx.Response:
    """It has more bytes than an owner may have."""
    return _form(client, HEAD + b"x" * 100_001 + b"\r\n--x--")


def result_of_another_type(client: httpx.Client) -> httpx.Response:
    """It is not a picture."""
    return _result(client, {"accept": "image/png"})


def range_behind_the_end(client: httpx.Client) -> httpx.Response:
    """It has two bytes."""
    return _result(client, {"range": "bytes=9-"})


def _form(client: httpx.Client, body: bytes) -> httpx.Response:
    return client.post(
        "/same_file", content=body, headers={"Content-Type": "multipart/form-data; boundary=x"}
    )


def _result(client: httpx.Client, headers: dict[str, str]) -> httpx.Response:
    return client.get(run(client, "same_bytes", data="aGk=")["links"]["result"], headers=headers)
