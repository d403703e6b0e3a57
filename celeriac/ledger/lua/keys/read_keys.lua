-- All keys, unless they are known.
-- ARGV  the version that is known, or ''
-- Answer: the version ('0' where there was never a key); where it is another one, then name and document of each key
local version = redis.call('GET', KEY_ACCESS_VERSION) or '0'
local answer = {version}
if version == ARGV[1] then return answer end
for _, part in ipairs(redis.call('HGETALL', KEY_ACCESS_KEYS)) do answer[#answer + 1] = part end
return answer
