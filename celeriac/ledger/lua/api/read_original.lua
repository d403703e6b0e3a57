-- Read what a task was submitted as.
-- ARGV  id, owner ('' for who may see all tasks)
-- Answer: {} for an unknown task | {name, input, trace ('' for none), the queue that the submission names ('' for none),
--         its tags, separated by spaces, `when` and ids of the tasks to whose results the input refers ('' for none), its options of flow
--         control (JSON; '' for none), the edges and the name of an item of a batch ('' for none), whom to notify (JSON; '' for nobody), the
--         priority and the key of its turns that the submission names ('' for none), the digest of its envelope ('' for none), Celery's message where Celery has
--         published the task, in place of an input, its large files: their hashes, each with its size}
local id, owner = unpack(ARGV)
if is_hidden(id, owner) then return {} end
local fields = redis.call('HMGET', key_record(id), 'name', 'input', 'trace', 'chosen_queue', 'tags', 'refers', 'results', 'flow', 'edges',
                          'as', 'notify', 'chosen_priority', 'chosen_fair', 'envelope', 'message')
if not (fields[1] and (fields[2] or fields[15])) then return {} end
if fields[2] then fields[15] = '' end -- the API has accepted it with this input
for place, value in ipairs(fields) do fields[place] = value or '' end
fields[#fields + 1] = files.of(id)
return fields
