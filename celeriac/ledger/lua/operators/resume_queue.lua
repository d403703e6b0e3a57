-- Resume a queue: what was held is taken first, in its order.
-- ARGV  queue
local queue = ARGV[1]
local held = key_held(queue)
redis.call('SREM', KEY_PAUSED, queue)
if redis.call('EXISTS', queue) == 0 then
  if redis.call('EXISTS', held) == 1 then redis.call('RENAME', held, queue) end
else
  while redis.call('LMOVE', held, queue, 'LEFT', 'RIGHT') do end
end
