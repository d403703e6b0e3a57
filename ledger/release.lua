-- Give a task back unfinished, to run again before all that waits: its worker is shutting down.
-- KEYS  record, waiting index, running index, queue list
-- ARGV  token, task id, 'push' or 'record' (the queues are on another server)
-- Answer: the message to push there, '' when it was pushed here, nil when the task is not this token's any more
local token, id, push = ARGV[1], ARGV[2], ARGV[3]
local state, holder, message = unpack(redis.call('HMGET', KEYS[1], 'state', 'token', 'message'))
if holder ~= token or state ~= 'running' then return nil end

local time = redis.call('TIME')
redis.call('HSET', KEYS[1], 'state', 'queued')
redis.call('HDEL', KEYS[1], 'token', 'worker', 'started_at')
redis.call('ZREM', KEYS[3], id)
redis.call('ZADD', KEYS[2], string.format('%d%06d', time[1], time[2]), id)
if push == 'record' then return message end
redis.call('RPUSH', KEYS[4], message)
return ''
