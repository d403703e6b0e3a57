-- The keeper's round: what is due is queued, what must have started by now expires, what a dead worker held runs again,
-- what waited for tasks that have ended is released as far as that was left over, what is old goes. Any number of processes may ask; whoever is first does it. The cost grows with what there is to do.
-- ARGV  most tasks of each kind, 'push' or 'record' (the queues are on another server), lease, most losses, ttl, time that
--       a tombstone stays, date
-- Answer: 'more', 'done', or after how many microseconds this keeper comes early, for what is due then; then, when not pushed
--         here, for each message: queue, side, message
local limit, where, lease, most, ttl, stay, date = unpack(ARGV)
local at, more = now(), 'done'
local how = ending(where, ttl, date)
how.looks = 20 -- fewer than other scripts have: rounds follow one another at once while there is more, and others wait for each
lease, most = tonumber(lease), tonumber(most)

-- A round is noted when the last one is so old; with a gap of more than the second between them, or than a third of a lease,
-- something was wrong: the server stalled or was away, and nobody could renew a lease, or its clock was set forward.
local NOTED, GAP = 200000, 750000

-- Every lease begins anew: whoever lives renews it in time.
local function spare(way)
  for _, id in ipairs(redis.call('ZRANGE', KEY_RUNNING, 0, -1)) do redis.call('ZADD', KEY_RUNNING, way, at + lease, id) end
end

-- The clock was set back: what waits for a time waits no longer than it would have, and nobody was heard of later than now.
local function set_back(by)
  for _, id in ipairs(redis.call('ZRANGE', KEY_DUE, 0, -1)) do
    redis.call('ZINCRBY', KEY_DUE, -by, id)
    if redis.call('HEXISTS', key_record(id), 'due_at') == 1 then redis.call('HINCRBY', key_record(id), 'due_at', -by) end
  end
  for _, name in ipairs(redis.call('SMEMBERS', KEY_NAMES)) do
    for _, id in ipairs(redis.call('ZRANGE', key_listing('blocked', name), 0, -1)) do
      if redis.call('HEXISTS', key_record(id), 'due_at') == 1 then redis.call('HINCRBY', key_record(id), 'due_at', -by) end
    end
  end
  for _, id in ipairs(redis.call('ZRANGE', KEY_DEADLINES, 0, -1)) do redis.call('ZINCRBY', KEY_DEADLINES, -by, id) end
  for _, key in ipairs(redis.call('ZRANGE', KEY_LIMITS_DUE, 0, -1)) do redis.call('ZADD', KEY_LIMITS_DUE, 'XX', text(at), key) end
  for _, name in ipairs(redis.call('ZRANGE', KEY_WORKERS, 0, -1)) do redis.call('ZADD', KEY_WORKERS, 'LT', at, name) end
  for _, queue in ipairs(redis.call('HKEYS', KEY_SERVING)) do
    if tonumber(redis.call('HGET', KEY_SERVING, queue)) > at then redis.call('HSET', KEY_SERVING, queue, at) end
  end
  spare('LT')
end

local last = kept()
if at < last then set_back(last - at) elseif at - last > math.max(lease / 3, GAP) then spare('GT') end
if at < last or at - last > NOTED then redis.call('SET', KEY_KEPT, at) end

-- The tasks whose score is over, each once.
local function each(index, act)
  local ids = redis.call('ZRANGEBYSCORE', index, '-inf', text(at), 'LIMIT', 0, limit)
  for _, id in ipairs(ids) do
    local task = load(id)
    if task then act(task) else redis.call('ZREM', index, id) end
  end
  if #ids == tonumber(limit) then more = 'more' end
end

each(KEY_DUE, function(task)
  if task.list and task.state == 'retrying' and apps.awaits_another(task, how) then return end
  if task.state == 'scheduled' and not (task.linked and hold_back(task, how)) then become(task, 'queued', 'queued_at', at) end
  redis.call('ZREM', KEY_DUE, task.id)
  if task.state == 'queued' or task.state == 'retrying' then push(task, 'LPUSH', how.pushed) end
end)

each(KEY_DEADLINES, function(task)
  if task.state == 'queued' or task.state == 'scheduled' or task.state == 'blocked' then
    conclude_expired(task, how)
  else
    redis.call('ZREM', KEY_DEADLINES, task.id)
  end
end)

each(KEY_RUNNING, function(task)
  if task.state == 'running' then
    lose(task, 'its worker stopped renewing its lease', most, how)
  else
    redis.call('ZREM', KEY_RUNNING, task.id)
  end
end)

if settle_rest(how) then more = 'more' end

-- The keys at which a task may go on now.
local keys = redis.call('ZRANGEBYSCORE', KEY_LIMITS_DUE, '-inf', text(at), 'LIMIT', 0, limit)
for _, key in ipairs(keys) do slots.visit(key, how) end
if #keys == tonumber(limit) or how.moves and how.moves <= 0 then more = 'more' end

-- Whose result is needed stays; it is looked at again after this time.
local NEEDED = 10 * 1000000

each(KEY_ENDED, function(task)
  if not FINAL[task.state] then
    redis.call('ZREM', KEY_ENDED, task.id)
  elseif is_needed(task.id) then
    redis.call('ZADD', KEY_ENDED, at + NEEDED, task.id)
  else
    forget(task, stay)
  end
end)

redis.call('ZREMRANGEBYSCORE', KEY_WORKERS, '-inf', text(at - SERVING_FRESH))

-- Stock workers claim nothing, so that windows of lanes are filled up here. (Where queues are on another server: find_lost_messages.lua.)
local has_lanes = false
if not how.pushed then
  for _, member in ipairs(redis.call('SMEMBERS', KEY_LANES)) do
    local group, queue = string.match(member, '^(%l+) (.*)$')
    fill(queue, group)
    has_lanes = has_lanes or redis.call('SISMEMBER', KEY_PAUSED, queue) == 0
  end
end

-- Keepers come round about this often; one comes early, but not after less than the second, and while there are lanes after the third.
local USUAL, SOONEST, PACE = 300000, 15000, 25000

-- The moment of the next one in an index of moments.
local function first_of(index)
  return tonumber(redis.call('ZRANGE', index, 0, 0, 'WITHSCORES')[2]) or math.huge
end

-- After how long this keeper comes early; nil when nothing is due before all come anyway, or another has undertaken to come by then.
local function early()
  local next_due = math.min(first_of(KEY_DUE), first_of(KEY_LIMITS_DUE), has_lanes and at + PACE or math.huge)
  if next_due >= at + USUAL then return nil end
  next_due = math.max(next_due, at + SOONEST)
  local undertaken = tonumber(redis.call('GET', KEY_EARLY)) or 0
  if at < undertaken and undertaken <= next_due then return nil end
  redis.call('SET', KEY_EARLY, text(next_due), 'PX', text(math.ceil((next_due - at) / 1000) + 50))
  return text(next_due - at)
end

return with_pushes(how, more == 'more' and more or early() or more)
