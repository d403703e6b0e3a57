-- Pause a queue: its messages go where no worker looks, and so do those that come.
-- ARGV  queue; where its messages are on another server than the records, further lists of it
redis.call('SADD', KEY_PAUSED, ARGV[1])
for _, list in ipairs({ARGV[1], key_low(ARGV[1]), unpack(apps.lists_with(ARGV[1], unpack(ARGV, 2)))}) do
  if not apps.is_unsent(list) and redis.call('EXISTS', list) == 1 and redis.call('EXISTS', key_held(list)) == 0 then redis.call('RENAME', list, key_held(list)) end
end
