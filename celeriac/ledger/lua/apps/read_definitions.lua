-- All definitions that were announced, unless they are known.
-- ARGV  the version that is known, or ''
-- Answer: the version ('0' where nothing was ever announced); where it is another one, then how many sets there are, for each its name and
--         the version with which it came first, and for each definition its set, a blank and its name, and its JSON
local version = redis.call('GET', KEY_DEFINITIONS_VERSION) or '0'
if version == ARGV[1] then return {version} end
local sets = redis.call('HGETALL', KEY_DEFINITION_SETS)
local answer = {version, text(#sets / 2)}
for place = 1, #sets, 2 do
  answer[#answer + 1] = sets[place]
  answer[#answer + 1] = string.match(sets[place + 1], '%S+$')
end
for _, part in ipairs(redis.call('HGETALL', KEY_DEFINITIONS)) do answer[#answer + 1] = part end
return answer
