-- Forget a task that has ended; a tombstone stays for a while.
-- ARGV  id, time that the tombstone stays
-- Answer: 'forgotten' | 'gone' (already) | 'open' (it has not ended) | 'unknown'
local id, stay = unpack(ARGV)
local task = load(id)
if task then
  if not FINAL[task.state] then return 'open' end
  forget(task, stay)
  return 'forgotten'
end
return redis.call('EXISTS', key_tombstone(id)) == 1 and 'gone' or 'unknown'
