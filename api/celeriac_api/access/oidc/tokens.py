"""Checks a token of the identity provider (RFC 7519), and remembers whose it is until it expires."""

import time
from collections.abc import Callable
from typing import Any

import jwt
from jwt.exceptions import (
    ExpiredSignatureError,
    ImmatureSignatureError,
    InvalidAudienceError,
    InvalidIssuerError,
    InvalidSignatureError,
    MissingRequiredClaimError,
    PyJWTError,
)

from celeriac_api.access.caller import Caller
from celeriac_api.access.oidc.claims import Claims
from celeriac_api.access.oidc.provider import Provider
from celeriac_api.access.oidc.published_keys import PublishedKey

LONGEST_TOKEN = 16_384
SKEW_SECONDS = 60
MOST_REMEMBERED = 4_096
REQUIRED = ("exp", "iss", "aud")
# A signed token in compact form has three parts; an encrypted one has five.
DOTS = 2


class InvalidToken(Exception):
    """The token lets nobody in. The text says why, and contains nothing of the token."""


class Tokens:
    """Callers by their token. What was found out is valid until the token expires, or the keys of the provider change."""

    def __init__(
        self, provider: Provider, claims: Claims, *, audience: str, now: Callable[[], float] = time.time
    ) -> None:
        """`now` is in seconds since 1970, by which tokens expire."""
        self._provider, self._claims, self._audience = provider, claims, audience
        self._now = now
        self._remembered: dict[bytes, tuple[Caller, float]] = {}
        self._version = provider.version

    def at_once(self, header: bytes) -> Caller | None:
        """Who has the token in this header, where that is known already."""
        entry = self._remembered.get(header)
        if entry is None or self._version != self._provider.version or not self._provider.is_known:
            return None
        caller, until = entry
        return caller if self._now() < until else None

    async def caller(self, header: bytes, token: str) -> Caller:
        """Who has this token; `InvalidToken` where it is not valid."""
        key = await self._key(token)
        claims = self._verified(token, key)
        try:
            caller = self._claims.caller(claims)
        except ValueError as wrong:
            raise InvalidToken(f"This token is not usable: {wrong}.") from None
        self._remember(header, caller, until=float(claims["exp"]) + SKEW_SECONDS)
        return caller

    async def _key(self, token: str) -> PublishedKey:
        """The key that this token names; it is worth looking at only if it is short, and signed."""
        if len(token) > LONGEST_TOKEN:
            raise InvalidToken(f"This token is longer than {LONGEST_TOKEN} characters.")
        if token.count(".") != DOTS:
            raise InvalidToken("This is not a signed token (JWS in compact form) of the identity provider.")
        kid = _kid(token)
        key = await self._provider.find(kid)
        if key is None:
            raise InvalidToken(
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
                issuer=self._provider.issuer,
                leeway=SKEW_SECONDS,
                options={"require": list(REQUIRED)},
            )
        except (PyJWTError, ValueError, TypeError, OverflowError, RecursionError) as wrong:
            raise InvalidToken(_sentence(wrong)) from None

    def _remember(self, header: bytes, caller: Caller, *, until: float) -> None:
        if self._version != self._provider.version or len(self._remembered) >= MOST_REMEMBERED:
            self._remembered.clear()
            self._version = self._provider.version
        self._remembered[header] = (caller, until)


def _kid(token: str) -> str:
    """The key that the token's header names; "" where it names none."""
    try:
        header = jwt.get_unverified_header(token)
    except (PyJWTError, ValueError, TypeError, RecursionError):
        raise InvalidToken("This is not a token: its header is not valid.") from None
    if "crit" in header:
        raise InvalidToken("This token has critical header parameters, which this API does not know.")
    kid = header.get("kid", "")
    return kid if isinstance(kid, str) else ""


def _sentence(wrong: Exception) -> str:
    """What is wrong, in words that contain nothing of the token."""
    match wrong:
        case ExpiredSignatureError():
            return "This token has expired."
        case ImmatureSignatureError():
            return "This token is not valid yet: its claim nbf or iat is in the future."
        case InvalidIssuerError():
            return "This token was issued by somebody else: its claim iss is not the issuer of this API."
        case InvalidAudienceError():
            return "This token is for another service: its claim aud does not contain the audience of this API."
        case MissingRequiredClaimError():
            return f"This token lacks the claim {wrong.claim}."
        case InvalidSignatureError():
            return "The signature of this token is wrong: it was changed, or signed with another key."
        case jwt.InvalidAlgorithmError():
            return "This token is signed with an algorithm that is not allowed for this key."
        case _:
            return "This token is not valid: a part of it cannot be read."
