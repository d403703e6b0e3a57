"""How the published keys are read, and for how long they are believed."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from celeriac_api.access.oidc.download import LARGEST_BYTES
from celeriac_api.access.oidc.provider import BELIEVED_SECONDS, PAUSE_SECONDS, Provider
from celeriac_api.access.oidc.published_keys import published_keys
from celeriac_api.response.errors import ProviderUnavailable
from tests.http.access.oidc.identity_provider import (
    DISCOVERY,
    IdentityProvider,
    identity_provider,
    jwk_of,
    rsa_key,
)


class Clock:
    """A clock that goes on by hand."""

    def __init__(self) -> None:
        """Begin at an hour that means nothing."""
        self.seconds = 1_000.0

    def __call__(self) -> float:
        """The time."""
        return self.seconds


@pytest.fixture
def server() -> Iterator[IdentityProvider]:
    """A provider of this test's own."""
    with identity_provider() as own:
        yield own


def run(server: IdentityProvider, act: Callable[[Provider, Clock], Awaitable[None]]) -> None:
    """Do this with what reads the keys of this server."""

    async def main() -> None:
        clock = Clock()
        provider = Provider(server.issuer, clock=clock)
        try:
            await act(provider, clock)
        finally:
            await provider.close()

    asyncio.run(main())


def test_many_unknown_keys_cause_one_download_in_five_seconds(server: IdentityProvider) -> None:
    async def act(provider: Provider, clock: Clock) -> None:
        found = await asyncio.gather(*(provider.find(f"unknown-{number}") for number in range(50)))
        assert found == [None] * 50
        assert server.paths == [DISCOVERY, "/jwks"]
        clock.seconds += PAUSE_SECONDS
        assert await provider.find("unknown") is None
        assert len(server.paths) == 4

    run(server, act)


def test_known_keys_are_believed_for_an_hour_while_the_provider_is_away(server: IdentityProvider) -> None:
    async def act(provider: Provider, clock: Clock) -> None:
        assert await provider.find("first") is not None
        server.stop()
        clock.seconds += BELIEVED_SECONDS - 1
        assert await provider.find("first") is not None
        with pytest.raises(ProviderUnavailable):
            await provider.find("unknown")
        clock.seconds += 2
        with pytest.raises(ProviderUnavailable):
            await provider.find("first")

    run(server, act)


def test_a_token_without_a_key_id_is_checked_by_a_sole_key(server: IdentityProvider) -> None:
    async def act(provider: Provider, clock: Clock) -> None:
        assert await provider.find("") is not None
        server.private["second"] = rsa_key()
        server.publish("first", "second")
        clock.seconds += PAUSE_SECONDS
        await provider.find("second")
        assert await provider.find("") is None

    run(server, act)


def spoil_issuer(server: IdentityProvider) -> None:
    server.publish("first", issuer=server.issuer + "/")


def spoil_address(server: IdentityProvider) -> None:
    server.publish("first", jwks_uri="http://192.0.2.1/jwks")


def spoil_size(server: IdentityProvider) -> None:
    server.documents["/jwks"] += b" " * LARGEST_BYTES


def spoil_json(server: IdentityProvider) -> None:
    server.documents["/jwks"] = b"[" * 100_000


def spoil_keys(server: IdentityProvider) -> None:
    server.documents["/jwks"] = b'{"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "first"}]}'


def spoil_discovery(server: IdentityProvider) -> None:
    del server.documents[DISCOVERY]


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (spoil_issuer, "they must be equal"),
        (spoil_address, "no jwks_uri that begins with https://"),
        (spoil_size, "is larger than"),
        (spoil_json, "does not contain valid JSON"),
        (spoil_keys, "no public key for signatures"),
        (spoil_discovery, "answers 404"),
    ],
)
def test_a_wrong_document_gives_no_keys_and_the_log_has_the_reason(
    server: IdentityProvider,
    caplog: pytest.LogCaptureFixture,
    spoil: Callable[[IdentityProvider], None],
    words: str,
) -> None:
    spoil(server)

    async def act(provider: Provider, _: Clock) -> None:
        with pytest.raises(ProviderUnavailable):
            await provider.find("first")

    run(server, act)
    assert words in caplog.text


def test_only_public_keys_of_sufficient_length_are_used() -> None:
    usable, short = jwk_of(rsa_key(), "usable"), jwk_of(rsa_key(1_024), "short")
    koblitz = jwk_of(ec.generate_private_key(ec.SECP256K1()), "koblitz")
    encrypting = {**usable, "kid": "encrypting", "use": "enc"}
    symmetric = {"kty": "oct", "k": "c2VjcmV0", "kid": "symmetric"}
    broken = {"kty": "RSA", "n": "!", "e": "AQAB", "kid": "broken"}
    pinned = {**usable, "kid": "pinned", "alg": "PS256"}
    keys = published_keys(
        {"keys": [usable, short, koblitz, encrypting, symmetric, broken, pinned, {"kty": ["RSA"]}, "text"]}
    )
    assert keys.keys() == {"usable", "pinned"}
    assert keys["pinned"].algorithms == ("PS256",)
    assert "HS256" not in keys["usable"].algorithms
