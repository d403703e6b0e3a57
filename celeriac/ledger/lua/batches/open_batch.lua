-- Begin a batch whose tasks come one after the other, or go on with one that was begun with the same key.
-- ARGV  id, owner ('' for nobody), label ('' for none), what it was accepted as
-- Answer: {'created'} | {'known', how many tasks it has} | {'conflict'} | {'gone'}
local id, owner, label, accepted_as = unpack(ARGV)
local kind = batches.earlier(id, owner, accepted_as)
if kind == 'known' then return {kind, redis.call('HGET', key_batch(id), 'total')} end
if kind then return {kind} end
batches.create(id, owner, label, accepted_as)
redis.call('ZADD', KEY_BATCHES_INCOMPLETE, now(), id)
return {'created'}
