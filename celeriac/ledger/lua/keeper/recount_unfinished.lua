-- Correct the counts of unfinished tasks of a few owners, picked at random, where they are wrong: each counts in the step in which
-- a task is accepted or ends, but a record may be deleted by another program. The cost grows with the number of names, and,
-- where a count is wrong, with the owner's unfinished tasks.
-- ARGV  how many owners, most tasks that are counted one by one; the states that are not final
-- Answer: the owners whose counts were wrong
local many, most = tonumber(ARGV[1]), tonumber(ARGV[2])
local names = redis.call('SMEMBERS', KEY_NAMES)
local corrected = {}

local function each_listing(owner, act)
  for _, name in ipairs(names) do
    for place = 3, #ARGV do act(key_owned(ARGV[place], name, owner), ARGV[place], name) end
  end
end

-- How many the indexes have, and whether the oldest task of each has its record.
local function look(owner)
  local sum, is_whole = 0, true
  each_listing(owner, function(key)
    local size = redis.call('ZCARD', key)
    sum = sum + size
    if size > 0 and redis.call('EXISTS', key_record(redis.call('ZRANGE', key, 0, 0)[1])) == 0 then is_whole = false end
  end)
  return sum, is_whole
end

-- What the records say, by field; indexes lose the tasks that have none.
local function recount(owner)
  local counts = {}
  each_listing(owner, function(key, state, name)
    for _, id in ipairs(redis.call('ZRANGE', key, 0, -1)) do
      local found, of_key = unpack(redis.call('HMGET', key_record(id), 'state', 'key'))
      if found then
        for _, field in ipairs({(of_key or owner) .. ':' .. owner, ':' .. owner}) do counts[field] = (counts[field] or 0) + 1 end
      else
        for _, index in ipairs({key, key_listing(state, name), KEY_TASKS}) do redis.call('ZREM', index, id) end
      end
    end
  end)
  return counts
end

for _, field in ipairs(redis.call('HRANDFIELD', KEY_UNFINISHED, many)) do
  local owner = string.match(field, '^[^:]*:(.*)$')
  local sum, is_whole = look(owner)
  local is_right = is_whole and tonumber(redis.call('HGET', KEY_UNFINISHED, ':' .. owner) or 0) == sum
  if not is_right then
    local counts = sum <= most and recount(owner) or {[':' .. owner] = sum}
    for _, old in ipairs(redis.call('HKEYS', KEY_UNFINISHED)) do
      if string.match(old, '^[^:]*:(.*)$') == owner and not counts[old] then redis.call('HDEL', KEY_UNFINISHED, old) end
    end
    for new, count in pairs(counts) do redis.call('HSET', KEY_UNFINISHED, new, count) end
    corrected[#corrected + 1] = owner
  end
end
return corrected
