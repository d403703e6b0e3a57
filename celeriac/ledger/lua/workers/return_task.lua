-- Return a task before its end, to run again before all that waits: its worker is shutting down. One that is to be
-- cancelled ends instead. With how many others an async task may run at once, itself included, is kept until it ends: its loop
-- was lost, and nobody knows for which of its tasks.
-- ARGV  id, token, 'push' or 'record' (the queues are on another server), ttl, date, company (or none)
-- Answer: {'stale'} | {state}, and what is to be pushed there: queue, side, message
local id, token, where, ttl, date, company = unpack(ARGV)
local task = load(id)
if not task or task.token ~= token or task.state ~= 'running' then return {'stale'} end
if task.cancel then
  local how = ending(where, ttl, date)
  conclude_cancelled(task, how)
  return with_pushes(how, task.state)
end
local pushed = where == 'record' and {} or nil
if company then
  requeue(task, pushed, 'released', token, 'linked', 1, 'company', company)
else
  requeue(task, pushed, 'released', token)
end
return {task.state, unpack(pushed or {})}
