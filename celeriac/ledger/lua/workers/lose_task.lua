-- The process that ran a task is gone, or the one that was to run it: have it run again, or end it after too many losses.
-- ARGV  id, token, reason, 'push' or 'record' (the queues are on another server), most losses, ttl, date
-- Answer: {'stale'} | {state}, and what is to be pushed there: queue, side, message
local id, token, reason, where, most, ttl, date = unpack(ARGV)
local task = load(id)
if not task then return {'stale'} end
local is_ours = task.state == 'running' and task.token == token
local is_unclaimed = task.state == 'queued' and task.released ~= token
if not is_ours and not is_unclaimed then return {'stale'} end
task.token = token
local how = ending(where, ttl, date)
lose(task, reason, tonumber(most), how)
return with_pushes(how, task.state)
