-- End what is queued in a queue as cancelled, a part at a time. Messages that are left behind are dropped at the claim.
-- ARGV  queue, most tasks, ttl, date, 'push' or 'record' (the queues are on another server)
-- Answer: how many; then what is to be pushed there: queue, side, message
local how = ending(ARGV[5], ARGV[3], ARGV[4])
local ids = redis.call('ZRANGE', key_waiting(ARGV[1]), 0, ARGV[2] - 1)
local count = 0
for _, id in ipairs(ids) do
  local task = load(id)
  if task and (task.state == 'queued' or task.state == 'retrying') then
    conclude_cancelled(task, how)
    count = count + 1
  else
    redis.call('ZREM', key_waiting(ARGV[1]), id)
  end
end
return with_pushes(how, count)
