"""Results that are files go out as what they are."""

import hashlib
from typing import Any

import httpx
import pytest

from tests.support.door import Document, document, ended, problem_of

DATA = bytes(range(256)) * 4


def submitted(
    client: httpx.Client, name: str, data: bytes, *, file: str = "a b.png", kind: str = "image/png"
) -> Document:
    """A task with this file as its result, at its end."""
    parameter = "data" if name == "same_bytes" else "file"
    return ended(client, document(client.post(f"/{name}", files={parameter: (file, data, kind)})))


@pytest.fixture(scope="module")
def picture(client: httpx.Client) -> str:
    """The address of a result that is a PNG file."""
    return str(submitted(client, "same_file", DATA)["links"]["result"])


@pytest.mark.parametrize(
    "accept", ["*/*", "image/png", "image/*;q=0.5, application/json;q=0.4", "text/html, */*;q=0.1"]
)
def test_a_file_comes_as_its_bytes(client: httpx.Client, picture: str, accept: str) -> None:
    response = client.get(picture, headers={"accept": accept})
    assert (response.status_code, response.content) == (200, DATA)
    headers = dict(response.headers) | {"date": "", "server": "", "x-request-id": ""}
    assert (
        headers.items()
        >= {
            "content-type": "image/png",
            "content-length": "1024",
            "etag": f'"{hashlib.sha256(DATA).hexdigest()}"',
            "content-disposition": "inline; filename*=utf-8''a%20b.png",
            "accept-ranges": "bytes",
            "x-content-type-options": "nosniff",
        }.items()
    )
    head = client.head(picture, headers={"accept": accept})
    assert (head.content, head.headers["content-length"]) == (b"", "1024")


@pytest.mark.parametrize(
    "accept", ["application/json", "application/json, */*", "image/jpeg, application/json;q=0.1"]
)
def test_whoever_prefers_json_gets_base64(client: httpx.Client, picture: str, accept: str) -> None:
    result = document(client.get(picture, headers={"accept": accept}))
    assert (result["size"], result["content_type"]) == (1024, "image/png")


@pytest.mark.parametrize("accept", ["image/jpeg", "text/*", "image/png;q=0, text/html"])
def test_a_type_that_it_is_not_is_not_acceptable(client: httpx.Client, picture: str, accept: str) -> None:
    assert problem_of(client.get(picture, headers={"accept": accept})) == (406, "not-acceptable")


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=1000-", 1000, 1024),
        ("bytes=-24", 1000, 1024),
        ("bytes=10-9999", 10, 1024),
    ],
)
def test_a_range_of_it_can_be_had(
    client: httpx.Client, picture: str, asked: str, start: int, end: int
) -> None:
    response = client.get(picture, headers={"range": asked})
    assert (response.status_code, response.content) == (206, DATA[start:end])
    assert response.headers["content-range"] == f"bytes {start}-{end - 1}/1024"


@pytest.mark.parametrize(
    "headers",
    [
        {"range": "bytes=0-1,5-6"},
        {"range": "bytes=5-1"},
        {"range": "bytes=-"},
        {"range": "lines=1-2"},
        {"range": "bytes=0-1", "if-range": '"other"'},
    ],
)
def test_a_range_that_does_not_count_is_all_of_it(
    client: httpx.Client, picture: str, headers: dict[str, str]
) -> None:
    response = client.get(picture, headers=headers)
    assert (response.status_code, len(response.content)) == (200, 1024)


@pytest.mark.parametrize("asked", ["bytes=1024-", "bytes=-0"])
def test_a_range_behind_its_end_is_refused(client: httpx.Client, picture: str, asked: str) -> None:
    response = client.get(picture, headers={"range": asked})
    assert problem_of(response) == (416, "range-not-satisfiable")
    assert response.headers["content-range"] == "bytes */1024"


