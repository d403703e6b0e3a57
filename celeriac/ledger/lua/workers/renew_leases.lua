-- A worker says that it lives, and renews the leases of all that it runs.
-- ARGV  worker, what it says of itself (JSON), for how long (ms), lease, number of its queues, the queues,
--       then for each task that it runs: id, token
-- Answer: for each of these tasks 'active' | 'ask' or 'terminate' (active, and to be cancelled) | 'unclaimed' (not yet ours)
--         | 'over' (ours, and not running any more) | 'lost' (somebody else's)
local worker, says, fresh, lease, count = unpack(ARGV, 1, 5)
local at = now()
redis.call('SET', key_worker(worker), says, 'PX', fresh)
redis.call('ZADD', KEY_WORKERS, at, worker)
for number = 6, 5 + count do redis.call('HSET', KEY_SERVING, ARGV[number], at) end

local answer = {}
for number = 6 + count, #ARGV, 2 do
  local id, token = ARGV[number], ARGV[number + 1]
  local state, holder, cancel = unpack(redis.call('HMGET', key_record(id), 'state', 'token', 'cancel'))
  if holder == token and state == 'running' then
    redis.call('ZADD', KEY_RUNNING, at + lease, id)
    answer[#answer + 1] = cancel or 'active'
  elseif holder == token then
    answer[#answer + 1] = 'over'
  else
    answer[#answer + 1] = state == 'queued' and 'unclaimed' or 'lost'
  end
end
return answer
