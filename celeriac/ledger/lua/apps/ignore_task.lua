-- A run of an existing app ended with `Ignore`: what the body has stored is the end; or the task goes on with a message that was
-- published for it; or with one that another process is to publish.
-- ARGV  id, token, 'replaced' or '', Celery's SUCCESS document ('' for none), ttl, date, 'push' or 'record' (the queues are on another server)
-- Answer: 'ended' | 'stale', and what is to be pushed there: queue, side, message
local id, token, replaced, document, ttl, date, where = unpack(ARGV)
local task, how = load(id), ending(where, ttl, date)
if not task or task.token ~= token then return {'stale'} end
if task.state ~= 'running' then return {'ended'} end -- said before, or stored by the body
local cancel = task.cancel
take_over(task, how)
if task.state ~= 'running' then return with_pushes(how, 'ended') end
if cancel then
  conclude_cancelled(task, how)
elseif not apps.go_on(task, how) then
  if replaced == 'replaced' then apps.await_another(task) else conclude(task, 'succeeded', '', document ~= '' and document or nil, how) end
end
return with_pushes(how, 'ended')
