"""Reads the Lua scripts from their files and puts the prelude before each.

Before every script go the texts of the prelude: the names of the keys, and what scripts have in common. Where a server has
functions, they go once before all of them (celeriac/ledger/store/functions.py).
"""

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

WHEN_FULL = "works_when_full"
# The side of a list where a script has a message pushed that goes behind those that are taken before it.
INSIDE = b"INSERT"
_FILES = {
    file.stem: file.read_text(encoding="utf-8")
    for file in sorted(Path(__file__).parents[1].glob("lua/*/*.lua"))
}
# Keys that are always the same: the texts have them in place of their names, for Lua has at most 200 local variables in one function.
_KEYS = re.compile(r"^local (KEY_[A-Z_, ]+) = ('celeriac:.*')$", re.MULTILINE)
_NAMED = {
    name: text
    for names, texts in _KEYS.findall(_FILES["keys"])
    for name, text in zip(names.split(", "), texts.split(", "), strict=True)
}
_FILES = {
    stem: re.sub(r"\bKEY_[A-Z_]+\b", lambda match: _NAMED[match[0]], _KEYS.sub("", text))
    for stem, text in _FILES.items()
}
# The names of those that workers alone run.
OF_WORKERS = frozenset(
    file.stem for room in ("workers", "apps") for file in Path(__file__).parents[1].glob(f"lua/{room}/*.lua")
) - {"read_definitions"}
# A function, as in a library: Lua allows 200 local names in one, and the prelude has most of them.
_STEP = """local function step()
{body}
end
return step()"""
# What goes before each, in this order; `limits` goes before those that ask for it.
_COMMON = (
    "keys",
    "record",
    "apps",
    "batches",
    "batch_results",
    "files",
    "dependencies",
    "slots",
    "flow",
    "webhooks",
    "next_message",
    "lanes",
)


def _joined(*names: str) -> str:
    return "\n".join(_FILES[name] for name in names)


# What goes once before all of them, where a server has functions.
PRELUDE = _joined(*_COMMON, "limits")


@dataclass(frozen=True, eq=False)
class Script:
    """One step of the ledger, by its text and the text's SHA-1, or else by its name and `body`, which is its own text."""

    name: str
    # Those parts of the prelude that not every script has.
    parts: tuple[str, ...]
    # Whether Redis carries it out also while its memory is full: what a function has the flag `allow-oom` for.
    works_when_full: bool
    only_reads: bool

    @property
    def body(self) -> str:
        """Its own text."""
        return _FILES[self.name]

    @cached_property
    def text(self) -> str:
        """The whole script, for a server without functions."""
        return f"{_joined(*_COMMON, *self.parts)}\n{_STEP.format(body=self.body)}"

    @cached_property
    def sha(self) -> str:
        """By which such a server knows it."""
        return hashlib.sha1(self.text.encode(), usedforsecurity=False).hexdigest()


def _read(*names: str, only_reads: bool = False) -> Script:
    *parts, name = names
    return Script(name, tuple(parts), works_when_full=WHEN_FULL in parts, only_reads=only_reads)


ACCEPT = _read("limits", "accept_tasks")
READ = _read("read_tasks", only_reads=True)
READ_GRAPH = _read("read_graph", only_reads=True)
READ_ORIGINAL = _read("read_original", only_reads=True)
READ_NAMES = _read("read_names", only_reads=True)
LIST_REJECTED = _read("list_rejected", only_reads=True)
CANCEL = _read(WHEN_FULL, "cancel_task")
FORGET = _read(WHEN_FULL, "forget_task")
LIST = _read("list_tasks", only_reads=True)
QUEUES = _read("list_queues", only_reads=True)
CHECK_RIGHTS = _read("check_rights", only_reads=True)
COUNTS = _read("count_tasks", only_reads=True)
PAUSE = _read(WHEN_FULL, "pause_queue")
RESUME = _read(WHEN_FULL, "resume_queue")
ASK = _read(WHEN_FULL, "ask_workers")
PURGE = _read(WHEN_FULL, "purge_queue")
READ_KEYS = _read("read_keys", only_reads=True)
ANNOUNCE_DEFINITIONS = _read("announce_definitions")
READ_DEFINITIONS = _read("read_definitions", only_reads=True)
CHANGE_KEY = _read(WHEN_FULL, "change_key")
ADD_AUDIT_ENTRIES = _read(WHEN_FULL, "add_audit_entries")
OPEN_BATCH = _read("open_batch")
COMMIT_BATCH = _read("limits", "commit_batch")
CLOSE_BATCH = _read(WHEN_FULL, "close_batch")
READ_BATCH = _read("read_batch", only_reads=True)
LIST_BATCHES = _read("list_batches", only_reads=True)
CANCEL_BATCH = _read(WHEN_FULL, "cancel_batch")
FORGET_BATCH = _read(WHEN_FULL, "forget_batch")
KEEP_BATCHES = _read(WHEN_FULL, "keep_batches")
CLAIM_DUE = _read("claim_due_schedules")
READ_SCHEDULE = _read("read_schedule", only_reads=True)
LIST_SCHEDULES = _read("list_schedules", only_reads=True)
DECLARE_SCHEDULES = _read("declare_schedules")
CHANGE_SCHEDULE = _read(WHEN_FULL, "change_schedule")
READ_DELIVERIES = _read("read_deliveries", only_reads=True)
RETRY_DELIVERY = _read("retry_delivery")
CHANGE_ENDPOINT = _read(WHEN_FULL, "change_endpoint")
CHANGE_SECRET = _read(WHEN_FULL, "change_secret")
READ_LIMITS = _read("read_limits", only_reads=True)
CHANGE_LIMIT = _read(WHEN_FULL, "change_limit")
RECOUNT_LIMITS = _read(WHEN_FULL, "recount_limits")
CLAIM = _read(WHEN_FULL, "claim_task")
END = _read(WHEN_FULL, "end_task")
RETRY = _read(WHEN_FULL, "retry_task")
RETURN_TASK = _read(WHEN_FULL, "return_task")
LOSE = _read(WHEN_FULL, "lose_task")
RETURN_MESSAGES = _read(WHEN_FULL, "return_messages")
EMIT = _read(WHEN_FULL, "add_events")
FOLLOW = _read(WHEN_FULL, "follow_task")
ENTRIES = _read("read_events", only_reads=True)
BEAT = _read(WHEN_FULL, "renew_leases")
KEEP = _read(WHEN_FULL, "keep_tasks")
FIND_UNNAMED = _read(WHEN_FULL, "find_unnamed_files")
RECOUNT = _read(WHEN_FULL, "recount_unfinished")
SWEEP = _read(WHEN_FULL, "find_lost_messages")
TAILS = _read("read_next_messages", only_reads=True)
INSERT = _read(WHEN_FULL, "insert_messages")
PUBLISH = _read("publish_task")
ADOPT = _read(WHEN_FULL, "adopt_task")
HOLD = _read(WHEN_FULL, "hold_messages")
RETURN_HELD = _read(WHEN_FULL, "return_held")
DROP = _read(WHEN_FULL, "drop_task")
IGNORE = _read(WHEN_FULL, "ignore_task")
