"""Keys for tests: in a file, in Redis, one of each kind."""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx

from celeriac.access.key import Key
from celeriac.access.scopes import GRANTABLE, allows
from celeriac.access.secret import new_secret
from celeriac.access.stored_keys import StoredKeys
from celeriac.ledger.tables.keys import KeyTable
from lab.harness.servers import API, running_api

# For the parameters of paths: what is not there, but for the queue.
PARAMETERS = {
    "{task_id}": "00000000-0000-4000-8000-000000000000",
    "{batch_id}": "00000000-0000-4000-8000-000000000000",
    "{queue}": "default",
    "{name}": "no-such-key",
    "{key:path}": "no/such key",
}

LIMITS = {"rate": 0.000_001, "burst": 1, "waits": 0, "streams": 0}
# An identity provider that is not there: at port 9 nobody answers.
AWAY = {"oidc_issuer": "http://127.0.0.1:9", "oidc_audience": "celeriac"}

Answer = TypeVar("Answer")


def bearer(secret: str) -> dict[str, str]:
    """The header that a request with this key has."""
    return {"Authorization": f"Bearer {secret}"}


def write_keys(path: Path, *keys: dict[str, Any]) -> Path:
    """A file with these keys, in place of the one before at one moment, as a container's platform does it."""
    new = path.with_suffix(".new")
    new.write_text(json.dumps({"keys": keys}))
    os.replace(new, path)  # noqa: PTH105 - the name stays, and the file is another one
    return path


def file_key(name: str, *scopes: str, **more: Any) -> tuple[dict[str, Any], str]:
    """An entry of such a file, and its secret."""
    secret = new_secret()
    return {"name": name, "key": secret, "scopes": scopes, **more}, secret


def stored(url: str, act: Callable[[StoredKeys], Awaitable[Answer]]) -> Answer:
    """What comes of this, with the keys in the database at this URL."""

    async def run() -> Answer:
        table = KeyTable(url)
        try:
            return await act(StoredKeys(table))
        finally:
            await table.close()

    return asyncio.run(run())


def stored_key(url: str, name: str, *scopes: str, **more: Any) -> str:
    """The secret of a new key in this database."""
    key = Key(name=name, owner=more.pop("owner", name), grants=scopes, digests=(), **more)
    return stored(url, lambda keys: keys.create(key))[1]


@dataclass(frozen=True)
class Locked:
    """An API that needs a key; `secrets` are by name: `has-SCOPE`, `lacks-SCOPE`, `wrong`, `expired`, `revoked`.

    `limited` may submit one task, and neither wait nor stream; `unlimited` has the same owner.
    """

    client: httpx.Client
    secrets: dict[str, str]
    api: API

    @property
    def pid(self) -> int:
        """Of its process."""
        return self.api.pid

    @property
    def log(self) -> str:
        """What it has logged so far."""
        return self.api.log

    def headers(self, name: str) -> dict[str, str]:
        """The header that a request with this key has; none for `none`."""
        return bearer(self.secrets[name]) if name != "none" else {}

    def asked(self, method: str, path: str, key: str) -> AbstractContextManager[httpx.Response]:
        """The answer to a request with nothing but this key; a stream may have no end."""
        for parameter, value in PARAMETERS.items():
            path = path.replace(parameter, value)
        return self.client.stream(method, path, headers=self.headers(key))

    def client_with(self, name: str) -> httpx.Client:
        """A client that always has this key."""
        return httpx.Client(
            base_url=self.client.base_url, headers=self.headers(name), timeout=60, trust_env=False
        )


@contextmanager
def locked_api(url: str, directory: Path, **settings: Any) -> Iterator[Locked]:
    """Such an API on this database."""
    entries, secrets = [], {"wrong": new_secret()}
    for scope in GRANTABLE:
        lacking = [other.value for other in GRANTABLE if not allows([other], scope)]
        for name, scopes in ((f"has-{scope}", [scope]), (f"lacks-{scope}", lacking)):
            entry, secrets[name] = file_key(name, *scopes)
            entries.append(entry)
    for name, limits in (("limited", LIMITS), ("unlimited", {})):
        entry, secrets[name] = file_key(name, "submit", "read", "cancel", owner="limited", limits=limits)
        entries.append(entry)
    over = datetime.now(UTC) - timedelta(seconds=1)
    secrets["expired"] = stored_key(url, "expired", "admin", expires_at=over)
    secrets["revoked"] = stored_key(url, "revoked", "admin")
    stored(url, lambda keys: keys.revoke("revoked"))
    file = write_keys(directory / "keys-of-each-kind.json", *entries)
    with (
        running_api(directory, redis_url=url, keys_file=file, **{**AWAY, **settings}) as api,
        api.client() as client,
    ):
        yield Locked(client, secrets, api)
