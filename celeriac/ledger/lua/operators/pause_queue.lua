-- Pause a queue: its messages go where no worker looks, and so do those that come.
-- ARGV  queue
redis.call('SADD', KEY_PAUSED, ARGV[1])
if redis.call('EXISTS', ARGV[1]) == 1 and redis.call('EXISTS', key_held(ARGV[1])) == 0 then
  redis.call('RENAME', ARGV[1], key_held(ARGV[1]))
end
