"""A key: its name, owner, grants, expiry and limits, and the digests of its secrets."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from celeriac.access.limits import NO_LIMITS, Limits
from celeriac.access.scopes import checked_grant

MOST_GRANTS = 50
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def checked_name(text: str) -> str:
    """The same text, if it is a valid name of a key or an owner; `ValueError` describes what is wrong."""
    if not _NAME.fullmatch(text):
        raise ValueError(
            "write 1 to 64 letters, digits, dots, dashes or underscores, and a letter or digit first"
        )
    return text


def checked_grants(texts: Iterable[str]) -> tuple[str, ...]:
    """These grants, each once; `ValueError` if one is unknown or there is none."""
    grants = tuple(dict.fromkeys(checked_grant(text) for text in texts))
    if not 1 <= len(grants) <= MOST_GRANTS:
        raise ValueError(f"give 1 to {MOST_GRANTS} scopes")
    return grants


@dataclass(frozen=True, kw_only=True)
class SecretDigest:
    """The SHA-256 of a secret, in hexadecimal, and until when the secret is good."""

    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    until: AwareDatetime | None = None


@dataclass(frozen=True, kw_only=True)
class Key:
    """A key as it is stored. Each of its secrets is valid; after a rotation, the older one for some time."""

    name: str
    owner: str
    grants: tuple[str, ...]
    digests: tuple[SecretDigest, ...]
    created_at: datetime | None = None
    expires_at: datetime | None = None
    limits: Limits = NO_LIMITS

    def until(self, secret: SecretDigest) -> datetime | None:
        """When this secret of the key expires; None: never."""
        return min((moment for moment in (self.expires_at, secret.until) if moment is not None), default=None)

    def rotated(self, sha256: str, *, until: datetime, now: datetime) -> "Key":
        """The key with a new secret. The previous secret expires at this moment; earlier ones do not change."""
        older = tuple(
            SecretDigest(sha256=secret.sha256, until=min(secret.until or until, until))
            for secret in self.digests
            if (secret.until or until) > now
        )
        return replace(self, digests=(SecretDigest(sha256=sha256), *(older if until > now else ())))


class _Document(BaseModel):
    """A key as JSON; its name is the field of the hash in which it is kept."""

    model_config = ConfigDict(extra="ignore")  # a later version may keep more

    owner: Annotated[str, AfterValidator(checked_name)]
    scopes: Annotated[tuple[str, ...], AfterValidator(checked_grants)]
    digests: Annotated[tuple[SecretDigest, ...], Field(min_length=1)]
    created_at: AwareDatetime | None = None
    expires_at: AwareDatetime | None = None
    limits: Limits = NO_LIMITS


def key_to_json(key: Key) -> str:
    """The stored document."""
    return _Document(
        owner=key.owner,
        scopes=key.grants,
        digests=key.digests,
        created_at=key.created_at,
        expires_at=key.expires_at,
        limits=key.limits,
    ).model_dump_json(exclude_none=True)


def key_from_json(name: str, document: str | bytes) -> Key:
    """The key of this name; `ValueError` if the document is not that of a key."""
    read = _Document.model_validate_json(document)
    return Key(
        name=name,
        owner=read.owner,
        grants=read.scopes,
        digests=read.digests,
        created_at=read.created_at,
        expires_at=read.expires_at,
        limits=read.limits,
    )
