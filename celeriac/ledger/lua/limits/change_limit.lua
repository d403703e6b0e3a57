-- Set rules of a key, which go before those of submissions, or remove what was set; those that wait go on as far as they may now.
-- ARGV  key, limit, rate, interval (microseconds) and burst ('' for what is not set), ttl, date, 'push' or 'record' (the queues are on
--       another server)
-- Answer: 'new', 'changed', or 'unknown' where nothing was set that could be removed; then what is to be pushed there: queue, side,
--         message
local key, limit, rate, interval, burst, ttl, date, where = unpack(ARGV)
local how = ending(where, ttl, date)
local was_set = redis.call('HDEL', key_limit(key), 'set_limit', 'set_rate', 'set_interval', 'set_burst', 'set_at') > 0

local function set(field, value)
  if value ~= '' then redis.call('HSET', key_limit(key), field, value, 'set_at', text(now())) end
end
set('set_limit', limit)
set('set_rate', rate)
set('set_interval', interval)
set('set_burst', burst)
local is_set = limit ~= '' or interval ~= '' or burst ~= ''
if not is_set and not was_set then return {'unknown'} end
redis.call('ZADD', KEY_LIMITS, 0, key)
slots.visit(key, how)
return with_pushes(how, was_set and 'changed' or 'new')
