-- Forget a task that has ended; a tombstone stays for a while.
-- ARGV  id, owner ('' for who may see all tasks), time that the tombstone stays, ttl, date, 'push' or 'record' (the queues are on
--       another server)
-- Answer: 'forgotten' | 'gone' (already) | 'open' (it has not ended) | 'unknown'; then what is to be pushed there: queue, side,
--         message
local id, owner, stay, ttl, date, where = unpack(ARGV)
local how = ending(where, ttl, date)
local task = not is_hidden(id, owner) and load(id)
if task and task.name ~= DELIVERY then
  if task.attempt == 0 and not FINAL[task.state] then take_over(task, how) end
  if not FINAL[task.state] then return {'open'} end
  if is_needed(id) then -- it is as good as forgotten, and keep_tasks.lua does it later
    redis.call('HSET', key_record(id), 'expires_at', 1)
    redis.call('ZADD', KEY_ENDED, now(), id)
  else
    forget(task, stay)
  end
  return with_pushes(how, 'forgotten')
end
return {is_gone(id, owner) and 'gone' or 'unknown'}
