-- Forget a task that has ended; a tombstone stays for a while.
-- ARGV  id, owner ('' for who may see all tasks), time that the tombstone stays, ttl
-- Answer: 'forgotten' | 'gone' (already) | 'open' (it has not ended) | 'unknown'
local id, owner, stay, ttl = unpack(ARGV)
local task = not is_hidden(id, owner) and load(id)
if task then
  if task.attempt == 0 and not FINAL[task.state] then take_over(task, tonumber(ttl)) end
  if not FINAL[task.state] then return 'open' end
  forget(task, stay)
  return 'forgotten'
end
return is_gone(id, owner) and 'gone' or 'unknown'
