-- End what is queued in a queue as cancelled, a part at a time. Messages that are left behind are dropped at the claim.
-- ARGV  queue, most tasks, ttl, date
-- Answer: how many
local ids = redis.call('ZRANGE', key_waiting(ARGV[1]), 0, ARGV[2] - 1)
local count = 0
for _, id in ipairs(ids) do
  local task = load(id)
  if task and (task.state == 'queued' or task.state == 'retrying') then
    conclude_cancelled(task, ARGV[4], tonumber(ARGV[3]))
    count = count + 1
  else
    redis.call('ZREM', key_waiting(ARGV[1]), id)
  end
end
return count
