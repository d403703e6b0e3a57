-- An attempt failed and another is to follow: give the task up until it is due.
-- KEYS  record, running index, due index, Celery's result
-- ARGV  token, task id, delay in microseconds, error of this attempt (JSON), Celery's RETRY document, its TTL in ms
-- Answer: 'retrying' | 'stale'
local token, id, delay, failure, document, ttl = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local state, holder = unpack(redis.call('HMGET', KEYS[1], 'state', 'token'))
if holder ~= token then return 'stale' end
if state == 'retrying' then return 'retrying' end
if state ~= 'running' then return 'stale' end

local time = redis.call('TIME')
local due = string.format('%.0f', tonumber(time[1]) * 1000000 + tonumber(time[2]) + tonumber(delay))
redis.call('HSET', KEYS[1], 'state', 'retrying', 'retry_at', due, 'error', failure)
redis.call('ZREM', KEYS[2], id)
redis.call('ZADD', KEYS[3], due, id)
redis.call('SET', KEYS[4], document, 'PX', ttl)
redis.call('PUBLISH', KEYS[4], document)
return 'retrying'
