"""A client with a key does what the key allows, and reports what not."""

import re
import uuid
from contextlib import suppress
from typing import Any

import pytest

from celeriac.client import errors
from celeriac.client.wire.problems import classes
from lab.harness.checkout import ROOT
from tests.client.sides import Side
from tests.http.access.keys import Locked


def client_with(side: Side, locked: Locked, name: str | None, **options: Any) -> Any:
    """A client with this key."""
    key = locked.secrets[name] if name else None
    return side.client(f"http://127.0.0.1:{locked.api.port}", key=key, **options)


def test_every_type_of_problem_in_the_documentation_has_a_class_of_its_own() -> None:
    text = (ROOT / "docs" / "reference" / "errors.md").read_text()
    documented = re.findall(r"^\| `([a-z-]+)` \| \d{3} \|", text, re.MULTILINE)
    assert len(documented) > 25
    assert classes().keys() == set(documented)
    assert len(set(classes().values())) == len(documented)


def test_a_missing_key_and_a_missing_scope_are_different_errors(side: Side, locked: Locked) -> None:
    for name in (None, "wrong", "expired", "revoked"):
        with client_with(side, locked, name) as client, pytest.raises(errors.Unauthorized) as failure:
            client.queues()
        assert (failure.value.status, failure.value.type) == (401, "unauthenticated")
        assert failure.value.request_id
        assert str(failure.value).endswith("Give a key: key=, CELERIAC_KEY, or a profile.")
    with client_with(side, locked, "has-read") as client:
        with pytest.raises(errors.Forbidden) as forbidden:
            client.submit("add", x=1, y=2)
        assert forbidden.value.scope == "submit"
        assert forbidden.value.problem["title"] == forbidden.value.title
        assert client.livez() == {"status": "ok"}
        assert client.me()["name"] == "has-read"


def test_limits_of_a_key_are_waited_for_within_the_deadline(side: Side, locked: Locked) -> None:
    with client_with(side, locked, "limited") as client:
        with suppress(errors.RateLimited):  # the other side of this test may have used the rate up
            client.submit("add", x=1, y=1, timeout=1)
        with pytest.raises(errors.RateLimited) as failure:
            client.submit("add", x=2, y=1, timeout=1)
        assert failure.value.limit == "key-rate"
    with client_with(side, locked, "limited", away=0.5) as client, pytest.raises(errors.RateLimited):
        next(client.events())


def test_a_key_that_may_not_wait_still_runs_tasks(side: Side, locked: Locked) -> None:
    with client_with(side, locked, "has-admin") as admin:
        secret = admin.create_key(uuid.uuid4().hex, scopes=["submit", "read"], limits={"waits": 0})["key"]
    with side.client(f"http://127.0.0.1:{locked.api.port}", key=secret) as client:
        with pytest.raises(errors.TimedOut) as out:  # there is no worker
            client.run("add", x=1, y=2, timeout=4)
        assert client.get(out.value.task_id).state == "queued"


def test_an_administrator_manages_keys_and_reads_the_audit_trail(side: Side, locked: Locked) -> None:
    name = f"ci-{uuid.uuid4().hex[:8]}"
    with client_with(side, locked, "has-admin") as client:
        key = client.create_key(name, scopes=["read"], expires="90d", limits={"rate": 5})
        assert key["key"].startswith("clrc_")
        with pytest.raises(errors.KeyExists):
            client.create_key(name, scopes=["read"])
        assert client.key(name)["limits"]["rate"] == 5
        assert name in [entry["name"] for entry in client.keys()]  # noqa: SIM118 - a call of the API
        assert client.rotate_key(name, overlap="1h")["key"] != key["key"]
        client.revoke_key(name)
        with pytest.raises(errors.KeyNotFound):
            client.key(name)
        actions = [entry["action"] for entry in client.audit() if entry["target"] == name]
        assert "revoke_key" in actions
