-- Accept a batch of submissions: record, index and message of each, all or nothing.
-- KEYS  per task: record, waiting index, queue list
-- ARGV  'push', or 'record' when the queues are on another server; then per task: task id, name, queue, message
-- Answer: the time of acceptance, in microseconds since 1970 by this server's clock
local time = redis.call('TIME')
local now = string.format('%d%06d', time[1], time[2])
for i = 0, #KEYS / 3 - 1 do
  local record, waiting, list = KEYS[3 * i + 1], KEYS[3 * i + 2], KEYS[3 * i + 3]
  local id, name, queue, message = ARGV[4 * i + 2], ARGV[4 * i + 3], ARGV[4 * i + 4], ARGV[4 * i + 5]
  redis.call('HSET', record, 'name', name, 'queue', queue, 'state', 'queued', 'attempt', 0,
             'created_at', now, 'message', message)
  redis.call('ZADD', waiting, now, id)
  if ARGV[1] == 'push' then redis.call('LPUSH', list, message) end
end
return now
