-- Read what is known of a batch.
-- ARGV  id, owner ('' for who may see all batches)
-- Answer: {} for an unknown batch | {'gone'} | the names and values of its fields
local id, owner = unpack(ARGV)
if not batches.is_hidden(id, owner) then return redis.call('HGETALL', key_batch(id)) end
return batches.is_gone(id, owner) and {'gone'} or {}
