"""Finds keys without a TTL or a reason to stay."""

import re
from fnmatch import fnmatch

from redis import Redis

from celeriac.ledger.model.states import FINAL

# Keys that may be without a TTL, each with the reason that celeriac/ledger/store/keys/ gives.
STAY = {
    "celeriac:task:*": "while the task is open",
    "celeriac:events:*": "while the task is open",
    "celeriac:events": "one stream of bounded length",
    "celeriac:totals": "one field a name and state",
    "celeriac:times": "one field a bucket",
    "celeriac:tasks": "as many members as there are records",
    "celeriac:tasks:*": "as many members as there are records",
    "celeriac:tagged:*": "as many members as there are records",
    "celeriac:owned:*": "as many members as there are records",
    "celeriac:unfinished": "one field an owner and key with unfinished tasks",
    "celeriac:names": "one member a definition",
    "celeriac:envelopes": "one field a definition and its limits",
    "celeriac:queues": "one member a queue",
    "celeriac:waiting:*": "gone when empty",
    "celeriac:lists": "one field a list of an existing app",
    "celeriac:following:*": "gone when empty, at the latest with the record",
    "celeriac:unsent:*": "gone when empty",
    "celeriac:running": "gone when empty",
    "celeriac:due": "gone when empty",
    "celeriac:deadlines": "gone when empty",
    "celeriac:followers:*": "gone when empty, at the latest soon after the end of the task",
    "celeriac:blockers:*": "gone when empty, at the latest at the end of the task",
    "celeriac:needers:*": "gone when empty, at the latest when those that need the result have ended",
    "celeriac:releasing": "gone when empty",
    "celeriac:unique:*": "until the end of its task",
    "celeriac:debounce:*": "until the end of its task",
    "celeriac:limit:*": "until soon after its last task, or until an operator deletes it",
    "celeriac:throttled:*": "gone when empty",
    "celeriac:slot_holders:*": "gone when empty",
    "celeriac:slot_waiters:*": "gone when empty",
    "celeriac:limits": "one member a key with rules",
    "celeriac:limits:due": "gone when empty",
    "celeriac:ended": "as many members as there are ended tasks",
    "celeriac:paused": "one member a queue",
    "celeriac:held:*": "gone when the queue is resumed",
    "celeriac:definitions": "one field a definition, until its set is announced without it",
    "celeriac:definitions:*": "one field a set, and one number",
    "celeriac:keys": "one field a key",
    "celeriac:keys:version": "one number",
    "celeriac:blob:*": "as many members as there are records",
    "celeriac:files:*": "as many members as there are large files of an owner",
    "celeriac:schedule:*": "until it is deleted",
    "celeriac:schedules": "one member a schedule",
    "celeriac:schedules:due": "one member a schedule",
    "celeriac:schedules:declared": "one member a schedule",
    "celeriac:batch:*": "while the batch is not ready",
    "celeriac:batches:*": "as many members as there are batches",
    "celeriac:batches-incomplete": "the keeper removes old members",
    "celeriac:batches-staged": "gone when empty",
    "celeriac:batches-cancelling": "gone when empty",
    "celeriac:batches-ended": "as many members as there are ended batches",
    "celeriac:webhooks:endpoints:*": "one field an endpoint, until it is deleted",
    "celeriac:webhooks:secrets": "one field an owner",
    "celeriac:deliveries": "gone when empty",
    "celeriac:audit": "one stream of bounded length",
    "celeriac:clock": "one number",
    "celeriac:kept": "one number",
    "celeriac:sweeps": "one field a queue",
    "celeriac:workers": "the keeper removes old members",
    "celeriac:serving": "one field a queue",
}
# ARGV: the final states. Answer: the keys of ours without a TTL, but for those of tasks that are open; a result of such
# a task is another program's.
LUA = """
local final, found = {}, {}
for _, state in ipairs(ARGV) do final[state] = true end
for _, pattern in ipairs({'celeriac:*', 'celery-task-meta-*'}) do
  for _, key in ipairs(redis.call('KEYS', pattern)) do
    if redis.call('TTL', key) == -1 then
      local id = key:match('^celeriac:task:(.+)$') or key:match('^celeriac:events:(.+)$')
        or key:match('^celery%-task%-meta%-(.+)$')
      local state = id and redis.call('TYPE', 'celeriac:task:' .. id).ok == 'hash'
        and redis.call('HGET', 'celeriac:task:' .. id, 'state')
      local is_needed = id and redis.call('EXISTS', 'celeriac:needers:' .. id) == 1
      if not id or final[state] and not is_needed then found[#found + 1] = key end
    end
  end
end
return found
"""


class Immortals:
    """The databases of one server, and how many keys without a TTL each had when it was looked through last."""

    def __init__(self, url: str) -> None:
        """Nothing is looked through yet."""
        self._url = url.removesuffix("/0")
        self._counts: dict[str, int] = {}

    def without_reason(self) -> set[str]:
        """Keys of ours that have no TTL and should have one, where there are more or fewer than before."""
        with Redis.from_url(f"{self._url}/0") as client:
            databases = client.info("keyspace")
        counts = {name: stats["keys"] - stats["expires"] for name, stats in databases.items()}
        names = [name for name, count in counts.items() if self._counts.get(name) != count]
        self._counts = counts
        return {key for name in names for key in self._look_through(name.removeprefix("db"))}

    def _look_through(self, database: str) -> set[str]:
        with Redis.from_url(f"{self._url}/{database}") as client:
            return keys_without_reason(client)


def keys_without_reason(redis: Redis) -> set[str]:
    """The keys of ours in this database that have no TTL, and are none of those that may stay."""
    rows = redis.eval(LUA, 0, *FINAL)
    assert isinstance(rows, list)
    names = {key.decode() for key in rows}
    ended = {key for key in names if re.match("celeriac:(task|events):|celery-task-meta-", key)}
    return ended | {key for key in names if not any(fnmatch(key, pattern) for pattern in STAY)}
