-- The keeper's round for batches: what nobody goes on with is complete, and what is old goes. The cost grows with what there is to do.
-- ARGV  most batches of each kind; 'push' or 'record' (the queues are on another server), ttl, time that a tombstone stays, date; after how
--       many microseconds without a task an incomplete batch is complete; after how many another process goes on with what one has begun
-- Answer: 'more' or 'done'; the ids of arrays whose tasks are to be accepted; those of batches whose tasks are to be cancelled; what is
--         to be pushed there: queue, side, message
local limit, where, ttl, stay, date, idle, patience = unpack(ARGV)
local how, more = ending(where, ttl, date), 'done'

local function older(key, duration)
  local ids = redis.call('ZRANGEBYSCORE', key, '-inf', text(now() - duration), 'LIMIT', 0, limit)
  if #ids == tonumber(limit) and duration == 0 then more = 'more' end
  return ids
end

for _, id in ipairs(older(KEY_BATCHES_INCOMPLETE, idle)) do
  if redis.call('EXISTS', key_batch(id)) == 1 then batches.complete(id, how) else redis.call('ZREM', KEY_BATCHES_INCOMPLETE, id) end
end
for _, id in ipairs(older(KEY_BATCHES_ENDED, 0)) do
  if redis.call('EXISTS', key_needers(id)) == 1 then -- it is looked at again after ten seconds
    redis.call('ZADD', KEY_BATCHES_ENDED, now() + 10 * 1000000, id)
  else
    batches.forget(id, stay)
  end
end
return {more, older(KEY_BATCHES_STAGED, patience), older(KEY_BATCHES_CANCELLING, patience), how.pushed or {}}
