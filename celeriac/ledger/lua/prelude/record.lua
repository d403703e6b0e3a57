-- What the scripts have in common: time, a record's way from state to state, and its way into a queue.
-- Times are microseconds since 1970 by this server's clock; durations are microseconds, also where they come as text.

-- The name of the tasks that are deliveries of webhooks (webhooks.lua).
local DELIVERY = 'celeriac.webhook'

local FINAL = {succeeded = true, failed = true, cancelled = true, expired = true}
-- What the end of a task is called by a worker that knows no records.
local STOCK_ENDS = {SUCCESS = 'succeeded', FAILURE = 'failed', REVOKED = 'cancelled'}
-- For how long after its last word a worker counts as one that lives.
local SERVING_FRESH = 30 * 1000000
-- What concerns batches, in batches.lua, large files, in files.lua, and existing Celery apps, in apps.lua.
local batches, files, apps = {}, {}, {}

local moment
local function now() -- for a script, all is one moment
  if not moment then
    local time = redis.call('TIME')
    moment = time[1] * 1000000 + time[2]
  end
  return moment
end

-- Lua would shorten a large number in a text.
local function text(number) return string.format('%.0f', number) end

-- When a keeper came round last. It is later than now when the clock was set back and none has come since: keep_tasks.lua then takes
-- that off all due times and deadlines, so they are made from the later of the two.
local function kept() return tonumber(redis.call('GET', KEY_KEPT)) or 0 end
local function later(duration) return math.max(now(), kept()) + duration end

-- The first of `count` moments that no push had before and none will have again: later pushes have later ones, also
-- after the clock was set back. So a stamp may run ahead of the clock: it orders pushes, and no time is made from it.
local function stamps(count)
  local last = tonumber(redis.call('GET', KEY_CLOCK)) or 0
  local first = math.max(now(), last + 1)
  redis.call('SET', KEY_CLOCK, first + count - 1)
  return first
end

-- Celery's message for a task: its definition's envelope (celeriac/ledger/protocol/message.py) with what belongs to the task alone. The stamp of
-- the push tells which messages have been popped (see find_lost_messages.lua); Celery passes over it.
local function message_of(id, envelope, input, stamp, expires, trace)
  return string.format(envelope, text(stamp), input, id, expires or 'null', id, trace or '', id, id, id)
end

-- What the scripts need to know of a record; nil when there is none.
local function load(id)
  local value = redis.call('HMGET', key_record(id), 'name', 'queue', 'state', 'created_at', 'attempt', 'token',
                           'lost', 'cancel', 'start_by', 'released', 'started_at', 'queued_at', 'told', 'owner', 'linked', 'list')
  if not value[3] then return nil end
  return {id = id, name = value[1], queue = value[2], state = value[3], created_at = value[4],
          attempt = tonumber(value[5]), token = value[6], lost = tonumber(value[7] or 0), cancel = value[8],
          start_by = tonumber(value[9] or nil), released = value[10],
          started_at = tonumber(value[11] or nil), queued_at = tonumber(value[12] or nil), told = value[13],
          owner = value[14], linked = value[15], list = value[16]}
end

-- Whether a caller may know nothing of this id: the task is another owner's, or there is none, which are one and the same to
-- the caller. Nothing else is read of it, so that no difference in time tells the two apart. '' is who may see all tasks.
local function is_hidden(id, owner)
  return owner ~= '' and redis.call('HGET', key_record(id), 'owner') ~= owner
end

-- Whether there was a task with this id, as far as this caller may know.
local function is_gone(id, owner)
  if owner == '' then return redis.call('EXISTS', key_tombstone(id)) == 1 end
  local stone = redis.call('GET', key_tombstone(id))
  return stone and string.match(stone, '^%l+ (.*)$') == owner
end

-- Whether the run with this token still has its task.
local function is_running(id, token)
  local state, holder = unpack(redis.call('HMGET', key_record(id), 'state', 'token'))
  return state == 'running' and holder == token
end

-- How many events of a task, and of all tasks together, are kept.
local HISTORY, FEED = 1000, 10000

