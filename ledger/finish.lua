-- End a task that this token holds. Ended already with the same token (a lost reply): said again, nothing is written.
-- KEYS  record, running index, Celery's result
-- ARGV  token, task id, final state, error (JSON, or '' for none), Celery's result document, TTL of both in milliseconds
-- Answer: 'finished' | 'stale'
local token, id, final, failure, document, ttl = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local state, holder = unpack(redis.call('HMGET', KEYS[1], 'state', 'token'))
if holder ~= token then return 'stale' end
if state == final then return 'finished' end
if state ~= 'running' then return 'stale' end

local time = redis.call('TIME')
local now = string.format('%d%06d', time[1], time[2])
local expires = string.format('%.0f', tonumber(now) + tonumber(ttl) * 1000)
redis.call('HSET', KEYS[1], 'state', final, 'finished_at', now, 'expires_at', expires, 'error', failure)
redis.call('PEXPIRE', KEYS[1], ttl)
redis.call('ZREM', KEYS[2], id)
redis.call('SET', KEYS[3], document, 'PX', ttl)
redis.call('PUBLISH', KEYS[3], document)
return 'finished'
