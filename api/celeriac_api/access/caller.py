"""Who calls: name, owner and grants of a key, for the handlers."""

from dataclasses import dataclass
from enum import StrEnum

from celeriac.access.key import Key
from celeriac.access.limits import NO_LIMITS, Limits
from celeriac.access.scopes import Scope, allows
from celeriac.settings import Settings
from celeriac_api.access.challenge import challenge
from celeriac_api.response.errors import Forbidden


class CallerKind(StrEnum):
    """What let a caller in: a key, a token of the identity provider, or nothing, where the API is open.

    `COMMAND` is in the audit trail alone: `celeriac keys` does not use the API.
    """

    KEY = "key"
    TOKEN = "token"  # noqa: S105 - a kind, and no secret
    OPEN = "open"
    COMMAND = "command"


@dataclass(frozen=True)
class Caller:
    """Who calls. `owner` is whose its tasks are, `scopes` are those whose routes it may use.

    `sees` is the owner whose tasks alone it sees; None where it sees all.
    """

    name: str
    owner: str
    grants: tuple[str, ...]
    limits: Limits
    scopes: frozenset[Scope]
    sees: str | None
    submits_all: bool
    kind: CallerKind = CallerKind.KEY

    def sees_details(self, settings: Settings) -> bool:
        """Whether it may see tracebacks and unchanged messages: who operates; without any key, the settings decide."""
        if self.kind is CallerKind.OPEN:
            return settings.show_tracebacks
        return Scope.OPERATE in self.scopes

    def most_bytes(self, usual: int) -> int:
        """How large its bodies may be, where others' may be `usual`."""
        return usual if self.limits.body_bytes is None else min(self.limits.body_bytes, usual)

    def owner_meant(self, named: str | None) -> str | None:
        """The owner that a request is about, which may name one; None where the caller may not see it."""
        if named is None or named == self.owner:
            return self.owner
        return named if self.sees is None else None

    def may_submit(self, definition_name: str) -> bool:
        """Whether it may submit tasks of this definition."""
        return self.submits_all or allows(self.grants, Scope.SUBMIT, definition_name)

    def require_submit(self, definition_name: str) -> None:
        """`Forbidden` unless it may submit tasks of this definition."""
        if not self.may_submit(definition_name):
            raise forbidden(self, f"{Scope.SUBMIT}:{definition_name}")


def caller_with(
    name: str,
    owner: str,
    grants: tuple[str, ...],
    limits: Limits = NO_LIMITS,
    *,
    kind: CallerKind = CallerKind.KEY,
) -> Caller:
    """The caller that has these grants."""
    return Caller(
        name=name,
        owner=owner,
        grants=grants,
        limits=limits,
        scopes=frozenset(scope for scope in Scope if allows(grants, scope)),
        sees=None if Scope.ADMIN in grants else owner,
        submits_all=bool({Scope.SUBMIT, Scope.ADMIN}.intersection(grants)),
        kind=kind,
    )


def caller_of(key: Key) -> Caller:
    """Who has this key."""
    return caller_with(key.name, key.owner, key.grants, key.limits)


# Everybody, while no key was ever made; programs in this process, too.
OPEN = caller_with("", "", (Scope.ADMIN,), kind=CallerKind.OPEN)
# Whoever has no valid key, on a route that is open.
NOBODY = caller_with("", "", (), kind=CallerKind.OPEN)


def forbidden(caller: Caller, scope: str) -> Forbidden:
    """The refusal of a caller that lacks this scope."""
    return Forbidden(
        f"The {_kind_in_words(caller)} {caller.name!r} lacks the scope {scope}; it has {', '.join(caller.grants) or 'none'}.",
        headers=challenge("insufficient_scope", scope=scope),
        scope=scope,
    )


def _kind_in_words(caller: Caller) -> str:
    return "token of" if caller.kind is CallerKind.TOKEN else "key"
