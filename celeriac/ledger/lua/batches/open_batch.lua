-- Begin a batch whose tasks come one after the other, or go on with one that was begun with the same key.
-- ARGV  id, owner ('' for nobody), label ('' for none), what it was accepted as, whom to notify of its end (JSON, '' for nobody)
-- Answer: {'created'} | {'known', whether it is complete} | {'conflict'} | {'gone'}
local id, owner, label, accepted_as, notify = unpack(ARGV)
local kind = batches.earlier(id, owner, accepted_as)
if kind == 'known' then return {kind, redis.call('HEXISTS', key_batch(id), 'complete')} end
if kind then return {kind} end
batches.create(id, owner, label, accepted_as, notify)
redis.call('ZADD', KEY_BATCHES_INCOMPLETE, now(), id)
return {'created'}
