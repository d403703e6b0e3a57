-- Read what a task was submitted as.
-- ARGV  id, owner ('' for who may see all tasks)
-- Answer: {} for an unknown task | {name, input, trace ('' for none), the queue that the submission names ('' for none),
--         its tags, separated by spaces, `when` and ids of the tasks to whose results the input refers ('' for none), its options of flow
--         control (JSON; '' for none), the edges and the name of an item of a batch ('' for none),
--         whom to notify (JSON; '' for nobody)}
local id, owner = unpack(ARGV)
if is_hidden(id, owner) then return {} end
local name, input, trace, queue, tags, when, results, flow, edges, name_in_batch, notify =
  unpack(redis.call('HMGET', key_record(id), 'name', 'input', 'trace', 'chosen_queue', 'tags', 'refers', 'results', 'flow', 'edges', 'as',
                    'notify'))
if not (name and input) then return {} end
return {name, input, trace or '', queue or '', tags or '', when or '', results or '', flow or '', edges or '', name_in_batch or '', notify or ''}
