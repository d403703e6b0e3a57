"""The options of a submission as values: those of option_fields.py, `Idempotency-Key` and `traceparent`."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from celeriac.contract.options.flow import NO_FLOW, Flow
from celeriac.files.store.store import Blob
from celeriac.ledger.model.dependencies import Dependencies, When
from celeriac.ledger.model.notification import Notification, to_text
from celeriac.ledger.model.submission import Options
from celeriac.ledger.model.trace import Trace
from celeriac.values.fingerprint import fingerprint_of
from celeriac.values.states import Priority


@dataclass(frozen=True, kw_only=True)
class Key:
    """An idempotency key and its user, so that nobody gets the answer for another user."""

    text: str
    owner: str = ""

    def digest(self) -> str:
        """The digest of both, for Redis."""
        return fingerprint_of(f"{self.owner}\0{self.text}")


@dataclass(frozen=True, kw_only=True)
class SubmissionOptions:
    """The options of a submission. It has a `delay` or an `eta`, not both. `after` has the ids of tasks, in lower case; `tags` has each tag once."""

    delay: timedelta | None = None
    eta: datetime | None = None
    expires: timedelta | None = None
    after: tuple[str, ...] = ()
    when: When = When.SUCCEEDED
    queue: str | None = None
    priority: Priority | None = None
    # A key, or a pointer to it in the input.
    fair: str | None = None
    # Those in `after` to whose results the input refers.
    references: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    flow: Flow = NO_FLOW
    notify: tuple[Notification, ...] = ()
    key: Key | None = None
    trace: Trace | None = None

    def marked(self, mark: str) -> "SubmissionOptions":
        """The same with a mark of our own beside the tags."""
        return replace(self, tags=(*self.tags, mark))

    def resolve(self, name: str, input_json: bytes, *, key_ttl: timedelta, sees_all: bool = True) -> Options:
        """The same for the ledger, in a submission of this definition with this input.

        A caller who does not see the tasks of all owners can wait for those of its own.
        """
        options = self._resolved(sees_all=sees_all)
        if self.key is None:
            return options
        fingerprint = self.fingerprint(name, input_json)
        return replace(options, key=self.key.digest(), fingerprint=fingerprint, key_ttl=key_ttl)

    def resolve_with_id(self, name: str, input_json: bytes, *, sees_all: bool = True) -> Options:
        """The same if the client has chosen the task's id, which is also the key."""
        options = self._resolved(sees_all=sees_all)
        return replace(options, fingerprint=self.fingerprint(name, input_json))

    def fingerprint(self, name: str, input_json: bytes) -> str:
        """Identifies a whole submission: the same for equal name, input and options, in any spelling."""
        delay, expires = map(_seconds, (self.delay, self.expires))
        eta = self.eta and self.eta.astimezone(UTC).isoformat()
        whole = [
            name,
            json.loads(input_json),
            delay,
            eta,
            expires,
            sorted(set(self.after)),
            self.when,
            self.queue,
            self.priority,
            self.fair,
            sorted(set(self.tags)),
            self.flow.to_json(),
            [[url, sorted(ends)] for url, ends in self.notify],
        ]
        return fingerprint_of(json.dumps(whole, sort_keys=True))

    def _resolved(self, *, sees_all: bool) -> Options:
        """Without a key. The delay of a task that waits for others begins at their end."""
        options = Options(
            delay=self._ahead(),
            start_within=self.expires,
            chosen_queue=self.queue,
            chosen_priority=self.priority,
            chosen_fair=self.fair,
            tags=self.tags,
            notify=to_text(self.notify) if self.notify else None,
            trace=self.trace,
        )
        if not self.after:
            return options
        ids = tuple(dict.fromkeys(self.after))
        dependencies = Dependencies(ids=ids, when=self.when, sees_all=sees_all, references=self.references)
        if self.eta is None:
            dependencies, options = replace(dependencies, delay=options.delay), replace(options, delay=None)
        return replace(options, dependencies=dependencies)

    def _ahead(self) -> timedelta | None:
        delay = self.delay if self.eta is None else self.eta - datetime.now(UTC)
        return delay if delay is not None and delay > timedelta(0) else None


def _seconds(duration: timedelta | None) -> float | None:
    return None if duration is None else duration.total_seconds()


NO_OPTIONS = SubmissionOptions()


@dataclass(frozen=True)
class Retry:
    """The options of a retry: the same key for the same task and the same changed input makes one new task."""

    task_id: str
    key: Key | None
    trace: Trace | None
    key_ttl: timedelta
    # What the submission of the task named.
    queue: str | None = None
    tags: tuple[str, ...] = ()
    flow: Flow = NO_FLOW
    notify: str | None = None
    priority: Priority | None = None
    fair: str | None = None
    # The large files of the input, and how many bytes all of the owner may have.
    files: tuple[Blob, ...] = ()
    most_file_bytes: int | None = None

    def resolve(self, changed_input: bytes | None, dependencies: Dependencies | None = None) -> Options:
        """The same for the ledger. An input that refers to results still depends on their tasks."""
        options = Options(
            retry_of=self.task_id,
            trace=self.trace,
            chosen_queue=self.queue,
            chosen_priority=self.priority,
            chosen_fair=self.fair,
            tags=self.tags,
            notify=self.notify,
            dependencies=dependencies,
            files=self.files,
            most_file_bytes=self.most_file_bytes,
        )
        if self.key is None:
            return options
        whole = f"retry {self.task_id}"
        if changed_input is not None:
            whole += f" {json.dumps(json.loads(changed_input), sort_keys=True)}"
        fingerprint = fingerprint_of(whole)
        return replace(options, key=self.key.digest(), fingerprint=fingerprint, key_ttl=self.key_ttl)
