-- Forget a task that has ended; a tombstone stays for a while.
-- ARGV  id, time that the tombstone stays, ttl
-- Answer: 'forgotten' | 'gone' (already) | 'open' (it has not ended) | 'unknown'
local id, stay, ttl = unpack(ARGV)
local task = load(id)
if task then
  if task.attempt == 0 and not FINAL[task.state] then take_over(task, tonumber(ttl)) end
  if not FINAL[task.state] then return 'open' end
  forget(task, stay)
  return 'forgotten'
end
return redis.call('EXISTS', key_tombstone(id)) == 1 and 'gone' or 'unknown'
