"""Reads keys from the file that `CELERIAC_KEYS_FILE` names, and again when it changes.

`{"keys": [{"name": "ci", "sha256": "…", "scopes": ["submit:add", "read"]}]}`, with `key` in place of `sha256` where the secret itself
is in the file, and `owner`, `expires` (a moment) and `limits` where they are wanted.
"""

import logging
from collections import Counter
from pathlib import Path
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from celeriac.access.key import Key, SecretDigest, checked_grants, checked_name
from celeriac.access.limits import NO_LIMITS, Limits
from celeriac.access.secret import digest, well_formed
from celeriac.settings import SettingsError

Name = Annotated[str, AfterValidator(checked_name)]
# What changes when a file does: the time of its last change, its size, and which file it is.
Stamp = tuple[int, int, int] | None
MOST_NAMED = 10

logger = logging.getLogger(__name__)


class KeyFileError(SettingsError):
    """The file cannot be used. The text contains the place and the reason, but no secret."""


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    name: Name
    scopes: Annotated[tuple[str, ...], AfterValidator(checked_grants)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    key: str | None = None
    owner: Name | None = None
    expires: AwareDatetime | None = None
    limits: Limits = NO_LIMITS

    @model_validator(mode="after")
    def _check_secret(self) -> Self:
        if (self.sha256 is None) == (self.key is None):
            raise ValueError("give either sha256 or key")
        if self.key is not None and not well_formed(self.key):
            raise ValueError("the member key is not a key of Celeriac: it is mistyped, or cut off")
        return self

    def as_key(self) -> Key:
        return Key(
            name=self.name,
            owner=self.owner or self.name,
            grants=self.scopes,
            digests=(SecretDigest(sha256=self.sha256 or digest(self.key or "")),),
            expires_at=self.expires,
            limits=self.limits,
        )


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    keys: list[_Entry]

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        times = Counter(entry.name for entry in self.keys)
        if doubled := [name for name, count in times.items() if count > 1]:
            raise ValueError(f"these names appear twice: {', '.join(sorted(doubled)[:MOST_NAMED])}")
        return self


def read_key_file(path: Path) -> dict[str, Key]:
    """The keys of this file, by name."""
    try:
        entries = _File.model_validate_json(path.read_bytes()).keys
    except OSError as error:
        raise KeyFileError(f"CELERIAC_KEYS_FILE={path} cannot be read: {error.strerror}.") from error
    except ValidationError as wrong:
        raise KeyFileError(f"CELERIAC_KEYS_FILE={path} is wrong: {'; '.join(_sentences(wrong))}.") from None
    return {entry.name: entry.as_key() for entry in entries}


class KeyFile:
    """The keys of a file, as of its last valid version."""

    def __init__(self, path: Path | None) -> None:
        """Read it; `KeyFileError` if it is not valid. Without a path there are no keys."""
        self.path = path
        self._stamp = _stamp(path)
        self.keys = read_key_file(path) if path else {}

    def read_again(self) -> bool:
        """Whether the file has changed and contains other keys now. A broken file is logged once; the last keys stay valid."""
        stamp = _stamp(self.path)
        if self.path is None or stamp == self._stamp:
            return False
        self._stamp = stamp
        try:
            self.keys = read_key_file(self.path)
        except KeyFileError as wrong:
            logger.warning("the keys of the file stay as they were: %s", wrong)
            return False
        return True


def _stamp(path: Path | None) -> Stamp:
    try:
        stat = path.stat() if path else None
    except OSError:
        return None
    return (stat.st_mtime_ns, stat.st_size, stat.st_ino) if stat else None


def _sentences(wrong: ValidationError) -> list[str]:
    """Where, and what, without the values."""
    return [
        f"{'.'.join(map(str, error['loc'])) or 'the file'}: {error['msg'].removeprefix('Value error, ')}"
        for error in wrong.errors(include_input=False, include_url=False)[:5]
    ]
