-- End a task that this token holds. Ended already with the same token (a lost reply): said again, nothing is written.
-- ARGV  id, token, final state, error (JSON, or '' for none), Celery's result document, ttl
-- Answer: 'ended' | 'stale'
local id, token, final, failure, document, ttl = unpack(ARGV)
local task = load(id)
if not task or task.token ~= token then return 'stale' end
if task.state == final then return 'ended' end
if task.state ~= 'running' then return 'stale' end
conclude(task, final, failure, document, tonumber(ttl))
return 'ended'
