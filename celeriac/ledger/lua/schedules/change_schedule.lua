-- Write a schedule, if it is still as it was read.
-- ARGV  id, version that it has ('' for a new one), version that it gets ('' to remove it), state, when it is due next
--       (microseconds, '' for never); then, where they change: plan, name of the definition, submission, input, options; for a new
--       one, most schedules of its owner
-- Answer: 1, 0 where another version is there, or -1 where the owner has as many as it may
local id, before, after, state, due, plan, name, submission, input, options, most = unpack(ARGV)
if (redis.call('HGET', key_schedule(id), 'version') or '') ~= before then return 0 end
if most then
  local owner = string.match(id, '^[^:]*')
  if redis.call('ZLEXCOUNT', KEY_SCHEDULES, '[' .. owner .. ':', '(' .. owner .. ';') >= tonumber(most) then return -1 end
end
if after == '' then
  redis.call('DEL', key_schedule(id))
  redis.call('ZREM', KEY_SCHEDULES, id)
  redis.call('ZREM', KEY_SCHEDULES_DUE, id)
  return 1
end
redis.call('HSET', key_schedule(id), 'version', after, 'state', state, 'due', due)
if plan then
  redis.call('HSET', key_schedule(id), 'plan', plan, 'name', name, 'submission', submission, 'input', input, 'options', options)
end
if before == '' then redis.call('ZADD', KEY_SCHEDULES, 0, id) end
if due == '' then
  redis.call('ZREM', KEY_SCHEDULES_DUE, id)
else
  redis.call('ZADD', KEY_SCHEDULES_DUE, due, id)
end
return 1
