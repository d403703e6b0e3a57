-- End a task that this token holds. Ended already with the same token (a lost reply): said again, nothing is written.
-- ARGV  id, token, final state, error (JSON, or '' for none), Celery's result document ('' for none), ttl, date, 'push' or 'record' (the queues
--       are on another server); the large files of the result: their hashes, each with its size
-- Answer: 'stale' | 'ended', and what is to be pushed there: queue, side, message
local id, token, final, failure, document, ttl, date, where = unpack(ARGV)
local task = load(id)
if not task or task.token ~= token then return {'stale'} end
if task.state == final then return {'ended'} end
if task.state ~= 'running' then return {'stale'} end
local how = ending(where, ttl, date)
if ARGV[9] then files.name(id, task.owner, {unpack(ARGV, 9)}) end
conclude(task, final, failure, document ~= '' and document or nil, how)
return with_pushes(how, 'ended')