-- What happened to a task since it was accepted, as its record says it: for each event its id, the state and the attempt.
-- That is all of a task that runs once and says nothing, so it has no stream of its own.
local function history(task)
  local events, last = {}, 0
  local function add(at, state, attempt)
    last = math.max(at, last + 1) -- the clock may have been set back
    local id = string.format('%.0f-%.0f', math.floor(last / 1000), last % 1000)
    events[#events + 1] = {id, state, text(attempt)}
  end
  local scheduled_at, blocked_at = unpack(redis.call('HMGET', key_record(task.id), 'scheduled_at', 'blocked_at'))
  if scheduled_at then add(tonumber(scheduled_at), 'scheduled', 0) end
  if blocked_at then add(tonumber(blocked_at), 'blocked', 0) end
  if task.queued_at then add(task.queued_at, 'queued', 0) end
  if task.started_at then add(task.started_at, 'running', task.attempt) end
  if task.ended_at then add(task.ended_at, task.state, task.attempt) end
  return events
end

-- Give a task a stream of its own, which begins with what its record says: more is to be told, or somebody follows it.
local function begin_stream(task)
  if task.told then return end
  for _, event in ipairs(history(task)) do
    redis.call('XADD', key_events(task.id), event[1], 'event', 'state', 'state', event[2], 'attempt', event[3])
  end
  redis.call('HSET', key_record(task.id), 'told', 1)
  task.told = '1'
end

-- Say in the feed of all tasks in which state one is, and to whom it belongs, if to anybody; the answer is the entry's id.
local function add_to_feed(id, name, queue, state, owner)
  if not owner then
    return redis.call('XADD', KEY_FEED, 'MAXLEN', '~', FEED, '*', 'event', 'state', 'task_id', id, 'name', name,
                      'queue', queue, 'state', state)
  end
  return redis.call('XADD', KEY_FEED, 'MAXLEN', '~', FEED, '*', 'event', 'state', 'task_id', id, 'name', name,
                    'queue', queue, 'state', state, 'owner', owner)
end

-- Tell those who follow that a task is in another state: in its own stream, if it has one, and in the feed of all tasks.
local function tell(task)
  if task.told then
    redis.call('XADD', key_events(task.id), 'MAXLEN', '~', HISTORY, '*', 'event', 'state', 'state', task.state,
               'attempt', task.attempt)
  end
  if task.name ~= DELIVERY then add_to_feed(task.id, task.name, task.queue, task.state, task.owner) end
end

-- From one state to another, with other fields of the record. It writes the record first: where memory is full, the
-- server refuses that, and nothing is half done.
local function become(task, state, ...)
  redis.call('HSET', key_record(task.id), 'state', state, ...)
  redis.call('ZREM', key_listing(task.state, task.name), task.id)
  redis.call('ZADD', key_listing(state, task.name), task.created_at, task.id)
  if task.owner then
    redis.call('ZREM', key_owned(task.state, task.name, task.owner), task.id)
    redis.call('ZADD', key_owned(state, task.name, task.owner), task.created_at, task.id)
  end
  if task.linked then batches.move(task, state) end
  task.state = state
  tell(task)
end

-- The upper bounds of the histograms' buckets, in seconds.
local BOUNDS = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200}

-- Count a duration of this kind ('queued' or 'running') in the histogram of a definition.
local function observe(kind, name, duration)
  local bucket = '+Inf'
  for _, bound in ipairs(BOUNDS) do
    if duration <= bound * 1000000 then bucket = tostring(bound); break end
  end
  redis.call('HINCRBY', KEY_TIMES, kind .. ' ' .. bucket .. ' ' .. name, 1)
  redis.call('HINCRBY', KEY_TIMES, kind .. ' sum ' .. name, text(math.max(duration, 0)))
end

-- In these periods (microseconds) it is counted how many tasks come into a queue and leave it; so many are looked at,
-- beside the one that goes on.
local PERIOD, PERIODS = 10 * 1000000, 6

-- So many tasks more came into a queue ('in'), or left it ('out').
local function count_flow(queue, way, count)
  if count == 0 then return end
  local key = key_flow(queue, text(math.floor(now() / PERIOD)))
  if redis.call('HINCRBY', key, way, count) == count then redis.call('PEXPIRE', key, 120000) end
end

-- How many tasks came into a queue and left it, in the period that goes on and in those before it, and in how many microseconds.
local function flow_of(queue)
  local came, left, period = 0, 0, math.floor(now() / PERIOD)
  for number = period - PERIODS, period do
    local counts = redis.call('HMGET', key_flow(queue, text(number)), 'in', 'out')
    came, left = came + (counts[1] or 0), left + (counts[2] or 0)
  end
  return came, left, now() - (period - PERIODS) * PERIOD
end

local lane_of, stop_queueing, enter_lane, move_on, fill -- in lanes.lua

