"""The large files of an owner's tasks have a limit, which an upload meets early."""

import httpx
import pytest

from tests.http.access.keys import Locked
from tests.support.door import document, problem_of
from tests.support.raw import post, response_to

# What comes at once of a body that is longer.
BEGINNING = b"x" * 80_000


def sent(client: httpx.Client, content: bytes, **headers: str) -> httpx.Response:
    """A task with this file."""
    return client.post("/same_file", files={"file": ("a.bin", content)}, headers=headers)


@pytest.fixture(scope="module")
def full(locked: Locked) -> httpx.Client:
    """A client of an owner whose room is used up."""
    client = locked.client_with("has-submit")
    first = sent(client, b"a" * 100_000, **{"idempotency-key": "the-first"})
    assert first.status_code == 202, first.text
    return client


@pytest.mark.parametrize("key", [(), ("Idempotency-Key: a-new-one",)], ids=["without a key", "with a key"])
def test_a_large_file_without_room_is_refused_before_it_is_read(
    full: httpx.Client, locked: Locked, key: tuple[str, ...]
) -> None:
    head = (
        *(f"{name}: {value}" for name, value in locked.headers("has-submit").items()),
        "Content-Type: a/b",
        *key,
    )
    response = response_to(full.base_url, post("/same_file", *head, "Content-Length: 190000", body=BEGINNING))
    assert problem_of(response) == (413, "file-space-used-up")
    assert document(response)["limit"] == "owner-file-bytes"


def test_a_repeated_submission_finds_its_task_without_room(full: httpx.Client) -> None:
    again = sent(full, b"a" * 100_000, **{"idempotency-key": "the-first"})
    assert (again.status_code, again.headers["idempotent-replayed"]) == (202, "true")
    other = sent(full, b"b" * 80_000, **{"idempotency-key": "another"})
    assert problem_of(other) == (413, "file-space-used-up")


def test_small_files_need_no_room(full: httpx.Client) -> None:
    assert sent(full, b"small").status_code == 202
