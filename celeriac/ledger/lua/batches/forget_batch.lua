-- Forget a batch that has ended; its tasks stay. A tombstone stays for a while.
-- ARGV  id, owner ('' for who may see all batches), time that the tombstone stays
-- Answer: 'forgotten' | 'gone' (already) | 'open' (it has not ended) | 'unknown'
local id, owner, stay = unpack(ARGV)
if batches.is_hidden(id, owner) then return batches.is_gone(id, owner) and 'gone' or 'unknown' end
if redis.call('HEXISTS', key_batch(id), 'ended_at') == 0 then return 'open' end
batches.forget(id, stay)
return 'forgotten'
