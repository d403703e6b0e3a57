-- The schedules that are due, each for one caller: it looks like one that is due a little later, until the caller moves it on. A
-- caller that dies leaves it to the next one. What a caller has no definition of is left to others; if nobody has taken it for a
-- time, whoever comes does.
-- ARGV  most schedules, most bytes of their inputs, time of a claim, time after which a definition need not be known
--       (microseconds), names of the definitions that the caller knows
-- Answer: this moment; then for each schedule its id, version, plan, state, '', input and options
local limit, most_bytes, claim, patience = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
local PAGES = 20 -- so many, at most, of schedules that are left to others are passed over
local at, size, left, answer = now(), 0, 0, {}
answer[1] = text(at)

local known
local function is_known(name)
  if not known then
    known = {}
    for place = 5, #ARGV do known[ARGV[place]] = true end
  end
  return known[name]
end

-- Whether there is room for this one in the answer.
local function take(id)
  local name, due = unpack(redis.call('HMGET', key_schedule(id), 'name', 'due'))
  if not name then
    redis.call('ZREM', KEY_SCHEDULES_DUE, id)
  elseif not is_known(name) and at - (tonumber(due) or 0) < patience then
    left = left + 1
  else
    local version, plan, state, input, options =
      unpack(redis.call('HMGET', key_schedule(id), 'version', 'plan', 'state', 'input', 'options'))
    if size > 0 and size + #input > most_bytes then return false end
    size = size + #input
    redis.call('ZADD', KEY_SCHEDULES_DUE, 'XX', text(at + claim), id)
    for _, part in ipairs({id, version, plan, state, '', input, options}) do answer[#answer + 1] = part end
  end
  return #answer <= limit * 7
end

for _ = 1, PAGES do
  local ids = redis.call('ZRANGEBYSCORE', KEY_SCHEDULES_DUE, '-inf', text(at), 'LIMIT', left, limit)
  for _, id in ipairs(ids) do
    if not take(id) then return answer end
  end
  if #ids < limit then return answer end
end
return answer
