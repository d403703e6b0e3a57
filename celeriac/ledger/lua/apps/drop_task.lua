-- End a task that no worker has begun: Celery has revoked or expired its message, or the message of an `unsent` one cannot be made.
-- ARGV  id, final state, error (JSON, or '' for none), Celery's result document ('' for none), ttl, date, 'push' or 'record' (the queues
--       are on another server), 'unsent' where it must have no message, or '', the stamp of the message ('' for none)
-- Answer: 'ended' | 'stale', and what is to be pushed there: queue, side, message
local id, final, failure, document, ttl, date, where, unsent, stamp = unpack(ARGV)
local task, how = load(id), ending(where, ttl, date)
if not task or FINAL[task.state] or task.state == 'running' then return {'stale'} end
if unsent == 'unsent' and not apps.is_unsent(task.list) then return {'stale'} end
if stamp ~= '' and not apps.is_current(task, stamp) then return {'stale'} end
conclude(task, final, failure, document ~= '' and document or nil, how)
return with_pushes(how, 'ended')