-- Out of the index in which an open task stands.
local function leave(task, state)
  if state == 'running' then
    redis.call('ZREM', KEY_RUNNING, task.id)
  else
    local count = task.linked and stop_queueing(task) or redis.call('ZREM', key_waiting(task.list or task.queue), task.id)
    count_flow(task.queue, 'out', count)
    if state ~= 'queued' then redis.call('ZREM', KEY_DUE, task.id) end
    if task.start_by then redis.call('ZREM', KEY_DEADLINES, task.id) end
  end
end

-- So many tasks more of this owner, submitted with this key, are unfinished.
local function count_unfinished(owner, key, by)
  for _, field in ipairs({key .. ':' .. owner, ':' .. owner}) do
    if redis.call('HINCRBY', KEY_UNFINISHED, field, by) <= 0 then redis.call('HDEL', KEY_UNFINISHED, field) end
  end
end

-- What a script that may end tasks goes by: for how many microseconds results are kept, and this moment in ISO 8601. Where the
-- queues are on another server (`where` is 'record'), `pushed` gets what is to be pushed there: queue, side, message.
local function ending(where, ttl, date)
  return {ttl = tonumber(ttl), date = date, pushed = where == 'record' and {} or nil}
end

-- A script's answer that begins with these words, and goes on with what is to be pushed on the server of the queues.
local function with_pushes(how, ...)
  local answer = {...}
  for _, part in ipairs(how.pushed or {}) do answer[#answer + 1] = part end
  return answer
end

local settle, keep_needed, let_go, stop_waiting -- in dependencies.lua
local give_on -- in flow.lua
local hold_back -- in slots.lua
local notify_of, notify_of_batch -- in webhooks.lua

-- End a task. `failure` is the record's error (JSON, or ''), `document` is Celery's own result; both are kept for a time. The
-- record outlives that by an hour, for the keeper to find it when it forgets the task. Who waits for this task is released.
local function conclude(task, state, failure, document, how)
  local ended, before, ttl = now(), task.state, how.ttl
  become(task, state, 'ended_at', ended, 'expires_at', ended + ttl, 'error', failure)
  leave(task, before)
  if before == 'blocked' then stop_waiting(task, how) end
  if task.owner and task.name ~= DELIVERY then
    count_unfinished(task.owner, redis.call('HGET', key_record(task.id), 'key') or task.owner, -1)
  end
  redis.call('PEXPIRE', key_record(task.id), text(ttl / 1000 + 3600000))
  if task.told then redis.call('PEXPIRE', key_events(task.id), text(ttl / 1000 + 3600000)) end
  redis.call('ZADD', KEY_ENDED, ended + ttl, task.id)
  redis.call('HINCRBY', KEY_TOTALS, state .. ' ' .. task.name, 1)
  if before == 'running' and task.started_at then observe('running', task.name, ended - task.started_at) end
  if document then
    redis.call('SET', key_result(task.id), document, 'PX', text(ttl / 1000))
    redis.call('PUBLISH', key_result(task.id), document)
  end
  if task.linked then -- others wait for it, it needs their results, it has keys, is in a batch, notifies, or was in a lane
    if before ~= 'running' then move_on(task, how.pushed) end
    give_on(task, how)
    notify_of(task, document, how)
    keep_needed(task.id)
    settle(task, how)
    let_go(task, how)
    batches.count_end(task, how)
  end
  if task.list then apps.after_end(task, how) end
end

-- End a task that no worker ended, with an error in Celery's words. Names and reasons are ours, and need no escaping.
local function conclude_with(task, state, status, kind, reason, how)
  local failure = string.format('{"type": "%s", "message": "%s"}', kind, reason)
  local document = string.format(
    '{"status": "%s", "result": {"exc_type": "%s", "exc_message": ["%s"], "exc_module": "celery.exceptions"}, ' ..
    '"traceback": null, "children": [], "date_done": "%s", "task_id": "%s"}', status, kind, reason, how.date, task.id)
  conclude(task, state, failure, document, how)
end

local function conclude_cancelled(task, how)
  conclude_with(task, 'cancelled', 'REVOKED', 'TaskRevokedError', 'cancelled', how)
end

local function conclude_expired(task, how)
  conclude_with(task, 'expired', 'REVOKED', 'TaskRevokedError', 'not started in time', how)
end

-- Take the end of a task over from Celery's result, where a worker that knows no records has ended it. The answer is what
-- Celery says of the task, nil when it says nothing.
local function take_over(task, how)
  local document = redis.call('GET', key_result(task.id))
  local status = document and string.match(document, '"status": ?"(%u+)"')
  local state = status and STOCK_ENDS[status]
  if state then
    conclude(task, state, '', nil, how)
    redis.call('PEXPIRE', key_result(task.id), text(how.ttl / 1000))
  end
  return status
end

-- Where the messages of a queue wait, or of one of its lists: those of a paused one where no worker looks. What has no message yet
-- gets one all the same.
local function list_of(queue, list)
  if list and apps.is_unsent(list) then return apps.list_by(list) end
  return redis.call('SISMEMBER', KEY_PAUSED, queue) == 1 and key_held(list or queue) or list or queue
end

-- Kombu's message without its first brace, with a stamp.
local function with_stamp(message, stamp) return '{"stamp": ' .. text(stamp) .. ', ' .. message end

-- The message of a task, by its record; nil when there is none.
local function message_for(id, stamp)
  local digest, input, expires, trace, message =
    unpack(redis.call('HMGET', key_record(id), 'envelope', 'input', 'expires', 'trace', 'message'))
  if message then return with_stamp(message, stamp) end
  if not digest then return nil end
  return message_of(id, redis.call('HGET', KEY_ENVELOPES, digest), input, stamp, expires, trace)
end

-- Wake a worker for a task: push its message, where others are pushed, or at the end from which workers take. The
-- answer goes into `pushed`, as queue, side and message, for whoever has the queues when they are on another server.
-- A task that has a lane waits in it, unless it goes before all others. `stamp` is a new one, where the caller has one.
local function push(task, side, pushed, stamp)
  local place = task.linked and lane_of(task)
  stamp = stamp or stamps(1)
  if place and place.group and side == 'LPUSH' then
    count_flow(task.queue, 'in', enter_lane(task.queue, place, task.id, stamp))
    return fill(task.queue, place.group, pushed)
  end
  if side == 'RPUSH' then stamp = -stamp end -- before all that wait, and before what was put there earlier
  local list = task.list or place and place.list or task.queue
  if task.list and not task.message then redis.call('HDEL', key_record(task.id), 'taken') end -- whoever held a message of it before
  count_flow(task.queue, 'in', redis.call('ZADD', key_waiting(list), stamp, task.id))
  local message = task.message and with_stamp(task.message, stamp) or message_for(task.id, stamp)
  list = list_of(task.queue, list)
  if not pushed then return redis.call(side, list, message) end
  pushed[#pushed + 1] = list
  pushed[#pushed + 1] = side
  pushed[#pushed + 1] = message
end

-- Give a running task back, to run again before all that waits.
local function requeue(task, pushed, ...)
  begin_stream(task)
  become(task, 'queued', ...)
  redis.call('HDEL', key_record(task.id), 'token', 'worker', 'started_at')
  redis.call('ZREM', KEY_RUNNING, task.id)
  push(task, 'RPUSH', pushed)
end

-- A run of this task was lost with its worker: run it again, unless it is to be cancelled or was lost too often. Its
-- token is kept as that of a run that is over: whoever says the same later counts no second loss. If the next loss ends it, it runs alone
-- in its loop, so that no other task is the reason for that.
local function lose(task, reason, most, how)
  local lost = task.lost + 1
  if task.list then most = apps.most(task, most) end
  if task.cancel then
    conclude_cancelled(task, how)
  elseif lost >= most and task.name ~= DELIVERY then
    conclude_with(task, 'failed', 'FAILURE', 'WorkerLostError',
                  string.format('%s; it was started %d times and is not started again', reason, lost), how)
  elseif lost == most - 1 and not task.list then
    requeue(task, how.pushed, 'lost', lost, 'released', task.token, 'linked', 1, 'company', 1)
  else
    requeue(task, how.pushed, 'lost', lost, 'released', task.token)
  end
end

-- Remove an ended task with all that belongs to it; a tombstone says for a while that there was one, and whose.
local function forget(task, stay)
  local stone = task.owner and task.state .. ' ' .. task.owner or task.state
  redis.call('SET', key_tombstone(task.id), stone, 'PX', text(stay / 1000))
  for tag in string.gmatch(redis.call('HGET', key_record(task.id), 'tags') or '', '%S+') do
    redis.call('ZREM', key_tagged('', tag), task.id)
    if task.owner then redis.call('ZREM', key_tagged(task.owner, tag), task.id) end
  end
  if task.linked then files.forget(task.id) end
  if task.list then redis.call('DEL', key_following(task.id)) end
  redis.call('DEL', key_record(task.id), key_result(task.id), key_events(task.id))
  redis.call('ZREM', KEY_TASKS, task.id)
  redis.call('ZREM', key_listing(task.state, task.name), task.id)
  if task.owner then redis.call('ZREM', key_owned(task.state, task.name, task.owner), task.id) end
  redis.call('ZREM', KEY_ENDED, task.id)
end
