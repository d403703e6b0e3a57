-- Prepare to follow the events of a task: an open one has a stream of its own from now on.
-- ARGV  id, owner ('' for who may see all tasks)
-- Answer: {} for an unknown task | {first state, '1'}: its stream has the other events | {first state, '0', then for each
--         event: id, state, attempt}: there are no others, and no stream
local task = not is_hidden(ARGV[1], ARGV[2]) and load(ARGV[1])
if not task then return {} end
local due, ended, when, held = unpack(redis.call('HMGET', key_record(task.id), 'due_at', 'ended_at', 'when', 'held'))
local was_scheduled = task.queued_at or due and task.attempt == 0
local first = (when or held) and 'blocked' or was_scheduled and 'scheduled' or 'queued'
if not FINAL[task.state] then begin_stream(task) end
if task.told then return {first, '1'} end
local answer = {first, '0'}
task.ended_at = tonumber(ended)
for _, event in ipairs(history(task)) do
  for _, part in ipairs(event) do answer[#answer + 1] = part end
end
return answer
