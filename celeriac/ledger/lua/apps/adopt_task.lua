-- Adopt a message without a stamp, which a worker has received: as if published, but the worker has it.
-- ARGV  as publish_task.lua
-- Answer: likewise, and after the first word a stamp for the claim; of 'next', which is kept, the worker drops the message
local how, p = ending(unpack(ARGV, 1, 3)), apps.publication(unpack(ARGV, 5))
p.is_here = true
return with_pushes(how, apps.publish(p, how), redis.call('GET', KEY_CLOCK) or '0')
