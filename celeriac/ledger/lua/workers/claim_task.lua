-- Claim a task before its body runs. The same token asked twice (a lost reply) is granted twice. Whether the lease of one
-- that runs is over is for keep_tasks.lua to say, which knows of stalls.
-- ARGV  id, token, worker, lease, Celery's STARTED document ('' for none), ttl, date, 'push' or 'record' (the queues are on another server); of an
--       existing app's worker: at how many lost runs the task fails ('' for the usual number), the stamp of the message ('' for none)
-- Answer: {'granted', attempt, and what is to be pushed there: queue, side, message} | {'suspect', attempt, company, and what is to
--         be pushed there}: granted, to run with at most so many in its loop, itself included | {'refused', state, and what is to be pushed there: queue, side, message} | {'unknown', ''}
local id, token, worker, lease, started, ttl, date, where, most, stamp = unpack(ARGV)
local task = load(id)
if not task then return {'unknown', ''} end

local function granted(how)
  local company = task.linked and redis.call('HGET', key_record(id), 'company')
  if company then return with_pushes(how, 'suspect', text(task.attempt), company) end
  return with_pushes(how, 'granted', text(task.attempt))
end

if task.state == 'running' and task.token == token then return granted({}) end

local at = now()
local before = task.state
if before == 'retrying' or before == 'scheduled' and task.list then -- which a worker may hold until it is due
  if redis.call('ZSCORE', KEY_DUE, id) then return {'refused', before} end -- an old message; its time has not come
elseif before ~= 'queued' then
  return {'refused', before}
end
if task.list and stamp and stamp ~= '' and not apps.is_current(task, stamp) then return {'refused', before} end

if task.cancel then -- asked for while only workers that know no records could hear of it
  local how = ending(where, ttl, date)
  conclude_cancelled(task, how)
  return with_pushes(how, 'refused', task.state)
elseif task.start_by and task.start_by < at and task.attempt == 0 then
  local how = ending(where, ttl, date)
  conclude_expired(task, how)
  return with_pushes(how, 'refused', task.state)
end

task.attempt = task.attempt + 1
become(task, 'running', 'attempt', text(task.attempt), 'token', token, 'worker', worker, 'started_at', at, 'lost', task.lost)
if before == 'retrying' then redis.call('HDEL', key_record(id), 'due_at') end
if stamp and not task.list and not task.linked then redis.call('HSET', key_record(id), 'list', task.queue) end
if most and most ~= '' then redis.call('HSET', key_record(id), 'most', most) end
leave(task, before)
redis.call('ZADD', KEY_RUNNING, at + lease, id)
if task.attempt == 1 then observe('queued', task.name, at - (task.queued_at or task.created_at)) end
if started ~= '' then
  redis.call('SET', key_result(id), started, 'PX', text(ttl / 1000))
  redis.call('PUBLISH', key_result(id), started)
end
local how = ending(where, ttl, date)
if task.linked then move_on(task, how.pushed) end
return granted(how)
