-- Put messages back before all that wait in their queues: a worker has taken them, and has no process for them.
-- ARGV  'push' or 'record' (the queues are on another server), then for each message: id, stamp
-- Answer: what is to be pushed there, as queue, side and message for each
local pushed = ARGV[1] == 'record' and {} or nil
for number = 2, #ARGV, 2 do
  local task = load(ARGV[number])
  local stamp = task and redis.call('ZSCORE', key_waiting(task.linked and lane_of(task).list or task.queue), task.id)
  if stamp and tonumber(stamp) == tonumber(ARGV[number + 1]) then push(task, 'RPUSH', pushed) end
end
return pushed or {}
