-- Return a task before its end, to run again before all that waits: its worker is shutting down. One that is to be
-- cancelled ends instead.
-- ARGV  id, token, 'push' or 'record' (the queues are on another server), ttl, date
-- Answer: {'stale'} | {state}, and what is to be pushed there: queue, side, message
local id, token, where, ttl, date = unpack(ARGV)
local task = load(id)
if not task or task.token ~= token or task.state ~= 'running' then return {'stale'} end
if task.cancel then
  local how = ending(where, ttl, date)
  conclude_cancelled(task, how)
  return with_pushes(how, task.state)
end
local pushed = where == 'record' and {} or nil
requeue(task, pushed, 'released', token)
return {task.state, unpack(pushed or {})}
