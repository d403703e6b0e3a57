-- Read what a task was submitted as.
-- ARGV  id, owner ('' for who may see all tasks)
-- Answer: {} for an unknown task | {name, input, trace ('' for none), the queue that the submission names ('' for none)}
local id, owner = unpack(ARGV)
if is_hidden(id, owner) then return {} end
local name, input, trace, queue = unpack(redis.call('HMGET', key_record(id), 'name', 'input', 'trace', 'chosen_queue'))
if not (name and input) then return {} end
return {name, input, trace or '', queue or ''}
