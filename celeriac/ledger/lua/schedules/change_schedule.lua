-- Write a schedule, if it is still as it was read.
-- ARGV  id, version that it has ('' for a new one), version that it gets ('' to remove it), state, when it is due next
--       (microseconds, '' for never); then, where they change, plan and submission
-- Answer: 1, or 0 where another version is there
local id, before, after, state, due, plan, submission = unpack(ARGV)
if (redis.call('HGET', key_schedule(id), 'version') or '') ~= before then return 0 end
if after == '' then
  redis.call('DEL', key_schedule(id))
  redis.call('ZREM', KEY_SCHEDULES, id)
  redis.call('ZREM', KEY_SCHEDULES_DUE, id)
  return 1
end
redis.call('HSET', key_schedule(id), 'version', after, 'state', state)
if plan then redis.call('HSET', key_schedule(id), 'plan', plan, 'submission', submission) end
if before == '' then redis.call('ZADD', KEY_SCHEDULES, 0, id) end
if due == '' then
  redis.call('ZREM', KEY_SCHEDULES_DUE, id)
else
  redis.call('ZADD', KEY_SCHEDULES_DUE, due, id)
end
return 1
