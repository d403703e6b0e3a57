"""Manages keys; for a client whose key has the scope `admin`."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, cast

from celeriac.client.calls.described import Described, items_of, object_of
from celeriac.client.calls.tasks import time_text
from celeriac.client.documents import AuditEntry, KeyDocument, KeyWithSecret, OwnKey
from celeriac.client.flow.call import call, series
from celeriac.client.flow.retries import answer_to
from celeriac.client.flow.steps import Flow, Series
from celeriac.client.wire.request import Request, path_of

JSON = {"Content-Type": "application/json"}


class Keys(Described):
    """`me`, `keys`, `key`, `create_key`, `rotate_key`, `revoke_key` and `audit`."""

    @call
    def me(self, *, timeout: float | None = None) -> Flow[OwnKey]:
        """The name, owner and scopes of the client's own key."""
        request = Request("GET", "/me")
        return cast("OwnKey", (yield from self._key_of(request, timeout)))

    @call
    def keys(self, *, timeout: float | None = None) -> Flow[list[KeyDocument]]:
        """All keys, without their secrets."""
        return items_of((yield from answer_to(Request("GET", "/keys"), self.deadline(timeout))))

    @call
    def key(self, name: str, /, *, timeout: float | None = None) -> Flow[KeyDocument]:
        """One key, without its secret."""
        request = Request("GET", path_of("keys", name))
        return cast("KeyDocument", (yield from self._key_of(request, timeout)))

    @call
    def create_key(
        self,
        name: str,
        /,
        *,
        scopes: Iterable[str],
        owner: str | None = None,
        expires: str | None = None,
        limits: Mapping[str, float] | None = None,
        timeout: float | None = None,
    ) -> Flow[KeyWithSecret]:
        """Create a key; `key` in the answer is its secret, which nothing shows again.

        `expires` is a duration such as `90d`. `limits` can have `rate`, `burst`, `unfinished`, `body_bytes`, `waits` and `streams`.
        """
        members: dict[str, Any] = {"name": name, "scopes": list(scopes)}
        optional = {"owner": owner, "expires": expires, "limits": None if limits is None else dict(limits)}
        members.update({member: value for member, value in optional.items() if value is not None})
        request = _post(path_of("keys"), members)
        return cast("KeyWithSecret", (yield from self._key_of(request, timeout)))

    @call
    def rotate_key(
        self, name: str, /, *, overlap: str = "0", timeout: float | None = None
    ) -> Flow[KeyWithSecret]:
        """Give a key a new secret; the old one stays valid for the overlap, such as `1h`."""
        request = _post(path_of("keys", name, "rotate"), {"overlap": overlap})
        return cast("KeyWithSecret", (yield from self._key_of(request, timeout)))

    @call
    def revoke_key(self, name: str, /, *, timeout: float | None = None) -> Flow[None]:
        """Revoke a key."""
        request = Request("DELETE", path_of("keys", name), repeatable=False)
        yield from answer_to(request, self.deadline(timeout))

    @series
    def audit(
        self, *, before: datetime | str | None = None, timeout: float | None = None
    ) -> Series[AuditEntry]:
        """Iterate over who changed what, the newest first. `timeout` is for each page."""
        query = [] if before is None else [("before", time_text("before", before))]
        entries: Series[AuditEntry] = self._listed("audit", query, timeout, lambda entry: entry)
        yield from entries

    def _key_of(self, request: Request, timeout: float | None) -> Flow[Any]:
        return object_of((yield from answer_to(request, self.deadline(timeout))), "name", "scopes")


def _post(path: str, members: Mapping[str, Any]) -> Request:
    """Not to be repeated: if the answer is lost, so is the secret in it."""
    return Request("POST", path, JSON, json.dumps(members).encode(), repeatable=False)
