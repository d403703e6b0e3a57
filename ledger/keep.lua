-- The keeper's round: what is due is queued, what must have started by now expires, what a dead worker held runs again,
-- what is old goes. Any number of processes may ask; whoever is first does it. The cost grows with what there is to do.
-- ARGV  most tasks of each kind, 'push' or 'record' (the queues are on another server), 'reap' or 'spare' (whether to
--       trust that a lease which is over means a dead worker), most losses, ttl, time that a tombstone stays, date
-- Answer: 'more' or 'done'; then, when not pushed here, for each message: queue, side, message
local limit, where, reap, most, ttl, stay, date = unpack(ARGV)
local at, more = now(), 'done'
local pushed = where == 'record' and {} or nil
most, ttl = tonumber(most), tonumber(ttl)

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
  if task.state == 'scheduled' then become(task, 'queued', 'queued_at', at) end
  redis.call('ZREM', KEY_DUE, task.id)
  if task.state == 'queued' or task.state == 'retrying' then push(task, 'LPUSH', pushed) end
end)

each(KEY_DEADLINES, function(task)
  if task.state == 'queued' or task.state == 'scheduled' then
    conclude_expired(task, date, ttl)
  else
    redis.call('ZREM', KEY_DEADLINES, task.id)
  end
end)

if reap == 'reap' then
  each(KEY_RUNNING, function(task)
    if task.state == 'running' then
      lose(task, 'its worker stopped renewing its lease', most, date, ttl, pushed)
    else
      redis.call('ZREM', KEY_RUNNING, task.id)
    end
  end)
end

each(KEY_ENDED, function(task)
  if FINAL[task.state] then forget(task, stay) else redis.call('ZREM', KEY_ENDED, task.id) end
end)

redis.call('ZREMRANGEBYSCORE', KEY_WORKERS, '-inf', text(at - SERVING_FRESH))
return {more, unpack(pushed or {})}
