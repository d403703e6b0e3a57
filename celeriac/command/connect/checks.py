"""The checks of `celeriac doctor`: server, versions, clock, key, Redis, queues and round trips."""

import shlex
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx

from celeriac.client import errors
from celeriac.client.client import Client
from celeriac.command.connect.findings import Finding, failure, ok, skipped, warning
from celeriac.command.connect.round_trips import ANSWER_SECONDS, echo, files
from celeriac.command.connect.server import Server
from celeriac.command.output.client_errors import refusal_of
from celeriac.version import VERSION

# The header `Date` has whole seconds, and the answer takes a moment.
MOST_CLOCK_SECONDS = 5.0
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Examination:
    """All checks of one server, in the order in which they build on each other."""

    def __init__(self, server: Server) -> None:
        """Nothing is asked yet."""
        # How far the clock of the server is ahead of this one, in seconds; None if it does not send its time.
        self._ahead: float | None = None
        self._client = server.client(timeout=ANSWER_SECONDS, event_hooks={"response": [self._compare_clocks]})

    def findings(self) -> Iterator[Finding]:
        """One finding a check, as it is made; the first failure of the server ends them."""
        with self._client as client:
            finding = self._made("server", lambda: self._server(client))
            yield finding
            if finding.verdict == "fail":
                return
            for name, check in self._checks(client):
                yield self._made(name, check)
            yield from self._of_queues(client)
            yield self._made("echo", lambda: echo(client))
            yield self._made("files", lambda: files(client))

    def _checks(self, client: Client) -> Iterator[tuple[str, Callable[[], Finding]]]:
        yield "versions", lambda: _versions(client)
        yield "clock", self._clock
        yield "key", lambda: _key(client)
        yield "redis", lambda: _redis(client)

    def _made(self, name: str, check: Callable[[], Finding]) -> Finding:
        try:
            return check().of(name)
        except errors.Forbidden as forbidden:
            return skipped(f"The key lacks the scope {forbidden.scope}.").of(name)
        except errors.Unauthorized:
            return skipped("It needs a valid key.").of(name)
        except errors.CeleriacError as error:
            refusal = refusal_of(error)
            text = " ".join(filter(None, (str(refusal), refusal.why)))
            return failure(text, refusal.advice, refusal.exit_code).of(name)

    def _server(self, client: Client) -> Finding:
        start = time.perf_counter()
        client.livez()
        return ok(f"{client.base_url} answers, after {(time.perf_counter() - start) * 1_000:.0f} ms.")

    def _clock(self) -> Finding:
        if self._ahead is None:
            return skipped("The server does not send its time.")
        if abs(self._ahead) <= MOST_CLOCK_SECONDS:
            return ok("The clocks of server and client agree.")
        return warning(
            f"The clock of the server is {abs(self._ahead):.0f} s {'ahead of' if self._ahead > 0 else 'behind'} this one.",
            "Let both follow NTP: times such as --created-after 1h are relative to this clock.",
        )

    def _of_queues(self, client: Client) -> Iterator[Finding]:
        queues: list[Any] = []

        def read() -> Finding:
            queues.extend(client.queues())
            return ok("The server has no queue.")

        finding = self._made("queues", read)
        yield from (_queue(queue).of(f"queue {queue['name']}") for queue in queues)
        if not queues:
            yield finding

    def _compare_clocks(self, response: httpx.Response) -> None:
        """By the first answer alone: the server makes it at once."""
        if self._ahead is None:
            with suppress(TypeError, ValueError):
                date = parsedate_to_datetime(response.headers.get("date", ""))
                self._ahead = (date - datetime.now(UTC)).total_seconds()


def _versions(client: Client) -> Finding:
    version = client.openapi().get("info", {}).get("version")
    if version == VERSION:
        return ok(f"Server and client have the version {VERSION}.")
    return warning(
        f"The server has the version {version}, and the client {VERSION}.",
        f"pip install {shlex.quote(f'celeriac=={version}')}",
    )


def _key(client: Client) -> Finding:
    parts = urlsplit(client.base_url)
    try:
        own = client.me()
    except errors.Unauthorized as refusal:
        return failure(refusal.detail, refusal_of(refusal).advice, refusal_of(refusal).exit_code)
    if own["name"] is None and parts.hostname in LOOPBACK:
        return ok("The server is open to this machine: no key is needed until the first one is created.")
    if own["name"] is None:
        return warning(
            "The server is open: everybody who reaches it can use it.",
            "Create a key: celeriac keys create NAME",
        )
    text = f"The key {own['name']!r} of owner {own['owner']!r} has the scopes {', '.join(own['scopes'])}."
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        return warning(f"{text} It travels unencrypted.", "Use https.")
    return ok(text)


def _redis(client: Client) -> Finding:
    client.readyz()
    return ok("Redis answers, accepts writes and keeps its data.")


def _queue(queue: Any) -> Finding:
    name, depth, count = queue["name"], queue["depth"], queue["workers"]
    waiting = f"{depth} {'task waits' if depth == 1 else 'tasks wait'}"
    if queue["paused"]:
        return warning(f"It is paused; {waiting}.", f"celeriac resume {shlex.quote(name)}")
    if not count:
        judged = failure if depth else warning
        return judged(
            f"No worker serves it; {waiting}.", f"Start one: celeriac worker -Q {shlex.quote(name)}"
        )
    return ok(f"{count} {'worker serves' if count == 1 else 'workers serve'} it; {waiting}.")
