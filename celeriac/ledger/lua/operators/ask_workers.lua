-- Ask Celery's workers by its remote control what they do; what anybody asked a moment ago is not asked again.
-- ARGV  channel of the remote control, for how long answers count (ms), for how long they are kept (ms), ticket, then the
--       messages to publish
-- Answer: the ticket that the answers bear, how many there will be, and how long ago they were asked for (ms); nothing
--         when no worker listens
local channel, fresh, kept, ticket = unpack(ARGV, 1, 4)
if redis.call('PTTL', KEY_REPLIES) < kept - fresh then
  redis.call('DEL', KEY_REPLIES)
  local expected = 0
  for number = 5, #ARGV do expected = expected + redis.call('PUBLISH', channel, ARGV[number]) end
  if expected == 0 then return {} end
  redis.call('RPUSH', KEY_REPLIES, ticket .. ' ' .. expected)
  redis.call('PEXPIRE', KEY_REPLIES, kept) -- the answers come into this list, and go with it
end
local asked, number = string.match(redis.call('LINDEX', KEY_REPLIES, -1), '^(%S+) (%d+)$')
return {asked, tonumber(number), kept - redis.call('PTTL', KEY_REPLIES)}
