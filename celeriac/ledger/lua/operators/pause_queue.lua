-- Pause a queue: its messages go where no worker looks, and so do those that come.
-- ARGV  queue
redis.call('SADD', KEY_PAUSED, ARGV[1])
for _, list in ipairs({ARGV[1], key_low(ARGV[1])}) do
  if redis.call('EXISTS', list) == 1 and redis.call('EXISTS', key_held(list)) == 0 then redis.call('RENAME', list, key_held(list)) end
end
