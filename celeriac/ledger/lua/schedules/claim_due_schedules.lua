-- The schedules that are due, each for one caller: it looks like one that is due a little later, until the caller moves it on. A
-- caller that dies leaves it to the next one.
-- ARGV  most schedules, most bytes of their submissions, time of a claim (microseconds)
-- Answer: this moment; then for each schedule its id, version, plan, submission and state
local limit, most_bytes, claim = unpack(ARGV)
local at, size, answer = now(), 0, {}
answer[1] = text(at)
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEY_SCHEDULES_DUE, '-inf', text(at), 'LIMIT', 0, limit)) do
  local found = redis.call('HMGET', key_schedule(id), 'version', 'plan', 'submission', 'state')
  if not found[1] then
    redis.call('ZREM', KEY_SCHEDULES_DUE, id)
  else
    if size > 0 and size + #found[3] > tonumber(most_bytes) then break end
    size = size + #found[3]
    redis.call('ZADD', KEY_SCHEDULES_DUE, 'XX', text(at + claim), id)
    answer[#answer + 1] = id
    for _, part in ipairs(found) do answer[#answer + 1] = part end
  end
end
return answer
