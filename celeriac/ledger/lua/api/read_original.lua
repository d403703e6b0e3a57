-- Read what a task was submitted as.
-- ARGV  id, owner ('' for who may see all tasks)
-- Answer: {} for an unknown task | {name, queue, state, input, trace ('' for none), digest of its envelope, the envelope}
local id, owner = unpack(ARGV)
if is_hidden(id, owner) then return {} end
local name, queue, state, input, digest, trace =
  unpack(redis.call('HMGET', key_record(id), 'name', 'queue', 'state', 'input', 'envelope', 'trace'))
local envelope = digest and redis.call('HGET', KEY_ENVELOPES, digest)
if not (name and queue and state and input and envelope) then return {} end
return {name, queue, state, input, trace or '', digest, envelope}
