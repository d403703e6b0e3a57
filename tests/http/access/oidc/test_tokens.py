"""Tokens of an identity provider open the API, and only valid ones."""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from lab.harness.servers import API, running_api
from lab.harness.waiting import wait_until
from tests.http.access.keys import bearer, stored_key
from tests.http.access.oidc.identity_provider import (
    SUBJECT,
    IdentityProvider,
    encoded,
    forged,
    identity_provider,
    jwk_of,
    rsa_key,
)
from tests.support.door import document, problem_of

ADD = {"x": 4, "y": 5}


@pytest.fixture(scope="module")
def provider() -> Iterator[IdentityProvider]:
    """A provider with keys of each kind."""
    with identity_provider() as server:
        server.private |= {
            "curve": ec.generate_private_key(ec.SECP256R1()),
            "edwards": ed25519.Ed25519PrivateKey.generate(),
            "stranger": rsa_key(),
        }
        server.publish("first", "curve", "edwards")
        yield server


@pytest.fixture(scope="module")
def url(new_database: Callable[[], str]) -> str:
    """A database without a key."""
    return new_database()


@pytest.fixture(scope="module")
def api(url: str, provider: IdentityProvider, directory: Path) -> Iterator[API]:
    """An API that trusts this provider."""
    settings = {"redis_url": url, "oidc_issuer": provider.issuer, "oidc_audience": "celeriac"}
    with running_api(directory, tasks="tasks", **settings) as server:
        yield server


@pytest.fixture(scope="module")
def door(api: API) -> Iterator[httpx.Client]:
    """A client of it, without a token."""
    with api.client() as client:
        yield client


def test_a_token_opens_what_its_scopes_allow_and_names_its_owner(
    door: httpx.Client, provider: IdentityProvider
) -> None:
    headers = bearer(provider.token())
    me = document(door.get("/me", headers=headers))
    assert (me["name"], me["owner"], me["scopes"]) == (SUBJECT, SUBJECT, ["read", "submit:add"])
    assert door.post("/add", json=ADD, headers=headers).status_code == 202
    refused = door.post("/primes", json={"below": 10}, headers=headers)
    assert (problem_of(refused), document(refused)["scope"]) == ((403, "forbidden"), "submit:primes")
    assert document(refused)["detail"].startswith(f"The token of '{SUBJECT}' lacks the scope")
    nothing = door.get("/tasks", headers=bearer(provider.token(scope="openid profile")))
    assert (problem_of(nothing), nothing.json()["detail"][-12:]) == ((403, "forbidden"), "it has none.")


def test_with_an_issuer_the_api_is_closed_and_keys_are_valid_too(door: httpx.Client, url: str) -> None:
    assert problem_of(door.get("/tasks")) == (401, "unauthenticated")
    assert door.get("/tasks", headers=bearer(stored_key(url, "reader", "read"))).status_code == 200


@pytest.mark.parametrize(
    ("kid", "algorithm"), [("first", "RS512"), ("first", "PS256"), ("curve", "ES256"), ("edwards", "EdDSA")]
)
def test_asymmetric_algorithms_that_fit_the_key_are_allowed(
    door: httpx.Client, provider: IdentityProvider, kid: str, algorithm: str
) -> None:
    token = provider.token(kid, algorithm=algorithm)
    assert door.get("/tasks", headers=bearer(token)).status_code == 200


def test_clocks_may_differ_by_a_minute(door: httpx.Client, provider: IdentityProvider) -> None:
    now = int(time.time())
    for token in (provider.token(exp=now - 30), provider.token(nbf=now + 30)):
        assert door.get("/tasks", headers=bearer(token)).status_code == 200


def tampered(provider: IdentityProvider) -> str:
    """A token with more scopes than were signed."""
    header, _, signature = provider.token().split(".")
    more = encoded(json.dumps(provider.claims(scope="admin")).encode()).decode()
    return f"{header}.{more}.{signature}"


def hmac_by_public_key(provider: IdentityProvider) -> str:
    """A token whose HMAC has as its secret what everybody knows."""
    pem = provider.private["first"].public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )  # fmt: skip
    return forged({"alg": "HS256", "kid": "first"}, provider.claims(), secret=pem)


def with_own_key(provider: IdentityProvider) -> str:
    """A token that brings the key for its check along."""
    stranger = jwk_of(provider.private["stranger"], "first")
    return provider.token("stranger", header={"kid": "first", "jwk": stranger})


def deep_header(_: IdentityProvider) -> str:
    """A token whose header is nested more deeply than Python reads."""
    return f"{encoded(b'[' * 5_000 + b']' * 5_000).decode()}.e30.e30"


