-- What a running task says of itself: progress, lines of a log, output. Of a task that is somebody else's by now, nothing.
-- ARGV  id, token, progress (JSON, or '' for none), then for each event: kind, data (JSON)
local id, token, progress = unpack(ARGV, 1, 3)
local task = load(id)
if not task or task.state ~= 'running' or task.token ~= token then return end
begin_stream(task)
if progress ~= '' then redis.call('HSET', key_record(id), 'progress', progress) end
for number = 4, #ARGV, 2 do
  redis.call('XADD', key_events(id), 'MAXLEN', '~', HISTORY, '*', 'event', ARGV[number], 'data', ARGV[number + 1])
end
