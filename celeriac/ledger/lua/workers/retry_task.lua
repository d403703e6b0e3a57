-- An attempt failed and another is to follow: give the task up until it is due, unless it is to be cancelled. Where Celery has
-- published a message for that already, the task goes on with it.
-- ARGV  id, token, delay, error of this attempt (JSON), Celery's RETRY document ('' for none), ttl, date, 'push' or 'record' (the queues
--       are on another server)
-- Answer: 'retrying' | 'stale' | 'cancelled', and what is to be pushed there: queue, side, message
local id, token, delay, failure, document, ttl, date, where = unpack(ARGV)
local task = load(id)
if not task or task.token ~= token then return {'stale'} end
if task.state == 'retrying' or task.state == 'cancelled' then return {task.state} end
if task.state ~= 'running' then return {'stale'} end
if task.cancel then
  local how = ending(where, ttl, date)
  conclude_cancelled(task, how)
  return with_pushes(how, task.state)
end
local how = ending(where, ttl, date)
if not apps.go_on(task, how, 'error', failure) then
  local due = later(delay)
  begin_stream(task)
  become(task, 'retrying', 'due_at', due, 'error', failure)
  redis.call('ZREM', KEY_RUNNING, id)
  redis.call('ZADD', KEY_DUE, due, id)
end
if document ~= '' then
  redis.call('SET', key_result(id), document, 'PX', text(ttl / 1000))
  redis.call('PUBLISH', key_result(id), document)
end
return with_pushes(how, 'retrying')
