"""Checks tokens of the identity provider (RFC 7519), and remembers their callers."""

import time
from collections.abc import Callable
from typing import Any

import jwt
from jwt.exceptions import (
    ExpiredSignatureError,
    ImmatureSignatureError,
    InvalidAlgorithmError,
    InvalidAudienceError,
    InvalidIssuerError,
    InvalidSignatureError,
    MissingRequiredClaimError,
    PyJWTError,
)

from celeriac.settings import Settings
from celeriac_api.access.caller import Caller
from celeriac_api.access.challenge import invalid_token
from celeriac_api.access.oidc.claims import Claims
from celeriac_api.access.oidc.provider import Provider
from celeriac_api.access.oidc.published_keys import ALGORITHMS, PublishedKey
from celeriac_api.access.remembered_callers import RememberedCallers

LONGEST_TOKEN = 16_384
SKEW_SECONDS = 60
REQUIRED = ("exp", "iss", "aud")
# A signed token in compact form has three parts; an encrypted one has five.
DOTS = 2
_SENTENCES: dict[type[PyJWTError], str] = {
    ExpiredSignatureError: "This token has expired.",
    ImmatureSignatureError: "This token is not valid yet: its claim nbf or iat is in the future.",
    InvalidIssuerError: "Another issuer made this token: its claim iss is not the issuer that this API trusts.",
    InvalidAudienceError: "This token is for another service: its claim aud does not contain the audience of this API.",
    InvalidSignatureError: "The signature of this token is wrong: it was changed, or signed with another key.",
    InvalidAlgorithmError: "This token is signed with an algorithm that is not allowed for its key.",
}


def new_tokens(settings: Settings, issuer: str, audience: str) -> "Tokens":
    """What checks the tokens of this issuer. `SettingsError` for a wrong mapping of scopes."""
    return Tokens(Provider(issuer), Claims(settings), audience=audience)


class Tokens:
    """Callers by their token. What was found out is valid until the token expires, or the keys of the provider change."""

    def __init__(
        self, provider: Provider, claims: Claims, *, audience: str, now: Callable[[], float] = time.time
    ) -> None:
        """`now` is in seconds since 1970, by which tokens expire."""
        self.provider, self._claims, self._audience = provider, claims, audience
        self._now = now
        self._remembered: RememberedCallers[tuple[Caller, float]] = RememberedCallers()

    def at_once(self, header: bytes) -> Caller | None:
        """Who has the token in this header, where that is known already."""
        entry = self._remembered.get(header, self.provider.version)
        if entry is None or not self.provider.is_known:
            return None
        caller, until = entry
        return caller if self._now() < until else None

    async def caller(self, header: bytes, token: str) -> Caller:
        """Who has this token; `Unauthenticated` where it is not valid."""
        key = await self._key(token)
        claims = self._verified(token, key)
        try:
            caller = self._claims.caller(claims)
        except ValueError as wrong:
            raise invalid_token(f"This token is not usable: {wrong}.") from None
        self._remembered.put(header, (caller, float(claims["exp"]) + SKEW_SECONDS), self.provider.version)
        return caller

    async def _key(self, token: str) -> PublishedKey:
        """The key that this token names; it is worth looking at only if it is short, and signed."""
        if len(token) > LONGEST_TOKEN:
            raise invalid_token(f"This token is longer than {LONGEST_TOKEN} characters.")
        if token.count(".") != DOTS:
            raise invalid_token("This is not a signed token (JWS in compact form) of the identity provider.")
        kid = _kid(token)
        key = await self.provider.find(kid)
        if key is None:
            raise invalid_token(
                "The key with which this token was signed is not among those that the identity provider publishes."
            )
        return key

    def _verified(self, token: str, key: PublishedKey) -> dict[str, Any]:
        try:
            return jwt.decode(
                token,
                key.key,
                algorithms=list(key.algorithms),
                audience=self._audience,
                issuer=self.provider.issuer,
                leeway=SKEW_SECONDS,
                options={"require": list(REQUIRED)},
            )
        except (PyJWTError, ValueError, TypeError, OverflowError, RecursionError) as wrong:
            raise invalid_token(_sentence(wrong)) from None


def _kid(token: str) -> str:
    """The key that the token's header names; "" where it names none. An algorithm that fits no key is refused at once."""
    try:
        header = jwt.get_unverified_header(token)
    except (PyJWTError, ValueError, TypeError, RecursionError):
        raise invalid_token("This is not a token: its header is not valid.") from None
    if "crit" in header:
        raise invalid_token("This token has critical header parameters, which this API does not know.")
    if header.get("alg") not in ALGORITHMS:
        raise invalid_token(_SENTENCES[InvalidAlgorithmError])
    kid = header.get("kid", "")
    return kid if isinstance(kid, str) else ""


def _sentence(wrong: Exception) -> str:
    """What is wrong, in words that contain nothing of the token."""
    if isinstance(wrong, MissingRequiredClaimError):
        return f"This token lacks the claim {wrong.claim}."
    return next(
        (sentence for kind, sentence in _SENTENCES.items() if isinstance(wrong, kind)),
        "This token is not valid: a part of it cannot be read.",
    )
