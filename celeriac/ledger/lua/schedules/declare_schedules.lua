-- Note which schedules a process declares, and remove those that no process has declared for a time.
-- ARGV  that time (microseconds), ids of the schedules that the caller declares
-- Answer: the ids of those that are removed
local patience = tonumber(ARGV[1])
local at, removed = now(), {}
for place = 2, #ARGV do redis.call('ZADD', KEY_SCHEDULES_DECLARED, at, ARGV[place]) end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEY_SCHEDULES_DECLARED, '-inf', text(at - patience), 'LIMIT', 0, 100)) do
  redis.call('DEL', key_schedule(id))
  redis.call('ZREM', KEY_SCHEDULES, id)
  redis.call('ZREM', KEY_SCHEDULES_DUE, id)
  redis.call('ZREM', KEY_SCHEDULES_DECLARED, id)
  removed[#removed + 1] = id
end
return removed
