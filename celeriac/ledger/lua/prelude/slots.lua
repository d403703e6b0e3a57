-- How many tasks of a key are queued or run at once, and at which rate they start.
-- A key is an owner, ':' and a text. Its rules (`limit` of slots; `interval` and `burst` of starts) are those of its latest
-- submission; those that an operator has set (`set_…`) go before them. Tasks that wait are in a sorted set of the key, by when they
-- came; `waits_in` of their record is 'throttle' or 'slot'. A task that was accepted keeps its slot until its end.

-- How many tasks of all keys a script moves; the keeper goes on with the others.
local MOST_MOVED = 50
-- A start that is late, because no keeper came by, is made up for within this time.
local LATEST_START = 250000
-- A key without tasks is looked at after this time, to go.
local IDLE = 60 * 1000000

local slots = {}

-- The rules of a key as they are now, or as they are with the wish of one more submission.
function slots.rules(key, wish)
  wish = wish or {}
  local limit, set_limit, interval, set_interval, burst, set_burst, full_at, before, superseded_by =
    unpack(redis.call('HMGET', key_limit(key), 'limit', 'set_limit', 'interval', 'set_interval', 'burst', 'set_burst',
                      'full_at', 'superseded_before', 'superseded_by'))
  local rules = {
    key = key, limit = tonumber(set_limit or wish.limit or limit or nil) or math.huge,
    interval = tonumber(set_interval or wish.interval or interval or nil) or 0,
    burst = tonumber(set_burst or wish.burst or burst or nil) or 1,
    superseded_before = tonumber(before or nil), superseded_by = superseded_by, is_set = set_limit or set_interval or set_burst,
  }
  -- The generic cell rate algorithm: each start moves `full_at` on by `interval`. It is never further ahead than a full burst: the
  -- rules, or the clock, may have been changed.
  full_at = tonumber(full_at or nil) or 0
  rules.full_at = math.min(full_at, now() + rules.burst * rules.interval)
  rules.was_ahead = full_at > rules.full_at
  return rules
end

-- The keeper looks at a key at this moment, or before.
function slots.look_at(key, moment) redis.call('ZADD', KEY_LIMITS_DUE, 'LT', text(moment), key) end

function slots.opens_at(rules) return rules.full_at - (rules.burst - 1) * rules.interval end

-- One more starts. Starts that are late count as if they had not been, from the moment `since` on.
function slots.start(rules, since)
  rules.full_at = math.max(rules.full_at, since) + rules.interval
  redis.call('HSET', key_limit(rules.key), 'full_at', text(rules.full_at))
  slots.look_at(rules.key, math.max(rules.full_at, now() + IDLE))
end

function slots.may_start(rules)
  return slots.opens_at(rules) <= now() and redis.call('EXISTS', key_throttled(rules.key)) == 0
end

function slots.has_room(rules)
  return redis.call('ZCARD', key_slot_holders(rules.key)) < rules.limit and redis.call('EXISTS', key_slot_waiters(rules.key)) == 0
end

-- The rules of the latest submission; of one that comes late to its key, only where there are none.
function slots.note(key, is_late, field, ...)
  redis.call('ZADD', KEY_LIMITS, 0, key)
  if not (is_late and redis.call('HEXISTS', key_limit(key), field) == 1) then redis.call('HSET', key_limit(key), field, ...) end
end

-- A task waits where it is no more, and is queued.
local function queue_now(task, how)
  redis.call('HDEL', key_record(task.id), 'waits_in')
  become(task, 'queued', 'queued_at', now())
  push(task, 'LPUSH', how.pushed)
end

local function wait_in(task, place, set)
  redis.call('ZADD', set, stamps(1), task.id)
  if task.state == 'blocked' then
    redis.call('HSET', key_record(task.id), 'waits_in', place)
  else
    become(task, 'blocked', 'waits_in', place, 'blocked_at', now())
  end
end

-- Another task takes the place of this one. What may run is asked to end; in which way, `wish` says.
function slots.supersede(id, by, wish, how)
  local task = load(id)
  if not task or FINAL[task.state] then return end
  local is_running = task.state == 'running'
  if task.state == 'queued' and task.attempt == 0 then -- a worker that knows no records may run it
    is_running = redis.call('EXISTS', key_result(id)) == 1 or how.pushed == nil and redis.pcall('HEXISTS', 'unacked', id) == 1
  end
  if not is_running then
    conclude_with(task, 'cancelled', 'REVOKED', 'Superseded', 'task ' .. by .. ' has taken its place', how)
  elseif task.cancel ~= 'terminate' then
    redis.call('HSET', key_record(id), 'cancel', wish)
  end
end

-- How many of those that hold slots are looked at for one that is not to end already.
local MOST_HOLDERS_READ = 100

-- The oldest of those that have a slot and are not to end already, or else that wait, is cancelled.
local function cancel_oldest(key, by, how)
  for _, id in ipairs(redis.call('ZRANGE', key_slot_holders(key), 0, MOST_HOLDERS_READ - 1)) do
    if redis.call('HEXISTS', key_record(id), 'cancel') == 0 then return slots.supersede(id, by, 'terminate', how) end
  end
  local first = redis.call('ZRANGE', key_slot_waiters(key), 0, 0)[1]
  if first and first ~= by then slots.supersede(first, by, 'ask', how) end
end

-- Those that came before this one are cancelled, as far as they wait for a slot.
local function cancel_waiting(key, by)
  local own = redis.call('ZSCORE', key_slot_waiters(key), by)
  if own then redis.call('HSET', key_limit(key), 'superseded_before', own, 'superseded_by', by) end