def test_whoever_has_it_gets_no_bytes(client: httpx.Client, picture: str) -> None:
    etag = client.get(picture).headers["etag"]
    again = client.get(picture, headers={"if-none-match": f'"x", W/{etag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    part = client.get(picture, headers={"range": "bytes=0-0", "if-range": etag})
    assert part.status_code == 206


@pytest.mark.parametrize(
    ("name", "kind", "disposition"),
    [
        ("x.html", "text/html", 'attachment; filename="x.html"'),
        ("x.svg", "image/svg+xml", 'attachment; filename="x.svg"'),
        ("x.xml", "application/xml", 'attachment; filename="x.xml"'),
        ('"\r\nx: y".txt', "text/plain; charset=utf-8", "inline; filename*=utf-8''"),
        ("ü☃.mp4", "video/mp4", "inline; filename*=utf-8''%C3%BC%E2%98%83.mp4"),
    ],
)
def test_what_could_run_scripts_is_not_shown_by_a_browser(
    client: httpx.Client, name: str, kind: str, disposition: str
) -> None:
    task = submitted(client, "same_file", b"<script>", file=name, kind=kind)
    response = client.get(task["links"]["result"])
    assert response.headers["content-disposition"].startswith(disposition)
    assert response.headers["content-type"] == kind
    assert response.headers["content-security-policy"] == "default-src 'none'; sandbox"


def test_bytes_have_the_type_that_their_beginning_shows(client: httpx.Client) -> None:
    png = submitted(client, "same_bytes", b"\x89PNG\r\n\x1a\n")["links"]["result"]
    assert client.get(png, headers={"accept": "image/png"}).headers["content-type"] == "image/png"
    unknown = client.get(submitted(client, "same_bytes", b"hi")["links"]["result"])
    assert (unknown.headers["content-type"], unknown.content) == ("application/octet-stream", b"hi")
    assert unknown.headers["content-disposition"] == "attachment"


def test_a_file_inside_of_a_result_has_a_pointer(client: httpx.Client) -> None:
    result = submitted(client, "described_file", DATA)["links"]["result"]
    assert document(client.get(result))["size"] == 1024
    assert client.get(result, params={"pointer": "/file"}).content == DATA
    assert document(client.get(result, params={"pointer": "/size"})) == 1024
    assert problem_of(client.get(result, params={"pointer": "/fail"})) == (422, "invalid-input")


def test_one_request_brings_a_file_and_gets_one(client: httpx.Client) -> None:
    def send(accept: str, **request: Any) -> httpx.Response:
        return client.post("/same_file", params={"wait": 50}, headers={"accept": accept}, **request)

    picture = {"files": {"file": ("a.png", DATA, "image/png")}}
    response = send("image/png", **picture)
    assert (response.status_code, response.content) == (200, DATA)
    assert response.headers["location"].startswith("/tasks/")
    assert response.headers["preference-applied"] == "wait=50"
    assert document(send("*/*", **picture))["state"] == "succeeded"
    assert document(send("text/html,*/*;q=0.8", **picture))["state"] == "succeeded"
    assert problem_of(send("image/jpeg", **picture)) == (406, "not-acceptable")


def test_a_task_without_the_file_says_so(client: httpx.Client) -> None:
    accept = {"accept": "image/png"}
    failed = client.post("/no_file?wait=50", json={"fails": True}, headers=accept)
    assert problem_of(failed) == (409, "task-not-succeeded")
    assert failed.headers["location"] == f"/tasks/{document(failed)['task_id']}"
    nothing = client.post("/no_file?wait=50", json={}, headers=accept)
    assert document(nothing)["result"] is None
    assert document(client.get(document(nothing)["links"]["result"])) is None


def test_other_results_are_json_alone(client: httpx.Client) -> None:
    task = document(client.post("/add?wait=50", json={"x": 1, "y": 2}, headers={"accept": "image/png"}))
    assert task["result"] == 3
    assert problem_of(client.get(task["links"]["result"], headers={"accept": "image/png"})) == (
        406,
        "not-acceptable",
    )
    assert document(client.get(task["links"]["result"])) == 3
