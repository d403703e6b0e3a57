-- Free what tasks have of a few keys, picked at random, that have no record any more: another program has deleted it.
-- ARGV  how many keys, most tasks of each, ttl, date, 'push' or 'record' (the queues are on another server)
-- Answer: how many tasks had something; then what is to be pushed there: queue, side, message
local many, most = tonumber(ARGV[1]), tonumber(ARGV[2])
local how, freed = ending(ARGV[5], ARGV[3], ARGV[4]), 0

-- The oldest come first, and those without a record become the oldest.
local function free(set, key, field)
  local count = 0
  for _, id in ipairs(redis.call('ZRANGE', set, 0, most - 1)) do
    local state, own = unpack(redis.call('HMGET', key_record(id), 'state', field))
    if not state or FINAL[state] or own ~= key then count = count + redis.call('ZREM', set, id) end
  end
  return count
end

for _, key in ipairs(redis.call('ZRANDMEMBER', KEY_LIMITS, many)) do
  local count = free(key_slot_holders(key), key, 'slot') + free(key_slot_waiters(key), key, 'slot')
    + free(key_throttled(key), key, 'throttle')
  if count > 0 then slots.visit(key, how) end
  freed = freed + count
end
return with_pushes(how, freed)
