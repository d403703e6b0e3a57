-- A worker of an existing app returns what it has received and not begun, to run elsewhere: its message goes before all others.
-- ARGV  'push' or 'record' (the queues are on another server), ids
-- Answer: what is to be pushed there, as queue, side and message for each
local pushed = ARGV[1] == 'record' and {} or nil

local function return_one(task)
  if redis.call('HEXISTS', key_record(task.id), 'taken') == 0 then return end
  if task.state == 'scheduled' then
    apps.schedule(task)
  elseif task.state == 'queued' or task.state == 'retrying' then
    push(task, 'RPUSH', pushed)
  end
end

for place = #ARGV, 2, -1 do
  local task = load(ARGV[place])
  if task then return_one(task) end
end
return pushed or {}
