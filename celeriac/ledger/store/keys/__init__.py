"""Every Redis key and channel, each made by a function here.

The scripts make the same keys with `keys.lua`; tests/ledger/test_keys.py compares the two.
"""

from celeriac.ledger.store.keys.of_apps import definitions as definitions
from celeriac.ledger.store.keys.of_apps import definitions_version as definitions_version
from celeriac.ledger.store.keys.of_apps import following as following
from celeriac.ledger.store.keys.of_apps import lists as lists
from celeriac.ledger.store.keys.of_apps import unsent as unsent
from celeriac.ledger.store.keys.of_apps import unsent_in as unsent_in

RESULT_PREFIX = "celery-task-meta-"
# Never published to: being subscribed to it keeps a connection in the mode of a subscriber.
WATCH_CHANNEL = "celeriac:watch"


def record(task_id: str) -> str:
    """Hash: one task's record. No TTL while the task is open; `CELERIAC_RESULT_TTL` after its end."""
    return f"celeriac:task:{task_id}"


def tombstone(task_id: str) -> str:
    """String: that there was a task, now forgotten. TTL `CELERIAC_TOMBSTONE_TTL`."""
    return f"celeriac:gone:{task_id}"


def tasks() -> str:
    """Sorted set: the ids of all records, by the stamp of their creation. As many as there are records."""
    return "celeriac:tasks"


def listing(state: str, name: str) -> str:
    """Sorted set: the ids of the tasks of one state and name, by the stamp of their creation. As many as there are."""
    return f"celeriac:tasks:{state}:{name}"


def owned(state: str, name: str, owner: str) -> str:
    """Sorted set: the same of one owner's tasks alone. As many as there are; open access has none."""
    return f"celeriac:owned:{state}:{name}:{owner}"


def tagged(owner: str, tag: str) -> str:
    """Sorted set: the ids of the tasks with a tag, of one owner or ("") of all, by the stamp of their creation. As many as there are."""
    return f"celeriac:tagged:{owner}:{tag}"


def rate(key: str, owner: str) -> str:
    """String: until when the rate of a key (or, where `key` is "", of its owner) is used up. TTL until then."""
    return f"celeriac:rate:{key}:{owner}"


def unfinished() -> str:
    """Hash: how many tasks of each owner, and of each of its keys, are unfinished. One field each, so gone when there are none."""
    return "celeriac:unfinished"


def names() -> str:
    """Set: the names of all tasks that were ever accepted. One member a definition."""
    return "celeriac:names"


def queues() -> str:
    """Set: the queues on which a task was ever accepted. One member a queue."""
    return "celeriac:queues"


def envelopes() -> str:
    """Hash: by digest, the message of each definition, without the parts of one task. One field a definition, its limits and a queue."""
    return "celeriac:envelopes"


def waiting(queue: str) -> str:
    """Sorted set: ids whose message was pushed and not claimed yet, by the stamp of the push. Empty, so gone, when all are claimed."""
    return f"celeriac:waiting:{queue}"


def low(queue: str) -> str:
    """List: the messages of low priority of a queue (kombu's list of its least priority, 9). Empty, so gone, when workers keep up."""
    return f"{queue}\x06\x169"


def laned(queue: str) -> str:
    """Sorted set: ids of the tasks of a queue that are in lanes, by the stamp of their entry. Empty, so gone, when all were pushed."""
    return f"celeriac:laned:{queue}"


def lane(group: str, queue: str, key: str) -> str:
    """Sorted set: ids of the tasks of one key, by the stamp of their entry. Empty, so gone, when all were pushed."""
    return f"celeriac:lane:{group}:{queue}:{key}"


def turns(group: str, queue: str) -> str:
    """Sorted set: the keys that have a lane, by turn. Empty, so gone, when there are none."""
    return f"celeriac:turns:{group}:{queue}"


def blob(digest: str) -> str:
    """Hash: the ids of the tasks that name a large file, each with its size and their owner. As many as there are, so gone with the last."""
    return f"celeriac:blob:{digest}"


def files(owner: str) -> str:
    """Hash: how many tasks of an owner name each large file; how many these are, and their bytes. One field each, so gone with the last."""
    return f"celeriac:files:{owner}"


def files_swept() -> str:
    """String: that a process removes large files that no task names, or has just done so. TTL of ten minutes."""
    return "celeriac:files-swept"


def lanes() -> str:
    """Set: the groups and queues that have lanes. Empty, so gone, when there are none."""
    return "celeriac:lanes"


def running() -> str:
    """Sorted set: ids that a worker has claimed, by the end of their lease. Empty, so gone, when nothing runs."""
    return "celeriac:running"


def due() -> str:
    """Sorted set: ids to be pushed later (delays, retries), by due time. Empty, so gone, when all are pushed."""
    return "celeriac:due"


def deadlines() -> str:
    """Sorted set: ids that must have started by then, by that time. Empty, so gone, when all have started or expired."""
    return "celeriac:deadlines"


def followers(task_id: str) -> str:
    """Sorted set: the blocked tasks that wait for this one, by the stamp of their creation. Empty, so gone, soon after its end."""
    return f"celeriac:followers:{task_id}"


def blockers(task_id: str) -> str:
    """Sorted set: the tasks for which a blocked one still waits, in the order of its `after`. Empty, so gone, when it waits no more."""
    return f"celeriac:blockers:{task_id}"


def needers(task_id: str) -> str:
    """Set: the open tasks whose input refers to the result of this one. Empty, so gone, when they have ended."""
    return f"celeriac:needers:{task_id}"


def unique(key: str) -> str:
    """String: the task that has a unique key now. TTL where the key is for a time; otherwise until the end of the task."""
    return f"celeriac:unique:{key}"


def debounce(key: str) -> str:
    """String: when a series of debounced tasks began, and its last task. One key a series, until the end of that task."""
    return f"celeriac:debounce:{key}"


def limit(key: str) -> str:
    """Hash: the rules of a key, and when its next task may start. One key each, until soon after its last task, unless an operator has set rules."""
    return f"celeriac:limit:{key}"


def throttled(key: str) -> str:
    """Sorted set: the tasks that wait at a key to start, in order. Empty, so gone, when none waits."""
    return f"celeriac:throttled:{key}"


def slot_holders(key: str) -> str:
    """Sorted set: the tasks of a key that are queued or run, the oldest first. Empty, so gone, when all have ended."""
    return f"celeriac:slot_holders:{key}"


def slot_waiters(key: str) -> str:
    """Sorted set: the tasks that wait for a slot of a key, in order. Empty, so gone, when none waits."""
    return f"celeriac:slot_waiters:{key}"


def limits() -> str:
    """Sorted set: the keys that have rules, in order. As many as there are."""
    return "celeriac:limits"


def limits_due() -> str:
    """Sorted set: the keys at which something is due, by when. Empty, so gone, when nothing is."""
    return "celeriac:limits:due"


def releasing() -> str:
    """List: ended tasks whose followers, or needed results, were too many for one script. Empty, so gone, when all are released."""
    return "celeriac:releasing"


def ended() -> str:
    """Sorted set: ids of the tasks that have ended, by the time at which they are forgotten. As many as there are."""
    return "celeriac:ended"


def events(task_id: str) -> str:
    """Stream: the events of one task that its record does not contain; at most about 1,000 entries. TTL of its record."""
    return f"celeriac:events:{task_id}"


def feed() -> str:
    """Stream: the state changes of all tasks, at most about 10,000 entries. One key."""
    return "celeriac:events"


def idempotency(digest: str) -> str:
    """String: the answer to a submission with this key. TTL `CELERIAC_IDEMPOTENCY_TTL`."""
    return f"celeriac:idempotency:{digest}"


def clock() -> str:
    """String: the last stamp that was issued. One key, so that no two pushes have the same stamp."""
    return "celeriac:clock"


def kept() -> str:
    """String: the time of the last keeper's round; a gap means a stall or a changed clock. One number."""
    return "celeriac:kept"


def early() -> str:
    """String: when a keeper comes before its usual time, for what is due then. TTL until shortly after that."""
    return "celeriac:early"


def sweeps() -> str:
    """Hash: for each queue, up to which stamp its messages were seen to be popped, and when. One field a queue, and one for the last sweep."""
    return "celeriac:sweeps"


def worker(name: str) -> str:
    """String: the last description that one of our workers sent (JSON). TTL of half a minute."""
    return f"celeriac:worker:{name}"


def workers() -> str:
    """Sorted set: the names of our workers, by their last heartbeat. The keeper removes old ones."""
    return "celeriac:workers"


def serving() -> str:
    """Hash: for each queue, when one of our workers last reported that it serves the queue. One field a queue."""
    return "celeriac:serving"


def rejected(queue: str) -> str:
    """List: the rejected messages of a queue, the newest first (JSON). At most 1,000; TTL of a week."""
    return f"celeriac:rejected:{queue}"


def totals() -> str:
    """Hash: how many tasks were accepted, and reached each end, since the beginning, by state and name. One field each."""
    return "celeriac:totals"


def times() -> str:
    """Hash: how long tasks were queued and ran, as histograms by name. One field a bucket."""
    return "celeriac:times"


def paused() -> str:
    """Set: the queues that are paused. One member a queue."""
    return "celeriac:paused"


