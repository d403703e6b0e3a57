"""Scopes: what a route asks for, and what a key grants."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from enum import StrEnum

SUBMIT_PREFIX = "submit:"
# What a key may be given. The names of definitions are as in celeriac/contract/declaration.py.
GRANT_PATTERN = r"submit|read|cancel|operate|metrics|webhooks|admin|submit:[A-Za-z0-9][A-Za-z0-9._-]{0,99}\*?"
_GRANT = re.compile(GRANT_PATTERN)


class Scope(StrEnum):
    """The right that a caller needs to use a route."""

    SUBMIT = "submit"
    READ = "read"
    CANCEL = "cancel"
    OPERATE = "operate"
    METRICS = "metrics"
    WEBHOOKS = "webhooks"
    ADMIN = "admin"
    # Any valid key will do.
    ANY = "any"
    # No key is needed.
    OPEN = "open"


# The scopes that a key may be given.
GRANTABLE = (
    Scope.SUBMIT, Scope.READ, Scope.CANCEL, Scope.OPERATE, Scope.METRICS, Scope.WEBHOOKS, Scope.ADMIN,
)  # fmt: skip


def checked_grant(text: str) -> str:
    """The same text, if a key can have this grant; `ValueError` describes what is wrong."""
    if _GRANT.fullmatch(text):
        return text
    near = [] if ":" in text else get_close_matches(text, GRANTABLE, n=1)
    advice = (
        f"did you mean {near[0]}?" if near else f"known: {', '.join(GRANTABLE)}, submit:NAME, submit:PREFIX*"
    )
    raise ValueError(f"scope {text[:100]!r} is unknown; {advice}")


def allows(grants: Iterable[str], scope: Scope, definition_name: str | None = None) -> bool:
    """Whether these grants are enough for this scope.

    To submit tasks of one definition, name it; without a name, being allowed to submit some is enough.
    """
    grants = frozenset(grants)
    if scope is Scope.OPEN or Scope.ADMIN in grants or scope in grants:
        return True
    match scope:
        case Scope.ANY:
            return bool(grants)
        case Scope.METRICS:
            return Scope.OPERATE in grants
        case Scope.SUBMIT:
            return any(_covers(grant, definition_name) for grant in grants)
        case _:
            return False


def _covers(grant: str, definition_name: str | None) -> bool:
    if not grant.startswith(SUBMIT_PREFIX):
        return False
    pattern = grant.removeprefix(SUBMIT_PREFIX)
    if definition_name is None or pattern == definition_name:
        return True
    return pattern.endswith("*") and definition_name.startswith(pattern[:-1])
