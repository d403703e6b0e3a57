"""Keys as requests and answers contain them."""

from datetime import UTC, datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, WithJsonSchema

from celeriac.access.key import Key, checked_grants, checked_name
from celeriac.access.limits import Limits
from celeriac.access.scopes import GRANT_PATTERN
from celeriac.values.durations import duration_of
from celeriac_api.access.caller import OPEN, Caller

Source = Literal["redis", "file"]
# A JSON Schema says it, so that clients and tests know which values are valid.
NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
EXPIRY_PATTERN, OVERLAP_PATTERN = r"^[1-9][0-9]{0,3}[smhd]$", r"^(0|[1-9][0-9]{0,3}[smhd])$"

Name = Annotated[
    str, AfterValidator(checked_name), WithJsonSchema({"type": "string", "pattern": NAME_PATTERN})
]
Grant = Annotated[str, WithJsonSchema({"type": "string", "pattern": f"^({GRANT_PATTERN})$"})]
Grants = Annotated[list[Grant], AfterValidator(checked_grants), Field(min_length=1, max_length=50)]


class LimitsDocument(BaseModel):
    """The limits of a key. Null stands for the default of the settings."""

    model_config = ConfigDict(title="Limits", extra="forbid", from_attributes=True)

    rate: Annotated[float, Field(gt=0, le=1e9)] | None = Field(None, description="Submissions per second.")
    burst: Annotated[int, Field(ge=1, le=10**9)] | None = Field(
        None, description="Submissions at once, beyond the rate."
    )
    unfinished: Annotated[int, Field(ge=1, le=10**9)] | None = Field(
        None, description="Tasks that have not ended."
    )
    body_bytes: Annotated[int, Field(ge=1, le=10**9)] | None = Field(
        None, description="Size of a body, in bytes."
    )
    waits: Annotated[int, Field(ge=0, le=10**9)] | None = Field(
        None, description="Requests that wait at once."
    )
    streams: Annotated[int, Field(ge=0, le=10**9)] | None = Field(
        None, description="Requests that stream at once."
    )


class KeyRequest(BaseModel):
    """The key to create."""

    model_config = ConfigDict(title="New key", extra="forbid")

    name: Name = Field(description="The name of the key.")
    scopes: Grants = Field(description="What the key allows, such as `submit`, `submit:add`, `read`.")
    owner: Name | None = Field(
        None, description="Whose tasks the key submits and reads. Default: the name of the key."
    )
    expires: Annotated[str, Field(pattern=EXPIRY_PATTERN)] | None = Field(
        None, description="When it expires: a number with `s`, `m`, `h` or `d`, from now on. Default: never."
    )
    limits: LimitsDocument = LimitsDocument()

    def key(self) -> Key:
        """The key, which has no secret yet."""
        return Key(
            name=self.name,
            owner=self.owner or self.name,
            grants=tuple(self.scopes),
            digests=(),
            expires_at=datetime.now(UTC) + duration_of(self.expires) if self.expires else None,
            limits=Limits(**self.limits.model_dump()),
        )


class RotateRequest(BaseModel):
    """How a key gets a new secret."""

    model_config = ConfigDict(title="Rotation", extra="forbid")

    overlap: Annotated[str, Field(pattern=OVERLAP_PATTERN)] = Field(
        "0", description="How long the old secret stays valid: a number with `s`, `m`, `h` or `d`, or `0`."
    )


class KeyDocument(BaseModel):
    """A key, without its secret."""

    model_config = ConfigDict(title="Key")

    name: str = Field(description="The name of the key.")
    owner: str = Field(description="Whose tasks the key submits and reads.")
    scopes: list[str] = Field(description="What the key allows.")
    source: Source = Field(description="Where the key is kept.")
    created_at: AwareDatetime | None = Field(description="When it was created; null for a key from the file.")
    expires_at: AwareDatetime | None = Field(description="When it expires; null for never.")
    overlap_until: AwareDatetime | None = Field(
        description="Until when an old secret is also valid; null if none is."
    )
    limits: LimitsDocument


class KeyWithSecret(KeyDocument):
    """A key with its secret, which no other answer contains."""

    model_config = ConfigDict(title="Key with its secret")

    key: str = Field(description="The secret. Send it as `Authorization: Bearer …`.")


class KeyList(BaseModel):
    """All keys by name, including expired keys."""

    items: list[KeyDocument]


class FilesDocument(BaseModel):
    """The large files of an owner's tasks. Equal content counts once."""

    model_config = ConfigDict(title="Files of an owner", from_attributes=True)

    count: int = Field(description="How many there are.")
    bytes: int = Field(description="How many bytes they have together.")
    most_bytes: int | None = Field(description="How many they may have; null for no limit.")


class OwnKey(BaseModel):
    """Whose key a request has, and what it allows."""

    model_config = ConfigDict(title="Own key")

    name: str | None = Field(description="The name of the key; null before the first key is created.")
    owner: str | None = Field(description="Whose tasks it submits and reads; null for no owner.")
    scopes: list[str] = Field(description="What it allows.")
    limits: LimitsDocument
    files: FilesDocument | None = Field(
        description="What the owner's tasks keep; null for no owner, and while Redis does not answer."
    )

    @classmethod
    def of(cls, caller: Caller, files: FilesDocument | None) -> Self:
        """That of this caller."""
        return cls(
            files=files,
            name=None if caller is OPEN else caller.name,
            owner=caller.owner or None,
            scopes=list(caller.grants),
            limits=LimitsDocument.model_validate(caller.limits),
        )


def document_of(key: Key, source: Source) -> KeyDocument:
    """The key without its secret."""
    now = datetime.now(UTC)
    overlaps = [item.until for item in key.digests if item.until is not None and item.until > now]
    return KeyDocument(
        name=key.name,
        owner=key.owner,
        scopes=list(key.grants),
        source=source,
        created_at=key.created_at,
        expires_at=key.expires_at,
        overlap_until=max(overlaps, default=None),
        limits=LimitsDocument.model_validate(key.limits),
    )


def document_with_secret(key: Key, secret: str) -> KeyWithSecret:
    """The key in Redis that was just given this secret."""
    return KeyWithSecret(**document_of(key, "redis").model_dump(), key=secret)
