-- A page of tasks, the newest first. The cost grows with the page, and with the number of names where neither a name nor a tag is given.
-- ARGV  owner ('' for the tasks of all), most tasks, stamps between which they were created: before (exclusive, or '+inf') and from ('-inf'),
--       states separated by spaces ('' for all), how many names, the names (none for all), how many queues, the queues (none for all), the
--       tags, all of which a task has
-- Answer: the stamp before which the next page begins ('' when this is the last one), then the ids
local owner, limit, before, from, states, count = unpack(ARGV)
limit, count = tonumber(limit), tonumber(count)
local queues_end = 7 + count + tonumber(ARGV[7 + count])
local names, queues, tags = {unpack(ARGV, 7, 6 + count)}, {unpack(ARGV, 8 + count, queues_end)}, {unpack(ARGV, queues_end + 1)}
local MOST_LOOKED_AT = 20 -- pages: so many are looked through for one that is filled after a filter by queue or tag

local function indexes()
  if tags[1] then return {key_tagged(owner, tags[1])} end
  if owner == '' and not names[1] and states == '' then return {KEY_TASKS} end
  if states == '' then states = 'blocked scheduled queued running retrying succeeded failed cancelled expired' end
  local keys = {}
  for _, one in ipairs(names[1] and names or redis.call('SMEMBERS', KEY_NAMES)) do
    for state in string.gmatch(states, '%S+') do
      keys[#keys + 1] = owner == '' and key_listing(state, one) or key_owned(state, one, owner)
    end
  end
  return keys
end

-- Whether a value is among these; where there are none, any is.
local function is_among(value, list)
  for _, one in ipairs(list) do
    if one == value then return true end
  end
  return not list[1]
end

local function has_tags(given)
  for _, tag in ipairs(tags) do
    if not string.find(' ' .. (given or '') .. ' ', ' ' .. tag .. ' ', 1, true) then return false end
  end
  return true
end

-- What the indexes do not tell of a task.
local function is_wanted(id)
  if not queues[1] and not tags[1] then return true end
  local queue, name, state, given = unpack(redis.call('HMGET', key_record(id), 'queue', 'name', 'state', 'tags'))
  if not is_among(queue, queues) then return false end
  if not tags[1] then return true end
  local is_in_state = states == '' or state and string.find(' ' .. states .. ' ', ' ' .. state .. ' ', 1, true)
  return is_in_state and is_among(name, names) and has_tags(given)
end

-- The newest tasks of all these indexes that are older than a stamp, as pairs of stamp and id.
local function page(keys, older_than)
  local found = {}
  for _, key in ipairs(keys) do
    local ids = redis.call('ZREVRANGEBYSCORE', key, '(' .. older_than, from, 'WITHSCORES', 'LIMIT', 0, limit)
    for place = 1, #ids, 2 do found[#found + 1] = {tonumber(ids[place + 1]), ids[place]} end
  end
  table.sort(found, function(one, other) return one[1] > other[1] end)
  for place = limit + 1, #found do found[place] = nil end
  return found
end

local keys, chosen = indexes(), {}
for _ = 1, MOST_LOOKED_AT do
  local found = page(keys, before)
  for _, pair in ipairs(found) do
    before = text(pair[1])
    if is_wanted(pair[2]) then
      chosen[#chosen + 1] = pair[2]
      if #chosen == limit then return {before, unpack(chosen)} end
    end
  end
  if #found < limit then return {'', unpack(chosen)} end
end
return {before, unpack(chosen)}
