-- Put the definitions that a set has now in the place of those that it had: all of them, or nothing.
-- ARGV  the set; the digest of all that follows; 'always', or 'if missing' where a set that is there is to stay, whatever it has; then for each
--       definition: its name, and its JSON
-- Answer: 1; 0 where nothing changed; 2 where the set had other definitions, and none of their names is among the new ones
local set, digest, mode = unpack(ARGV, 1, 3)
local before = redis.call('HGET', KEY_DEFINITION_SETS, set)
if before and (mode == 'if missing' or string.match(before, '^%S+') == digest) then return 0 end

local last = tonumber(redis.call('GET', KEY_DEFINITIONS_VERSION)) or 0
local version = text(math.max(last + 1, now())) -- another one also after the server has lost all
local gone, stays = {}, false
for _, field in ipairs(redis.call('HKEYS', KEY_DEFINITIONS)) do
  if string.sub(field, 1, #set + 1) == set .. ' ' then gone[field] = true end
end
for place = 4, #ARGV, 2 do
  local field = set .. ' ' .. ARGV[place]
  redis.call('HSET', KEY_DEFINITIONS, field, ARGV[place + 1])
  stays = stays or gone[field]
  gone[field] = nil
end
for field in pairs(gone) do redis.call('HDEL', KEY_DEFINITIONS, field) end
if ARGV[4] then
  local first = before and string.match(before, '%S+$') or version
  redis.call('HSET', KEY_DEFINITION_SETS, set, digest .. ' ' .. first)
else
  redis.call('HDEL', KEY_DEFINITION_SETS, set)
end
redis.call('SET', KEY_DEFINITIONS_VERSION, version)
return ARGV[4] and next(gone) and not stays and 2 or 1
