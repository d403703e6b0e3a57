-- Claim a task before its body runs. The same token asked twice (a lost reply) is granted twice.
-- KEYS  record, waiting index, running index, Celery's result
-- ARGV  token, worker, task id, Celery's STARTED document, its TTL in milliseconds
-- Answer: {'granted', attempt} | {'refused', state} | {'unknown', ''}
local token, worker, id, started, ttl = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local state, holder, attempt = unpack(redis.call('HMGET', KEYS[1], 'state', 'token', 'attempt'))
if not state then return {'unknown', ''} end
if state == 'running' and holder == token then return {'granted', attempt} end
if state ~= 'queued' and state ~= 'retrying' then return {'refused', state} end

local time = redis.call('TIME')
local now = string.format('%d%06d', time[1], time[2])
attempt = redis.call('HINCRBY', KEYS[1], 'attempt', 1)
redis.call('HSET', KEYS[1], 'state', 'running', 'token', token, 'worker', worker, 'started_at', now)
redis.call('HDEL', KEYS[1], 'retry_at')
redis.call('ZREM', KEYS[2], id)
redis.call('ZADD', KEYS[3], now, id)
redis.call('SET', KEYS[4], started, 'PX', ttl)
redis.call('PUBLISH', KEYS[4], started)
return {'granted', tostring(attempt)}
