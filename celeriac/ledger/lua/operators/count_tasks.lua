-- How many tasks of each name are in each of these states now.
-- ARGV  states
-- Answer: for each name that was ever accepted: the name, then how many are in each of the states
local answer = {}
for _, name in ipairs(redis.call('SMEMBERS', KEY_NAMES)) do
  local row = {name}
  for _, state in ipairs(ARGV) do row[#row + 1] = redis.call('ZCARD', key_listing(state, name)) end
  answer[#answer + 1] = row
end
return answer
