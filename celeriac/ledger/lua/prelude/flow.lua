-- Flow control: keys by which tasks are one, replace each other, or wait for each other.
-- A key is an owner, ':' and a text. By a unique key a task is the only one.

local control = {}

-- How many tasks of all keys a script moves; the keeper goes on with the others.
local MOST_MOVED = 50
-- Starts that are late, because no keeper came by, are made up for as far as they lie within this time.
local LATEST_START = 1000000

local function text_of(key) return string.match(key, '^[^:]*:(.*)$') end

-- Superseded: another task has taken its place. What may run is asked to end; in which way, `wish` says.
local function supersede(id, by, wish, how)
  local task = load(id)
  if not task or FINAL[task.state] then return end
  local is_running = task.state == 'running'
  if task.state == 'queued' and task.attempt == 0 then -- a worker that knows no records may run it
    is_running = redis.call('EXISTS', key_result(id)) == 1 or how.pushed == nil and redis.call('HEXISTS', 'unacked', id) == 1
  end
  if not is_running then
    conclude_with(task, 'cancelled', 'REVOKED', 'Superseded', 'task ' .. by .. ' has taken its place', how)
  elseif task.cancel ~= 'terminate' then
    redis.call('HSET', key_record(id), 'cancel', wish)
  end
end

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

-- What these wishes of a submission come to, before anything is written: why it is not accepted (the kind of answer, and what
-- stands in it), if so; otherwise `options` get what accept_tasks.lua needs to know.
function control.plan(wishes, options, owner)
  wishes.owner = (owner or '') .. ':'
  if wishes.unique then
    local id, created_at, state, trace_id = sole_task(wishes.owner .. wishes.unique.key)
    if id and wishes.unique.otherwise == 'return' then return 'existing', id, created_at, state, trace_id end
    if id and wishes.unique.otherwise == 'refuse' then return 'not unique', id, wishes.unique.key end
    wishes.replaced = id
  end
end

-- Write what an accepted task has of its wishes. What it does to others comes after all tasks of the call are written.
function control.write(id, wishes, how)
  how.superseded = how.superseded or {}
  local function set(...) redis.call('HSET', key_record(id), ...) end
  set('linked', 1)
  if wishes.chosen then set('flow', wishes.chosen) end
  if wishes.unique then
    local key, ms = wishes.owner .. wishes.unique.key, wishes.unique.ms
    redis.call('SET', key_unique(key), id .. (ms and ' time' or ' unfinished'), unpack(ms and {'PX', text(ms)} or {}))
    if not ms then set('unique', key) end
    if wishes.replaced then table.insert(how.superseded, {wishes.replaced, id, 'ask'}) end
  end
end

-- The end of a call in which tasks were accepted.
function control.finish(how)
  for _, one in ipairs(how.superseded or {}) do supersede(one[1], one[2], one[3], how) end
end

-- Nothing of a task stays that was not accepted after all.
function control.undo(id, wishes, owner)
  if wishes.unique then
    local key = key_unique((owner or '') .. ':' .. wishes.unique.key)
    local value = redis.pcall('GET', key)
    if type(value) == 'string' and string.match(value, '^%S+') == id then redis.pcall('DEL', key) end
  end
end

-- A task has ended: what it had of keys is free.
give_on = function(task, how)
  local unique = redis.call('HGET', key_record(task.id), 'unique')
  if unique and redis.call('GET', key_unique(unique)) == task.id .. ' unfinished' then redis.call('DEL', key_unique(unique)) end
end
