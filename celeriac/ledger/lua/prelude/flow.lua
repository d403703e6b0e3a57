-- Flow control: keys by which tasks are one, replace each other, or wait for each other.
-- A key is an owner, ':' and a text. By a unique key a task is the only one; by a debounced key it replaces the one before, which
-- has not started; slots.lua has the others. Where nothing else holds a task back, it comes to its throttle first, then to its slot.

local control = {}

local function text_of(key) return string.match(key, '^[^:]*:(.*)$') end

-- The task that has a unique key now, if any: its id, creation, state and trace. One that has ended has its key only where the
-- key was for a time, and while it is not forgotten.
local function sole_task(key)
  local id, way = string.match(redis.call('GET', key_unique(key)) or '', '^(%S+) (%S+)$')
  if not id then return nil end
  local state, created_at, trace_id, expires_at =
    unpack(redis.call('HMGET', key_record(id), 'state', 'created_at', 'trace_id', 'expires_at'))
  if not state or FINAL[state] and (way == 'unfinished' or tonumber(expires_at) < now()) then return nil end
  return id, created_at, state, trace_id or ''
end

-- The first moment of a series of debounced tasks, and the last task of it; that is one which has not been queued.
local function series_of(key)
  local first, id = string.match(redis.call('GET', key_debounce(key)) or '', '^(%S+) (%S+)$')
  local state = id and redis.call('HGET', key_record(id), 'state')
  if state == 'scheduled' or state == 'blocked' then return math.min(tonumber(first), now()), id end
  return now(), nil
end

-- When a debounced task is due: after the quiet time, but not later than the series may last.
local function plan_debounce(wish, options)
  wish.first, wish.superseded = series_of(wish.key)
  local left = math.max(wish.first + wish.at_most - now(), 0)
  if options.is_blocked then
    options.delay, wish.due_by = wish.quiet, wish.first + wish.at_most
  else
    options.due = math.min(wish.quiet, left)
    if options.due == 0 then options.due = nil end
  end
end

-- What these wishes of a submission come to, before anything is written: why it is not accepted (the kind of answer, and what
-- stands in it), if so; otherwise `options` and wishes get what is to be written.
function control.plan(wishes, options, owner)
  local unique, throttle, slot = wishes.unique, wishes.throttle, wishes.concurrency
  for _, wish in ipairs({unique or 0, throttle or 0, slot or 0, wishes.debounce or 0}) do
    if wish ~= 0 then wish.key = (owner or '') .. ':' .. wish.key end
  end
  if unique then
    local id, created_at, state, trace_id = sole_task(unique.key)
    if id and unique.otherwise == 'return' then return 'existing', id, created_at, state, trace_id end
    if id and unique.otherwise == 'refuse' then return 'not unique', id, text_of(unique.key) end
    unique.replaced = id
  end
  local rules = slot and slots.rules(slot.key, slot)
  if slot and slot.otherwise == 'refuse' and not slots.has_room(rules) then
    return 'no slot', text_of(slot.key), text(rules.limit)
  end
  if wishes.debounce then plan_debounce(wishes.debounce, options) end
  wishes.is_now = not (options.is_blocked or options.due)
  if not wishes.is_now then return end
  if throttle and not slots.may_start(slots.rules(throttle.key, throttle)) then
    options.waits_in = 'throttle'
  elseif slot and not slots.has_room(rules) then
    options.waits_in = 'slot'
  end
end

local function write_throttle(id, stamp, wish, is_now, is_waiting, set)
  set('throttle', wish.key, 'throttle_rule', table.concat({text(wish.interval), text(wish.burst), wish.rate}, ' '))
  if not is_now then return end
  slots.note(wish.key, false, 'interval', text(wish.interval), 'burst', text(wish.burst), 'rate', wish.rate)
  local rules = slots.rules(wish.key)
  if not is_waiting then return slots.start(rules, now()) end
  redis.call('ZADD', key_throttled(wish.key), stamp, id)
  slots.look_at(wish.key, slots.opens_at(rules))
end

local function write_slot(id, stamp, wish, is_now, waits_in, set)
  set('slot', wish.key, 'slot_rule', text(wish.limit) .. ' ' .. wish.otherwise)
  if not is_now or waits_in == 'throttle' then return end
  slots.note(wish.key, false, 'limit', text(wish.limit))
  redis.call('ZADD', waits_in and key_slot_waiters(wish.key) or key_slot_holders(wish.key), stamp, id)