Make = Callable[[IdentityProvider], str]
WRONG: dict[str, tuple[Make, str]] = {
    "expired": (lambda provider: provider.token(exp=int(time.time()) - 61), "has expired"),
    "not yet valid": (lambda provider: provider.token(nbf=int(time.time()) + 90), "not valid yet"),
    "foreign issuer": (lambda provider: provider.token(iss="https://evil.example"), "claim iss"),
    "wrong audience": (lambda provider: provider.token(aud=["shop", "celeriac2"]), "claim aud"),
    "without exp": (lambda provider: provider.token(without="exp"), "lacks the claim exp"),
    "without aud": (lambda provider: provider.token(without="aud"), "lacks the claim aud"),
    "without iss": (lambda provider: provider.token(without="iss"), "lacks the claim iss"),
    "without owner": (lambda provider: provider.token(without="sub"), "no claim 'sub'"),
    "infinite exp": (lambda provider: provider.token(exp=float("inf")), "cannot be read"),
    "alg a list": (
        lambda provider: forged({"alg": [], "kid": "first"}, provider.claims()),
        "algorithm",
    ),
    "alg none": (lambda provider: forged({"alg": "none", "kid": "first"}, provider.claims()), "algorithm"),
    "HMAC by the public key": (hmac_by_public_key, "algorithm"),
    "ES256 with an RSA key": (
        lambda provider: provider.token("curve", algorithm="ES256", header={"kid": "first"}),
        "algorithm",
    ),
    "tampered": (tampered, "signature of this token is wrong"),
    "signed by another key": (
        lambda provider: provider.token("stranger", header={"kid": "first"}),
        "signature of this token is wrong",
    ),
    "with its own key": (with_own_key, "signature of this token is wrong"),
    "unknown kid": (lambda provider: provider.token("stranger"), "not among those"),
    "unknown critical header": (
        lambda provider: forged({"alg": "RS256", "kid": "first", "crit": ["x"], "x": 1}, provider.claims()),
        "header",
    ),
    "huge": (lambda provider: provider.token(padding="x" * 20_000), "longer than"),
    "deep header": (deep_header, "not a token"),
    "encrypted": (lambda _: "e30.e30.e30.e30.e30", "not a signed token"),
    "garbage": (lambda _: "a.b.c", "not a token"),
    "no token": (lambda _: "hello", "not a signed token"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_token_that_is_not_valid_is_refused_with_the_reason_and_is_not_quoted(
    door: httpx.Client, provider: IdentityProvider, name: str
) -> None:
    make, words = WRONG[name]
    token = make(provider)
    refused = door.get("/tasks", headers=bearer(token))
    assert problem_of(refused) == (401, "unauthenticated")
    assert refused.headers["www-authenticate"] == 'Bearer realm="celeriac", error="invalid_token"'
    assert words in document(refused)["detail"]
    assert all(part not in refused.text for part in token.split(".") if len(part) > 5)


def test_the_log_contains_no_token(api: API, door: httpx.Client, provider: IdentityProvider) -> None:
    token = provider.token()
    assert door.get("/tasks", headers=bearer(token)).status_code == 200
    assert all(part not in api.log for part in token.split("."))


def test_a_download_holds_up_nobody_and_rotated_keys_take_effect_within_seconds(
    door: httpx.Client, provider: IdentityProvider
) -> None:
    old = bearer(provider.token())
    assert door.get("/tasks", headers=old).status_code == 200
    provider.private["second"] = rsa_key()
    provider.publish("second", "curve")
    new = bearer(provider.token("second"))
    provider.may_answer.clear()
    begun = len(provider.paths)
    with ThreadPoolExecutor() as pool:
        # Until a download is due, the answer comes at once, and is 401.
        waiting = pool.submit(wait_until, lambda: answer_with(door, new, 200))
        wait_until(lambda: len(provider.paths) > begun)
        assert door.get("/tasks", headers=old).status_code == 200
        assert not waiting.done()
        provider.may_answer.set()
        waiting.result()
    assert problem_of(door.get("/tasks", headers=old)) == (401, "unauthenticated")


def test_while_the_provider_is_away_known_keys_stay_valid_and_unknown_ones_are_503(
    door: httpx.Client, provider: IdentityProvider
) -> None:
    wait_until(lambda: answer_with(door, bearer(provider.token("curve", algorithm="ES256")), 200))
    provider.stop()
    unknown = bearer(provider.token("stranger"))
    refused = wait_until(lambda: answer_with(door, unknown, 503))
    assert problem_of(refused) == (503, "provider-unavailable")
    assert refused.headers["retry-after"] == "5"
    fresh = provider.token("curve", algorithm="ES256", jti="another")
    assert door.get("/tasks", headers=bearer(fresh)).status_code == 200


def answer_with(door: httpx.Client, headers: dict[str, str], status: int) -> httpx.Response | None:
    """The answer, if it has this status."""
    response = door.get("/tasks", headers=headers)
    return response if response.status_code == status else None
