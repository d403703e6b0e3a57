"""Makes a caller of the claims of a token: its owner and its grants."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from celeriac.access.key import MOST_GRANTS, checked_name
from celeriac.access.scopes import checked_grant
from celeriac.settings import Settings, SettingsError
from celeriac_api.access.caller import Caller, CallerKind, caller_with

SUBJECT = "sub"
# Begins the names that are made of texts which cannot be a name.
MADE_NAME = "oidc-"


class Claims:
    """Which claims are the owner and the scopes, as the settings say."""

    def __init__(self, settings: Settings) -> None:
        """`SettingsError` if the settings map a scope to one that does not exist."""
        self._owner_claim, self._scopes_claim = settings.oidc_owner_claim, settings.oidc_scopes_claim
        self._grants_of = _mapping(settings.oidc_scopes)

    def caller(self, claims: Mapping[str, Any]) -> Caller:
        """Who has a token with these claims; `ValueError` describes what they lack."""
        owner = _value(claims, self._owner_claim)
        if not isinstance(owner, str) or not owner:
            raise ValueError(f"it has no claim {self._owner_claim!r}, which is its owner")
        subject = claims.get(SUBJECT)
        name = subject if isinstance(subject, str) and subject else owner
        return caller_with(
            name_of(name), name_of(owner), self._grants(_texts(_value(claims, self._scopes_claim))),
            kind=CallerKind.TOKEN,
        )  # fmt: skip

    def _grants(self, scopes: Iterable[str]) -> tuple[str, ...]:
        """Those that this API knows; a provider may have scopes for other services, too."""
        if self._grants_of is None:
            grants = [scope for scope in scopes if _is_grant(scope)]
        else:
            grants = [grant for scope in scopes for grant in self._grants_of.get(scope, ())]
        return tuple(dict.fromkeys(grants))[:MOST_GRANTS]


def name_of(text: str) -> str:
    """This text, where it can be the name of an owner; otherwise a name that is made of its hash, and of no other text."""
    try:
        return text if not text.startswith(MADE_NAME) and checked_name(text) else _made_name(text)
    except ValueError:
        return _made_name(text)


def _made_name(text: str) -> str:
    return MADE_NAME + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:40]


def _mapping(text: str | None) -> dict[str, list[str]] | None:
    if text is None:
        return None
    grants_of: dict[str, list[str]] = {}
    for pair in text.split(","):
        scope, _, grant = pair.rpartition("=")
        try:
            grants_of.setdefault(scope, []).append(checked_grant(grant))
        except ValueError as wrong:
            raise SettingsError(f"CELERIAC_OIDC_SCOPES={text[:200]} is wrong: {wrong}.") from None
    return grants_of


def _is_grant(scope: str) -> bool:
    try:
        return bool(checked_grant(scope))
    except ValueError:
        return False


def _value(claims: Mapping[str, Any], name: str) -> Any:
    """The claim of this name; where there is none, `realm_access.roles` is a member of a member."""
    if name in claims:
        return claims[name]
    value: Any = claims
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _texts(value: Any) -> list[str]:
    """A claim of scopes is one text with spaces (RFC 8693 §4.2), or a list of texts."""
    if isinstance(value, str):
        return value.split()
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []
