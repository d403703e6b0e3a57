-- The names of the keys, as celeriac/ledger/store/keys/ makes them. They follow from ids inside the scripts, so that a script needs
-- no more than an id: all of this runs on one server, never on a cluster.
local function key_record(id) return 'celeriac:task:' .. id end
local function key_tombstone(id) return 'celeriac:gone:' .. id end
local function key_listing(state, name) return 'celeriac:tasks:' .. state .. ':' .. name end
local function key_owned(state, name, owner) return 'celeriac:owned:' .. state .. ':' .. name .. ':' .. owner end
local function key_tagged(owner, tag) return 'celeriac:tagged:' .. owner .. ':' .. tag end
local function key_rate(key, owner) return 'celeriac:rate:' .. key .. ':' .. owner end
local function key_waiting(queue) return 'celeriac:waiting:' .. queue end
local function key_low(queue) return queue .. '\6\0229' end
local function key_laned(queue) return 'celeriac:laned:' .. queue end
local function key_lane(group, queue, key) return 'celeriac:lane:' .. group .. ':' .. queue .. ':' .. key end
local function key_turns(group, queue) return 'celeriac:turns:' .. group .. ':' .. queue end
local function key_blob(digest) return 'celeriac:blob:' .. digest end
local function key_files(owner) return 'celeriac:files:' .. owner end
local KEY_FILES_SWEPT = 'celeriac:files-swept'
local KEY_LANES = 'celeriac:lanes'
local function key_events(id) return 'celeriac:events:' .. id end
local function key_idempotency(digest) return 'celeriac:idempotency:' .. digest end
local function key_worker(name) return 'celeriac:worker:' .. name end
local function key_rejected(queue) return 'celeriac:rejected:' .. queue end
local function key_followers(id) return 'celeriac:followers:' .. id end
local function key_blockers(id) return 'celeriac:blockers:' .. id end
local function key_needers(id) return 'celeriac:needers:' .. id end
local function key_debounce(key) return 'celeriac:debounce:' .. key end
local function key_limit(key) return 'celeriac:limit:' .. key end
local function key_throttled(key) return 'celeriac:throttled:' .. key end
local function key_slot_holders(key) return 'celeriac:slot_holders:' .. key end
local function key_slot_waiters(key) return 'celeriac:slot_waiters:' .. key end
local KEY_LIMITS, KEY_LIMITS_DUE = 'celeriac:limits', 'celeriac:limits:due'
local function key_unique(key) return 'celeriac:unique:' .. key end
local function key_result(id) return 'celery-task-meta-' .. id end
local KEY_TASKS, KEY_NAMES, KEY_QUEUES = 'celeriac:tasks', 'celeriac:names', 'celeriac:queues'
local KEY_UNFINISHED = 'celeriac:unfinished'
local KEY_ENVELOPES = 'celeriac:envelopes'
local KEY_RUNNING, KEY_DUE, KEY_DEADLINES = 'celeriac:running', 'celeriac:due', 'celeriac:deadlines'
local KEY_RELEASING = 'celeriac:releasing'
local KEY_ENDED, KEY_CLOCK, KEY_SWEEPS = 'celeriac:ended', 'celeriac:clock', 'celeriac:sweeps'
local KEY_KEPT, KEY_EARLY = 'celeriac:kept', 'celeriac:early'
local function key_held(queue) return 'celeriac:held:' .. queue end
local KEY_PAUSED = 'celeriac:paused'
local function key_flow(queue, period) return 'celeriac:flow:' .. queue .. ':' .. period end
local KEY_TOTALS, KEY_TIMES = 'celeriac:totals', 'celeriac:times'
local KEY_REPLIES = 'celeriac:replies'
local KEY_FEED = 'celeriac:events'
local KEY_WORKERS, KEY_SERVING = 'celeriac:workers', 'celeriac:serving'
local KEY_ACCESS_KEYS, KEY_ACCESS_VERSION = 'celeriac:keys', 'celeriac:keys:version'
local KEY_DEFINITIONS, KEY_DEFINITION_SETS = 'celeriac:definitions', 'celeriac:definitions:sets'
local KEY_DEFINITIONS_VERSION = 'celeriac:definitions:version'
local KEY_AUDIT = 'celeriac:audit'
local function key_schedule(id) return 'celeriac:schedule:' .. id end
local function key_endpoints(owner) return 'celeriac:webhooks:endpoints:' .. owner end
local function key_gone_url(owner, digest) return 'celeriac:webhooks:gone:' .. owner .. ':' .. digest end
local KEY_WEBHOOK_SECRETS, KEY_DELIVERIES = 'celeriac:webhooks:secrets', 'celeriac:deliveries'
local KEY_SCHEDULES, KEY_SCHEDULES_DUE = 'celeriac:schedules', 'celeriac:schedules:due'
local KEY_SCHEDULES_DECLARED = 'celeriac:schedules:declared'
local function key_batch(id) return 'celeriac:batch:' .. id end
local function key_batch_ends(id) return 'celeriac:batch:ends:' .. id end
local function key_staged(id) return 'celeriac:batch:staged:' .. id end
local function key_batches(owner) return 'celeriac:batches:' .. owner end
local KEY_BATCHES_INCOMPLETE, KEY_BATCHES_STAGED = 'celeriac:batches-incomplete', 'celeriac:batches-staged'
local KEY_BATCHES_CANCELLING, KEY_BATCHES_ENDED = 'celeriac:batches-cancelling', 'celeriac:batches-ended'
local function key_following(id) return 'celeriac:following:' .. id end
local KEY_LISTS = 'celeriac:lists'
