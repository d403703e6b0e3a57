-- The rules of keys, and how many tasks have a slot or wait at each.
-- ARGV  between which keys, as ZRANGE BYLEX has them: from and to; most keys; most ids of tasks for each
-- Answer: for each key a list: key; limit, rate and burst of the latest submission; the same as an operator has set them, and when;
--         the moment when the next one may start; how many have a slot, wait for one, wait to start ('' for what there is not); the
--         ids of the first that have a slot, separated by spaces, and of those that wait for one
local from, to, limit, most = unpack(ARGV)
local FIELDS = {'limit', 'rate', 'burst', 'set_limit', 'set_rate', 'set_burst', 'set_at'}

local function first_of(set)
  if most == '0' then return '' end
  return table.concat(redis.call('ZRANGE', set, 0, most - 1), ' ')
end

local answer = {}
for _, key in ipairs(redis.call('ZRANGE', KEY_LIMITS, from, to, 'BYLEX', 'LIMIT', 0, limit)) do
  local row = {key}
  for _, value in ipairs(redis.call('HMGET', key_limit(key), unpack(FIELDS))) do row[#row + 1] = value or '' end
  row[#row + 1] = text(slots.opens_at(slots.rules(key)))
  for _, set in ipairs({key_slot_holders, key_slot_waiters, key_throttled}) do row[#row + 1] = text(redis.call('ZCARD', set(key))) end
  for _, set in ipairs({key_slot_holders, key_slot_waiters}) do row[#row + 1] = first_of(set(key)) end
  answer[#answer + 1] = row
end
return answer
