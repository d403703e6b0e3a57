-- Resume a queue: what was held is taken first, in its order.
-- ARGV  queue; where its messages are on another server than the records, further lists of it
redis.call('SREM', KEY_PAUSED, ARGV[1])
for _, list in ipairs({ARGV[1], key_low(ARGV[1]), unpack(apps.lists_with(ARGV[1], unpack(ARGV, 2)))}) do
  local held = key_held(list)
  if redis.call('EXISTS', list) == 0 then
    if redis.call('EXISTS', held) == 1 then redis.call('RENAME', held, list) end
  else
    while redis.call('LMOVE', held, list, 'LEFT', 'RIGHT') do end
  end
end