end

-- A task that cancels others has come to wait for a slot.
function slots.arrive(key, id, otherwise, how)
  if otherwise == 'cancel_running' then cancel_oldest(key, id, how) else cancel_waiting(key, id) end
  slots.visit(key, how)
end

-- A task comes to its slot: whether it does not get one now.
local function is_without_slot(task, key, rule, how)
  local limit, otherwise = string.match(rule, '^(%S+) (%S+)$')
  slots.note(key, true, 'limit', limit)
  local rules = slots.rules(key)
  if slots.has_room(rules) then
    redis.call('ZADD', key_slot_holders(key), stamps(1), task.id)
    return false
  end
  if otherwise == 'refuse' then
    conclude_with(task, 'cancelled', 'REVOKED', 'ConcurrencyLimit', 'as many tasks of its key run as may', how)
    return true
  end
  wait_in(task, 'slot', key_slot_waiters(key))
  if otherwise ~= 'wait' then slots.arrive(key, task.id, otherwise, how) end
  return true
end

-- Nothing but its keys holds a task back any more: whether they do, so that it is not to be queued now.
hold_back = function(task, how)
  local throttle, rule, slot, of_slot =
    unpack(redis.call('HMGET', key_record(task.id), 'throttle', 'throttle_rule', 'slot', 'slot_rule'))
  if throttle then
    local interval, burst, rate = string.match(rule, '^(%S+) (%S+) (%S+)$')
    slots.note(throttle, true, 'interval', interval, 'burst', burst, 'rate', rate)
    local rules = slots.rules(throttle)
    if not slots.may_start(rules) then
      wait_in(task, 'throttle', key_throttled(throttle))
      slots.look_at(throttle, slots.opens_at(rules))
      return true
    end
    slots.start(rules, now())
  end
  return slot and is_without_slot(task, slot, of_slot, how)
end

-- The first of those that wait in a set, taken off it; nil where there is none, or where as many are moved as one script may.
local function next_of(set, how)
  while how.moves > 0 do
    how.moves = how.moves - 1
    local id = redis.call('ZPOPMIN', set)[1]
    if not id then return nil end
    local task = load(id)
    if task and task.state == 'blocked' then return task end
  end
end

-- Those whose time to start has come go on to their slots.
local function let_start(rules, how)
  while slots.opens_at(rules) <= now() do
    local task = next_of(key_throttled(rules.key), how)
    if not task then return end
    slots.start(rules, now() - LATEST_START)
    local slot, rule = unpack(redis.call('HMGET', key_record(task.id), 'slot', 'slot_rule'))
    if not (slot and is_without_slot(task, slot, rule, how)) then queue_now(task, how) end
  end
end

-- Those that others have superseded end; those for which there are slots are queued.
local function give_slots(rules, how)
  local holders, waiters = key_slot_holders(rules.key), key_slot_waiters(rules.key)
  while rules.superseded_before and how.moves > 0 do
    local id = redis.call('ZRANGEBYSCORE', waiters, '-inf', '(' .. text(rules.superseded_before), 'LIMIT', 0, 1)[1]
    if not id then break end
    how.moves = how.moves - 1
    redis.call('ZREM', waiters, id)
    slots.supersede(id, rules.superseded_by, 'ask', how)
  end
  while redis.call('ZCARD', holders) < rules.limit do
    local task = next_of(waiters, how)
    if not task then return end
    redis.call('ZADD', holders, stamps(1), task.id)
    queue_now(task, how)
  end
end

-- When the keeper looks at a key next; a key of which nothing is left goes.
local function tidy(rules, how)
  local key, waits = rules.key, redis.call('EXISTS', key_slot_waiters(rules.key)) == 1
  redis.call('ZREM', KEY_LIMITS_DUE, key)
  if redis.call('EXISTS', key_throttled(key)) == 1 then slots.look_at(key, slots.opens_at(rules)) end
  if waits and how.moves <= 0 then slots.look_at(key, now()) end
  if rules.full_at > now() then slots.look_at(key, math.max(rules.full_at, now() + IDLE)) end
  if waits or rules.is_set or redis.call('ZSCORE', KEY_LIMITS_DUE, key) then return end
  if redis.call('EXISTS', key_slot_holders(key)) == 1 then return end
  redis.call('DEL', key_limit(key))
  redis.call('ZREM', KEY_LIMITS, key)
end

local function visit_one(key, how)
  local rules = slots.rules(key)
  if rules.was_ahead then redis.call('HSET', key_limit(key), 'full_at', text(rules.full_at)) end
  let_start(rules, how)
  give_slots(rules, how)
  tidy(rules, how)
end

-- Let tasks of a key go on as far as they may now. Keys of tasks that end meanwhile join the same list: nothing is nested.
function slots.visit(key, how)
  if how.keys then
    how.keys[#how.keys + 1] = key
    return
  end
  how.keys, how.moves = {key}, how.moves or MOST_MOVED
  local place = 1
  while how.keys[place] do
    visit_one(how.keys[place], how)
    place = place + 1
  end
  how.keys = nil
end

-- A task has ended: its slot is for another.
function slots.give_on(task, throttle, slot, how)
  if throttle and redis.call('ZREM', key_throttled(throttle), task.id) == 1 then slots.look_at(throttle, now()) end
  if not slot then return end
  if redis.call('ZREM', key_slot_waiters(slot), task.id) + redis.call('ZREM', key_slot_holders(slot), task.id) > 0 then
    slots.visit(slot, how)
  end
end
