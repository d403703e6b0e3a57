-- One schedule.
-- ARGV  id
-- Answer: this moment; if there is such a schedule, its id, version, plan, state, submission, input and options
local found = redis.call('HMGET', key_schedule(ARGV[1]), 'version', 'plan', 'state', 'submission', 'input', 'options')
if not found[1] then return {text(now())} end
return {text(now()), ARGV[1], unpack(found)}
