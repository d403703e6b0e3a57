"""The documents of the API, as types for dictionaries; docs/reference/http.md describes each member."""

from typing import Any, Literal, NotRequired, TypeAlias, TypedDict

State: TypeAlias = Literal[
    "blocked", "scheduled", "queued", "running", "retrying", "succeeded", "failed", "cancelled", "expired"
]


class ErrorDocument(TypedDict):
    """Why a task failed; `traceback` is null without the scope `operate`."""

    type: str
    message: str
    traceback: str | None


class ProgressDocument(TypedDict):
    """How far a task is, in units that it chooses."""

    done: float
    total: float | None
    message: str | None


class Links(TypedDict):
    """The addresses of what belongs to a task."""

    self: str
    input: str
    result: str
    cancel: str
    retry: str
    events: str


class BlockedBy(TypedDict):
    """For how many tasks a blocked one waits, and the ids of the first of them; or at which key, behind how many tasks."""

    count: int
    tasks: list[str]
    key: str | None
    ahead: int | None


class PlaceInBatch(TypedDict):
    """The batch of a task, its number there, and its name, if it has one."""

    batch_id: str
    number: int
    name: str | None


class TaskDocument(TypedDict):
    """The state of a task. Times are texts in RFC 3339 format, in UTC."""

    task_id: str
    name: str
    state: State
    ready: bool
    successful: bool | None
    # A listing leaves large results out.
    result: NotRequired[Any]
    error: ErrorDocument | None
    progress: ProgressDocument | None
    cancel_requested: bool
    attempt: int
    queue: str
    worker: str | None
    created_at: str
    started_at: str | None
    ended_at: str | None
    expires_at: str | None
    due_at: str | None
    blocked_by: BlockedBy | None
    priority: str
    tags: list[str]
    schedule: str | None
    batch: PlaceInBatch | None
    retry_of: str | None
    parent_id: str | None
    trace_id: str | None
    owner: str | None
    links: Links


class QueueDocument(TypedDict):
    """A queue and its numbers."""

    name: str
    depth: int
    oldest_wait_seconds: float
    paused: bool
    workers: int
    in_per_second: float
    out_per_second: float
    drain_seconds: float


class WorkerDocument(TypedDict):
    """A live worker; null is what a stock Celery worker does not report."""

    name: str
    kind: Literal["celeriac", "celery"]
    queues: list[str]
    concurrency: int | None
    async_queues: list[str]
    async_concurrency: int
    loop_lag: float | None
    active: list[str]
    started_at: str | None
    seen_at: str
    app: str | None
    pool: str | None
    warnings: list[str]


class DefinitionDocument(TypedDict):
    """A task definition, with the JSON Schemas of its input and result."""

    name: str
    summary: str
    description: str
    kind: Literal["plain", "coroutine", "generator"]
    queue: str
    aliases: list[str]
    app: str | None
    refusal: str | None
    priority: Literal["high", "normal", "low"]
    celery_priority: int | None
    rate_limit: str | None
    soft_time_limit_seconds: float | None
    time_limit_seconds: float | None
    ignore_result: bool
    checked_by_worker: bool
    input_schema: dict[str, Any]
    output_schema: dict[str, Any]
    examples: list[dict[str, Any]]
    unique: dict[str, Any] | None
    debounce: dict[str, Any] | None
    throttle: dict[str, Any] | None
    concurrency: dict[str, Any] | None


class LimitsDocument(TypedDict):
    """The limits of a key; null is what the settings of the API decide."""

    rate: float | None
    burst: int | None
    unfinished: int | None
    body_bytes: int | None
    waits: int | None
    streams: int | None


class KeyDocument(TypedDict):
    """A key, without its secret."""

    name: str
    owner: str
    scopes: list[str]
    source: Literal["redis", "file"]
    created_at: str | None
    expires_at: str | None
    overlap_until: str | None
    limits: LimitsDocument


class KeyWithSecret(KeyDocument):
    """A new key; `key` is its secret, which no other answer contains."""

    key: str