def held(queue: str) -> str:
    """List: the messages of a paused queue, out of the reach of every worker. Empty, so gone, when it is resumed."""
    return f"celeriac:held:{queue}"


def flow(queue: str, period: str) -> str:
    """Hash: how many tasks entered (`in`) and left (`out`) a queue in one period of 10 seconds. TTL of two minutes."""
    return f"celeriac:flow:{queue}:{period}"


def replies() -> str:
    """List: the answers of Celery's workers to the last question, on the server of the queues. TTL of a day. One key."""
    return "celeriac:replies"


def access_keys() -> str:
    """Hash: by name, the stored document of each access key. One field a key, until it is revoked."""
    return "celeriac:keys"


def access_version() -> str:
    """String: when the keys were last changed. One number."""
    return "celeriac:keys:version"


def definition_sets() -> str:
    """Hash: by set, the digest of what it announced, and when it came first. One field a set."""
    return "celeriac:definitions:sets"


def audit() -> str:
    """Stream: who changed what, at most about 10,000 entries. One key."""
    return "celeriac:audit"


def schedule(id: str) -> str:  # noqa: A002 - as the scripts call it
    """Hash: one schedule, by its owner and name. No TTL: it goes when it is deleted. One key a schedule."""
    return f"celeriac:schedule:{id}"


def schedules() -> str:
    """Sorted set: the owners and names of all schedules, in order. Empty, so gone, when there are none."""
    return "celeriac:schedules"


def schedules_due() -> str:
    """Sorted set: the owners and names of schedules, by their next due time. Empty, so gone, when nothing is due any more."""
    return "celeriac:schedules:due"


def schedules_declared() -> str:
    """Sorted set: the owners and names of schedules of declarations, by when a process last declared them. Empty, so gone, when there are none."""
    return "celeriac:schedules:declared"


def batch(id: str) -> str:  # noqa: A002 - as the scripts call it
    """Hash: one batch: its owner, label, and how many of its tasks are in which state. TTL `CELERIAC_RESULT_TTL` after its end."""
    return f"celeriac:batch:{id}"


def batch_ends(id: str) -> str:  # noqa: A002 - as the scripts call it
    """List: the numbers of the tasks of a batch that have ended, in the order of their ends. TTL of the batch."""
    return f"celeriac:batch:ends:{id}"


def staged(id: str) -> str:  # noqa: A002 - as the scripts call it
    """List: the tasks of an array that are not accepted yet, in chunks. TTL of minutes until the array is a batch; empty, so gone, soon after."""
    return f"celeriac:batch:staged:{id}"


def batches(owner: str) -> str:
    """Sorted set: the ids of the batches of one owner or ("") of all, by the stamp of their creation. As many as there are."""
    return f"celeriac:batches:{owner}"


def batches_incomplete() -> str:
    """Sorted set: the ids of batches that were not received completely, by the last time at which something came. The keeper removes old ones."""
    return "celeriac:batches-incomplete"


def batches_staged() -> str:
    """Sorted set: the ids of arrays of which a part is staged, by the time at which a chunk was accepted last. Empty, so gone, soon after."""
    return "celeriac:batches-staged"


def batches_cancelling() -> str:
    """Sorted set: the ids of batches whose tasks are being cancelled, by the time of the last step. Empty, so gone, soon after."""
    return "celeriac:batches-cancelling"


def batches_ended() -> str:
    """Sorted set: the ids of batches that have ended, by the time at which they are forgotten. As many as there are."""
    return "celeriac:batches-ended"


def endpoints(owner: str) -> str:
    """Hash: the endpoints of an owner ("" in open access) that are notified of the ends of its tasks. Empty, so gone, when it has none."""
    return f"celeriac:webhooks:endpoints:{owner}"


def gone_url(owner: str, digest: str) -> str:
    """String: a receiver answered 410 Gone to an owner's webhook at a URL. TTL of a day."""
    return f"celeriac:webhooks:gone:{owner}:{digest}"


def webhook_secrets() -> str:
    """Hash: by owner, the secret that signs its webhooks, and the one before it. One field an owner."""
    return "celeriac:webhooks:secrets"


def deliveries() -> str:
    """List: the queue of deliveries of webhooks, which the API sends. Empty, so gone, when all are sent. One key."""
    return "celeriac:deliveries"


def queue(name: str) -> str:
    """List: the messages of a Celery queue (kombu's Redis transport). Empty, so gone, when workers keep up."""
    return name


def result(task_id: str) -> str:
    """String, and a channel of the same name: Celery's own result document. TTL `CELERIAC_RESULT_TTL`."""
    return RESULT_PREFIX + task_id


def remote_control(database: int) -> str:
    """The channel `/DATABASE.celery.pidbox`, on which Celery's workers listen to remote control."""
    return f"/{database}.celery.pidbox"
