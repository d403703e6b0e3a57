-- What waits in each queue.
-- Answer: for each queue: its name, how many tasks wait, the creation of the one that waits longest ('' for none),
--         '1' if it is paused, how many workers of ours serve it; then this moment
local at, answer = now(), {}
local serving = {}
for _, name in ipairs(redis.call('ZRANGEBYSCORE', KEY_WORKERS, text(at - SERVING_FRESH), '+inf')) do
  local says = redis.call('GET', key_worker(name))
  for _, queue in ipairs(says and cjson.decode(says).queues or {}) do serving[queue] = (serving[queue] or 0) + 1 end
end
for _, queue in ipairs(redis.call('SMEMBERS', KEY_QUEUES)) do
  local oldest = redis.call('ZRANGE', key_waiting(queue), 0, 0)[1]
  answer[#answer + 1] = {
    queue, redis.call('ZCARD', key_waiting(queue)), oldest and redis.call('HGET', key_record(oldest), 'created_at') or '',
    redis.call('SISMEMBER', KEY_PAUSED, queue), serving[queue] or 0,
  }
end
return {text(at), answer}
