-- Read what follows in streams, the oldest first: as many entries of each as fit into a number of bytes, at least one.
-- ARGV  most bytes of one stream, then for each stream: its key, the id to read after, the id to read to ('+' for all)
-- Answer: for each stream 1 where entries after that id are not kept any more, or 0; how many bytes its entries have;
--         then the entries, as XRANGE answers them
local most = tonumber(ARGV[1])
local FIRST, LARGEST = 8, 512 -- so many entries are looked at in one step, at first and at most

local function size(entry)
  local sum = 0
  for _, part in ipairs(entry[2]) do sum = sum + #part end
  return sum
end

-- Whether an id (`milliseconds-sequence`) comes after another one.
local function is_after(one, other)
  local time, number = string.match(one, '^(%d+)-(%d+)$')
  local other_time, other_number = string.match(other, '^(%d+)-(%d+)$')
  if time ~= other_time then return tonumber(time) > tonumber(other_time) end
  return tonumber(number) > tonumber(other_number)
end

local function is_cut(key, after)
  local oldest = redis.call('XRANGE', key, '-', '+', 'COUNT', 1)[1]
  if not oldest or not is_after(oldest[1], after) then return false end
  local info, facts = redis.call('XINFO', 'STREAM', key), {}
  for place = 1, #info, 2 do facts[info[place]] = info[place + 1] end
  return (facts['entries-added'] or 0) > facts['length'] -- Redis before 7 does not count them
end

local function read(key, after, last)
  local found, bytes, step, from = {}, 0, FIRST, after
  while bytes < most do
    local entries = redis.call('XRANGE', key, '(' .. from, last, 'COUNT', step)
    for _, entry in ipairs(entries) do
      if bytes + size(entry) > most and found[1] then return found, bytes end
      found[#found + 1], bytes = entry, bytes + size(entry)
    end
    if #entries < step then break end
    from, step = entries[#entries][1], math.min(2 * step, LARGEST)
  end
  return found, bytes
end

local answer = {}
for number = 2, #ARGV, 3 do
  local key, after, last = unpack(ARGV, number, number + 2)
  local found, bytes = read(key, after, last)
  answer[#answer + 1] = {found[1] and is_cut(key, after) and 1 or 0, bytes, unpack(found)}
end
return answer
