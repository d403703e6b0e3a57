"""Nothing is sent to an address that is not public, however it is written."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from celeriac.values.addresses.public_address import networks_of
from celeriac.values.addresses.webhook_url import WebhookURL, refusal_of_host, webhook_url
from celeriac_api.resources.webhooks.sending import Outcome, Sender
from tests.http.webhooks.hostile_addresses import REFUSED_BY_DNS, REFUSED_BY_TEXT

PUBLIC = "8.8.8.8"


class Listening:
    """Sockets on loopback addresses, all at one port, that nobody may connect to."""

    def __init__(self, stack: ExitStack) -> None:
        """Listens at once."""
        first = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        self.port = first.getsockname()[1]
        six = (socket.create_server(("::1", self.port), family=socket.AF_INET6),) if socket.has_ipv6 else ()
        self._sockets = [first, socket.create_server(("127.0.0.2", self.port)), *six]
        for one in self._sockets:
            stack.enter_context(one).settimeout(0)

    def connections(self) -> int:
        """How many came."""
        return sum(self._is_connected(one) for one in self._sockets)

    def _is_connected(self, one: socket.socket) -> bool:
        try:
            one.accept()[0].close()
        except BlockingIOError:
            return False
        return True


@pytest.fixture
def listening() -> Iterator[Listening]:
    with ExitStack() as stack:
        yield Listening(stack)


def send(*urls: WebhookURL, allowed: str = "", seconds: float = 5.0) -> list[Outcome]:
    """An attempt to send something to each."""

    async def attempts() -> list[Outcome]:
        sender = Sender(allowed=networks_of(allowed), timeout=seconds)
        try:
            return [await sender.send(url, {}, b"{}") for url in urls]
        finally:
            await sender.close()

    return asyncio.run(attempts())


def answers(monkeypatch: pytest.MonkeyPatch, *lookups: list[str]) -> list[str]:
    """Each look-up of a name has the next of these answers; the names that were looked up."""
    names: list[str] = []

    def look_up(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        answer = lookups[min(len(names), len(lookups) - 1)]
        names.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in answer]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return names


def as_read(text: str) -> WebhookURL | None:
    """The parts of a URL, or None where it is refused."""
    try:
        return webhook_url(text)
    except ValueError:
        return None


def test_a_url_whose_text_shows_where_it_leads_is_refused_and_never_connected_to(
    listening: Listening,
) -> None:
    texts = {form.replace("PORT", str(listening.port)) for form in REFUSED_BY_TEXT}
    assert len(texts) >= 60
    urls = [url for text in sorted(texts) if (url := as_read(text))]
    assert len(urls) >= 30
    assert [url.host for url in urls if not refusal_of_host(url.host, ())] == []
    outcomes = send(*urls)
    assert [outcome for outcome in outcomes if outcome.status is not None or not outcome.error] == []
    assert listening.connections() == 0


def test_a_name_with_one_address_that_is_not_public_is_not_connected_to(
    listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = answers(monkeypatch, *REFUSED_BY_DNS)
    outcomes = send(
        *(webhook_url(f"http://{n}.rebound.example:{listening.port}/") for n in range(len(REFUSED_BY_DNS)))
    )
    for name, addresses, outcome in zip(names, REFUSED_BY_DNS, outcomes, strict=True):
        assert (outcome.status, outcome.is_final) == (None, True), addresses
        assert f"the host {name} has the address" in (outcome.error or "")
    assert listening.connections() == 0


def test_a_name_that_changes_its_answer_between_look_ups_gains_nothing(
    listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = answers(monkeypatch, [PUBLIC], ["127.0.0.1"], ["127.0.0.1"])
    connected: list[Any] = []

    async def connect_nowhere(_: Any, __: Any, address: Any) -> None:
        connected.append(address[0])
        await asyncio.sleep(60)

    monkeypatch.setattr(asyncio.SelectorEventLoop, "sock_connect", connect_nowhere)
    url = webhook_url(f"http://rebound.example:{listening.port}/")
    outcome, again = send(url, url, seconds=0.2)
    assert (outcome.status, outcome.is_final) == (None, False)
    assert again.is_final
    assert (names, connected) == (["rebound.example"] * 2, [PUBLIC])
    assert listening.connections() == 0


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("https://example.com", ("https", "example.com", 443, "/")),
        ("HTTPS://Example.COM:8443/a%20b?x=1&y=/", ("https", "example.com", 8443, "/a%20b?x=1&y=/")),
        ("http://93.184.216.34/", ("http", "93.184.216.34", 80, "/")),
        ("https://[2606:4700:0:0::1111]/?a", ("https", "2606:4700::1111", 443, "/?a")),
        ("https://xn--bcher-kva.example?x", ("https", "xn--bcher-kva.example", 443, "/?x")),
        ("https://a_b.hooks.example.com/", ("https", "a_b.hooks.example.com", 443, "/")),
    ],
)
def test_a_public_url_is_read_as_it_is(text: str, parts: tuple[str, str, int, str]) -> None:
    url = webhook_url(text)
    assert url == parts
    assert refusal_of_host(url.host, ()) is None


def test_networks_that_are_allowed_are_connected_to_and_no_others(listening: Listening) -> None:
    allowed, port = "127.0.0.1/32", listening.port
    send(webhook_url(f"http://127.0.0.1:{port}/"), allowed=allowed, seconds=0.3)
    assert listening.connections() == 1
    others = [f"http://{host}:{port}/" for host in ("127.0.0.2", "[::1]", "[::ffff:127.0.0.1]")]
    assert all(outcome.is_final for outcome in send(*map(webhook_url, others), allowed=allowed))
    assert listening.connections() == 0
    assert refusal_of_host("127.0.0.1", networks_of(allowed)) is None
    with pytest.raises(ValueError, match="has host bits set"):
        networks_of("10.0.0.1/8")
