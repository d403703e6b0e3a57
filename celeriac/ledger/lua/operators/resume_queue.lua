-- Resume a queue: what was held is taken first, in its order.
-- ARGV  queue
redis.call('SREM', KEY_PAUSED, ARGV[1])
for _, list in ipairs({ARGV[1], key_low(ARGV[1])}) do
  local held = key_held(list)
  if redis.call('EXISTS', list) == 0 then
    if redis.call('EXISTS', held) == 1 then redis.call('RENAME', held, list) end
  else
    while redis.call('LMOVE', held, list, 'LEFT', 'RIGHT') do end
  end
end
