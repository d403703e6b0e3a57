-- Cancel a task: at once where it has not started; one that runs is told so.
-- ARGV  id, owner ('' for who may see all tasks), 'ask' or 'terminate' (what a running one is told), ttl, date, 'unless stock', 'final' or 'ask': what to do
--       with a queued task when no worker of ours serves its queue, so that one which knows no records may have it;
--       'push' or 'record' (the queues are on another server)
-- Answer: {'unknown'} | {'cancelled', and what is to be pushed there: queue, side, message} | {'asked'} | {'ended', state} | {'unserved', queue}
local id, owner, wish, ttl, date, stock, where = unpack(ARGV)
local task = not is_hidden(id, owner) and load(id)
if not task or task.name == DELIVERY then return {'unknown'} end

local function ask()
  if task.cancel ~= 'terminate' then redis.call('HSET', key_record(id), 'cancel', wish) end
  return {'asked'}
end

if task.state == 'cancelled' then return {'cancelled'} end
if task.state == 'running' then return ask() end
if FINAL[task.state] then return {'ended', task.state} end

local served = tonumber(redis.call('HGET', KEY_SERVING, task.queue) or 0) > now() - SERVING_FRESH
if task.state == 'queued' and task.attempt == 0 and not served and not apps.is_unsent(task.list) then
  local status = string.match(redis.call('GET', key_result(id)) or '', '"status": ?"(%u+)"')
  if status == 'SUCCESS' or status == 'FAILURE' or status == 'REVOKED' then return {'ended', status} end
  if stock == 'unless stock' then return {'unserved', task.queue} end
  if stock == 'ask' then return ask() end
end
local how = ending(where, ttl, date)
conclude_cancelled(task, how)
return with_pushes(how, 'cancelled')