class FilesDocument(TypedDict):
    """The large files of an owner's tasks: their number, their bytes, and how many bytes they may have (None: no limit)."""

    count: int
    bytes: int
    most_bytes: int | None


class OwnKey(TypedDict):
    """The key that the client uses; all null in open access."""

    name: str | None
    owner: str | None
    scopes: list[str]
    limits: LimitsDocument
    files: FilesDocument | None


class Counts(TypedDict):
    """How many tasks of a batch are in which state."""

    blocked: int
    scheduled: int
    queued: int
    running: int
    retrying: int
    succeeded: int
    failed: int
    cancelled: int
    expired: int


class BatchLinks(TypedDict):
    """The addresses of what belongs to a batch."""

    self: str
    results: str
    events: str
    cancel: str
    retry: str


class BatchDocument(TypedDict):
    """The state of a batch."""

    batch_id: str
    label: str | None
    owner: str | None
    total: int
    counts: Counts
    existing: int
    complete: bool
    ready: bool
    successful: bool | None
    cancel_requested: bool
    created_at: str
    ended_at: str | None
    expires_at: str | None
    links: BatchLinks


class ScheduleError(TypedDict):
    """Why a due time has no task."""

    due: str
    type: str
    detail: str


class ScheduleInList(TypedDict):
    """A schedule, without the input that it submits."""

    name: str
    owner: str | None
    submits: str
    cron: str | None
    zone: str | None
    every: str | None
    at: list[str] | None
    overlap: Literal["queue", "skip", "cancel_running"]
    catch_up: Literal["none", "last", "all"]
    jitter: float
    until: str | None
    paused: bool
    next: str | None
    last_due: str | None
    last_task_id: str | None
    last_skipped: str | None
    error: ScheduleError | None
    declared: bool
    created_at: str
    updated_at: str


class Schedule(ScheduleInList):
    """A schedule."""

    submit: dict[str, Any]


class Endpoint(TypedDict):
    """An endpoint, which gets the ends of all tasks of an owner."""

    name: str
    owner: str | None
    url: str
    on: list[str]
    names: list[str] | None
    disabled: bool
    disabled_reason: str | None
    created_at: str
    updated_at: str


class Attempt(TypedDict):
    """One attempt to send a delivery."""

    at: str
    duration: float
    status: int | None
    error: str | None


class DeliveryLinks(TypedDict):
    """The addresses of what belongs to a delivery."""

    self: str
    subject: str
    retry: str


class Delivery(TypedDict):
    """A webhook: the end of a task or batch, sent to a URL."""

    delivery_id: str
    webhook_id: str
    state: State
    type: str
    task_id: str | None
    batch_id: str | None
    url: str
    endpoint: str | None
    attempts: list[Attempt]
    error: str | None
    created_at: str
    due_at: str | None
    ended_at: str | None
    retry_of: str | None
    owner: str | None
    links: DeliveryLinks


class WebhookSecret(TypedDict):
    """A new secret, which is shown once."""

    secret: str
    previous_until: str | None


class RulesOfKey(TypedDict):
    """Rules of a key; None for what there is not."""

    limit: int | None
    rate: str | None
    burst: int | None


class LimitInList(TypedDict):
    """A key of flow control with its rules, and how many tasks it holds."""

    key: str
    owner: str | None
    rules: RulesOfKey
    submitted: RulesOfKey
    override: RulesOfKey | None
    set_at: str | None
    running: int
    waiting: int
    throttled: int
    next_start_at: str | None


class Limit(LimitInList):
    """A key of flow control, with the ids of the tasks that it holds."""

    running_tasks: list[str]
    waiting_tasks: list[str]


class RejectedMessage(TypedDict):
    """A message that no worker could read."""

    found_at: str
    reason: str
    message: str


class AuditEntry(TypedDict):
    """Who changed what."""

    at: str
    action: str
    target: str
    caller: Literal["key", "token", "open"]
    name: str
    owner: str
    client: str
    status: int
    request_id: str | None


class Health(TypedDict):
    """Whether a part of the service works."""

    status: str