end

-- Write what an accepted task has of its wishes. The answer is what the caller is told beside: 'held' with a key and how many tasks
-- are ahead | 'debounced' with the moment when it is due. What it does to others waits until all tasks of the call are written.
function control.write(id, stamp, begun, wishes, options, how)
  local unique, debounce, slot, waits_in = wishes.unique, wishes.debounce, wishes.concurrency, options.waits_in
  local function set(...) redis.call('HSET', key_record(id), ...) end
  how.superseding, how.arrivals = how.superseding or {}, how.arrivals or {}
  local function replace(other) if other then table.insert(how.superseding, {other, id}) end end
  set('linked', 1)
  if wishes.chosen then set('flow', wishes.chosen) end
  if unique then
    redis.call('SET', key_unique(unique.key), id .. (unique.ms and ' time' or ' unfinished'),
               unpack(unique.ms and {'PX', text(unique.ms)} or {}))
    if not unique.ms then set('unique', unique.key) end
    replace(unique.replaced)
  end
  if debounce then
    redis.call('SET', key_debounce(debounce.key), text(debounce.first) .. ' ' .. id)
    set('debounce', debounce.key)
    if debounce.due_by then set('due_by', text(debounce.due_by)) end
    replace(debounce.superseded)
  end
  if wishes.throttle then write_throttle(id, stamp, wishes.throttle, wishes.is_now, waits_in == 'throttle', set) end
  if slot then write_slot(id, stamp, slot, wishes.is_now, waits_in, set) end
  if waits_in then
    set('waits_in', waits_in, 'held', 1)
    if waits_in == 'slot' and slot.otherwise ~= 'wait' then table.insert(how.arrivals, {slot, id}) end
    return 'held', control.place_of(id)
  end
  if debounce and options.due then return 'debounced', text(begun + options.due), '' end
end

-- The text of the key at which a task waits, and how many tasks are ahead of it.
function control.place_of(id)
  local waits_in, throttle, slot = unpack(redis.call('HMGET', key_record(id), 'waits_in', 'throttle', 'slot'))
  if not waits_in then return nil end
  local key = waits_in == 'throttle' and throttle or slot
  local set = waits_in == 'throttle' and key_throttled(key) or key_slot_waiters(key)
  return text_of(key), text(redis.call('ZRANK', set, id) or 0)
end

-- The end of a call in which tasks were accepted.
function control.finish(how)
  for _, pair in ipairs(how.superseding or {}) do slots.supersede(pair[1], pair[2], 'ask', how) end
  for _, pair in ipairs(how.arrivals or {}) do
    local wish, id = unpack(pair)
    slots.arrive(wish.key, id, wish.otherwise, how)
  end
end

-- Nothing of a task stays that was not accepted after all.
function control.undo(id, wishes, owner)
  local function key_of(wish) return (owner or '') .. ':' .. wish.key end
  for wish, key in pairs({unique = key_unique, debounce = key_debounce}) do
    local name = wishes[wish] and key(key_of(wishes[wish]))
    local value = name and redis.pcall('GET', name)
    if type(value) == 'string' and string.find(value, id, 1, true) then redis.pcall('DEL', name) end
  end
  for _, wish in ipairs({wishes.throttle or 0, wishes.concurrency or 0}) do
    if wish ~= 0 then
      for _, set in ipairs({key_throttled, key_slot_waiters, key_slot_holders}) do redis.pcall('ZREM', set(key_of(wish)), id) end
      redis.pcall('ZADD', KEY_LIMITS_DUE, text(now()), key_of(wish))
    end
  end
end

-- A task has ended: what it had of keys is free.
give_on = function(task, how)
  local unique, debounce, throttle, slot =
    unpack(redis.call('HMGET', key_record(task.id), 'unique', 'debounce', 'throttle', 'slot'))
  if unique and redis.call('GET', key_unique(unique)) == task.id .. ' unfinished' then redis.call('DEL', key_unique(unique)) end
  if debounce and string.find(redis.call('GET', key_debounce(debounce)) or '', task.id, 1, true) then
    redis.call('DEL', key_debounce(debounce))
  end
  if throttle or slot then slots.give_on(task, throttle, slot, how) end
end
