-- End what is queued in a queue as cancelled, a part at a time. Messages that are left behind are dropped at the claim.
-- ARGV  queue, most tasks, ttl, date, 'push' or 'record' (the queues are on another server)
-- Answer: how many; then what is to be pushed there: queue, side, message
local how = ending(ARGV[5], ARGV[3], ARGV[4])
local left, count = tonumber(ARGV[2]), 0
-- What is in lanes comes first, so that nothing comes out of them into a list.
local indexes = {key_laned(ARGV[1]), key_waiting(ARGV[1]), key_waiting(key_low(ARGV[1]))}
for _, list in ipairs(apps.lists()[ARGV[1]] or {}) do indexes[#indexes + 1] = key_waiting(list) end
for _, index in ipairs(indexes) do
  local ids = left > 0 and redis.call('ZRANGE', index, 0, left - 1) or {}
  left = left - #ids
  for _, id in ipairs(ids) do
    local task = load(id)
    if task and (task.state == 'queued' or task.state == 'retrying') then
      conclude_cancelled(task, how)
      count = count + 1
    else
      redis.call('ZREM', index, id)
    end
  end
end
return with_pushes(how, count)
