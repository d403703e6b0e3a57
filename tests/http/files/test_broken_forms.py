"""Forms that are broken, endless or hostile are refused, and nothing of them stays."""

from collections.abc import Iterator

import httpx
import pytest

from lab.harness.servers import API
from tests.http.access.keys import Locked
from tests.support.door import document, problem_of
from tests.support.raw import post, response_to, send_and_leave

BOUNDARY = b"x"
HEAD = b'Content-Disposition: form-data; name="file"; filename="a"\r\n'


def part(content: bytes, head: bytes = HEAD) -> bytes:
    """A part with its boundary before it."""
    return b"--x\r\n" + head + b"\r\n" + content + b"\r\n"


def send(
    client: httpx.Client, body: bytes | Iterator[bytes], content_type: str = "multipart/form-data; boundary=x"
) -> httpx.Response:
    """This form."""
    return client.post("/same_file", content=body, headers={"content-type": content_type})


END = b"--x--\r\n"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "cut off"),
        (b"--x", "cut off"),
        (part(b"hi"), "cut off"),
        (part(b"hi") + b"--x-", "cut off"),
        (part(b"hi")[:-20], "cut off"),
        (b"hi" + END, "not valid multipart"),
        (b"--y\r\n" + HEAD + b"\r\nhi\r\n--y--", "not valid multipart"),
        (part(b"hi", b"Content-Type: a/b\r\n") + END, "has no name"),
        (part(b"hi", b"Content-Disposition: form-data\r\n") + END, "has no name"),
        (part(b"hi", b'Content-Disposition: attachment; name="file"\r\n') + END, "has no name"),
        (part(b"hi", HEAD + HEAD) + END, "twice"),
        (
            part(b"hi", HEAD + b"".join(b"A%d: b\r\n" % number for number in range(10))) + END,
            "not valid multipart",
        ),
        (part(b"hi", HEAD + b"A: " + b"b" * 5_000 + b"\r\n") + END, "not valid multipart"),
        (part(b"hi", HEAD + b"A\x00: b\r\n") + END, "not valid multipart"),
        (part(b"aGk=", HEAD + b"Content-Transfer-Encoding: base64\r\n") + END, "encoded"),
        (part(b"hi") + END + b"x" * 200_000, "outside of its parts"),
    ],
)
def test_a_broken_form_is_refused_with_a_reason(client: httpx.Client, body: bytes, words: str) -> None:
    response = send(client, body)
    assert problem_of(response) == (400, "malformed-form"), response.text
    assert words in document(response)["detail"]


@pytest.mark.parametrize(
    "parameters", ["", "; boundary=", '; boundary=""', f"; boundary={'x' * 71}", "; bound=x"]
)
def test_a_form_needs_a_boundary(client: httpx.Client, parameters: str) -> None:
    response = send(client, part(b"hi") + END, "multipart/form-data" + parameters)
    assert problem_of(response) == (400, "malformed-form")
    assert "boundary" in document(response)["detail"]


def test_a_form_of_ten_thousand_parts_is_refused_early(client: httpx.Client) -> None:
    head = b'Content-Disposition: form-data; name="several"; filename="a"\r\n'
    body = part(b"", head) * 10_000 + END
    response = client.post(
        "/describe", content=body, headers={"content-type": "multipart/form-data; boundary=x"}
    )
    assert problem_of(response) == (400, "malformed-form")
    assert "1000 parts" in document(response)["detail"]


def test_fields_together_are_as_large_as_a_body_may_be(client: httpx.Client) -> None:
    field = b'Content-Disposition: form-data; name="name"\r\n'
    response = send(client, part(b"x" * 1_100_000, field) + END)
    assert problem_of(response) == (413, "body-too-large")


def test_headers_without_an_end_are_refused(client: httpx.Client) -> None:
    def endless() -> Iterator[bytes]:
        yield b"--x\r\nA: "
        for _ in range(1_000):
            yield b"b" * 1_000

    assert problem_of(send(client, endless())) == (400, "malformed-form")


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 11])
def test_it_does_not_matter_where_a_form_is_cut_on_its_way(client: httpx.Client, size: int) -> None:
    content = b"\r\n--\r\n--y\r\n--w \r\r\n-"
    body = part(content) + END

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(body), size):
            yield body[start : start + size]

    response = client.post(
        "/same_file",
        params={"wait": 50},
        content=pieces(),
        headers={"content-type": "multipart/form-data; boundary=x", "accept": "application/octet-stream"},
    )
    assert response.content == content


def test_names_are_bounded_and_harmless(client: httpx.Client) -> None:
    long = b'Content-Disposition: form-data; name="%b"; filename="a"\r\n' % (b"n" * 3_000)
    response = send(client, part(b"hi", long) + END)
    assert problem_of(response) == (422, "invalid-input")
    assert len(response.content) < 2_000
    name = b'Content-Disposition: form-data; name="file"; filename="../../etc/\x01\x7fpasswd"\r\n'
    accepted = document(send(client, part(b"hi", name) + END))
    shown = document(client.get(accepted["links"]["input"]))
    assert shown["file"]["name"] == "passwd"


def test_a_file_of_nobody_is_refused_before_it_is_read(locked: Locked) -> None:
    head = ("Content-Type: multipart/form-data; boundary=x", "Content-Length: 1000000000")
    assert response_to(locked.client.base_url, post("/same_file", *head)).status_code == 401


def test_whoever_leaves_in_the_middle_harms_nobody(client: httpx.Client, api: API) -> None:
    head = ("Content-Type: multipart/form-data; boundary=x", "Content-Length: 1000000")
    send_and_leave(client.base_url, post("/same_file", *head, body=part(b"x" * 100_000)[:-2]))
    assert send(client, part(b"hi") + END).status_code == 202
    assert "Traceback" not in api.log
