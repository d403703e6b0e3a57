-- Forget a batch that has ended; its tasks stay. A tombstone stays for a while.
-- ARGV  id, owner ('' for who may see all batches), time that the tombstone stays
-- Answer: 'forgotten' | 'gone' (already) | 'open' (it has not ended, or a task needs its results) | 'unknown'
local id, owner, stay = unpack(ARGV)
if batches.is_hidden(id, owner) then return batches.is_gone(id, owner) and 'gone' or 'unknown' end
if redis.call('HEXISTS', key_batch(id), 'ended_at') == 0 or redis.call('EXISTS', key_needers(id)) == 1 then return 'open' end
batches.forget(id, stay)
return 'forgotten'
