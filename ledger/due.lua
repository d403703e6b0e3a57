-- Push the messages of the tasks that are due. Any number of processes may ask; each task is pushed once.
-- KEYS  due index
-- ARGV  prefix of the records' keys, prefix of the waiting indexes' keys, most tasks to push,
--       'push' or 'record' (the queues are on another server)
-- Answer: queue and message of each, in turn; they are pushed already if 'push'
-- The other keys follow from the records: this script runs on one server, never on a cluster.
local time = redis.call('TIME')
local now = string.format('%d%06d', time[1], time[2])
local answer = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[3])) do
  redis.call('ZREM', KEYS[1], id)
  local queue, message = unpack(redis.call('HMGET', ARGV[1] .. id, 'queue', 'message'))
  if message then
    redis.call('ZADD', ARGV[2] .. queue, now, id)
    if ARGV[4] == 'push' then redis.call('LPUSH', queue, message) end
    answer[#answer + 1] = queue
    answer[#answer + 1] = message
  end
end
return answer
