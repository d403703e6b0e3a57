-- What waits in each queue: those on which a task was accepted, those that are paused, and those that are asked for.
-- ARGV  names of further queues
-- Answer: for each queue: its name, how many tasks wait, the creation of the one that waits longest ('' for none),
--         '1' if it is paused, how many workers of ours serve it, how many tasks came into it and left it of late; before
--         them this moment, and of how many microseconds that is
local at, answer = now(), {}
local window = at - (math.floor(at / PERIOD) - PERIODS) * PERIOD -- as `flow_of` counts

local serving = {}
for _, name in ipairs(redis.call('ZRANGEBYSCORE', KEY_WORKERS, text(at - SERVING_FRESH), '+inf')) do
  local says = redis.call('GET', key_worker(name))
  says = says and cjson.decode(says)
  local queues = type(says) == 'table' and says.queues -- a worker of another version may say less of itself
  for _, queue in ipairs(type(queues) == 'table' and queues or {}) do serving[queue] = (serving[queue] or 0) + 1 end
end
local asked = {}
for _, names in ipairs({redis.call('SMEMBERS', KEY_QUEUES), redis.call('SMEMBERS', KEY_PAUSED), ARGV}) do
  for _, name in ipairs(names) do asked[name] = true end
end

local lists = apps.lists()

-- The creation of the task of a queue that waits longest: it is the first of those that came in turn, or of those before them.
local function oldest_in(queue)
  local oldest
  local indexes = {key_waiting(queue), key_waiting(key_low(queue)), key_laned(queue)}
  for _, list in ipairs(lists[queue] or {}) do indexes[#indexes + 1] = key_waiting(list) end
  for _, index in ipairs(indexes) do
    for _, from in ipairs({'-inf', '0'}) do
      local id = redis.call('ZRANGEBYSCORE', index, from, '+inf', 'LIMIT', 0, 1)[1]
      local created_at = id and redis.call('HGET', key_record(id), 'created_at')
      if created_at and (not oldest or tonumber(created_at) < tonumber(oldest)) then oldest = created_at end
    end
  end
  return oldest or ''
end

for queue in pairs(asked) do
  local came, left = flow_of(queue)
  answer[#answer + 1] = {
    queue, depth_of(queue, lists), oldest_in(queue),
    redis.call('SISMEMBER', KEY_PAUSED, queue), serving[queue] or 0, came, left,
  }
end
return {text(at), text(window), answer}
