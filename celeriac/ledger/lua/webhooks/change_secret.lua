-- Give an owner a secret, or another one: the one before it also signs for a while.
-- ARGV  owner, new secret, 'rotate', or 'ensure' to keep one that is there, for how long the one before it signs
-- Answer: the secret, the one before it ('' for none), and until when that signs (microseconds since 1970)
local owner, new, wish, stay = unpack(ARGV)
local current = redis.call('HGET', KEY_WEBHOOK_SECRETS, owner)
if not current or wish == 'rotate' then
  local secret = current and string.match(current, '^(%S+)')
  current = new .. (secret and ' ' .. secret .. ' ' .. text(later(tonumber(stay))) or '')
  redis.call('HSET', KEY_WEBHOOK_SECRETS, owner, current)
end
return current
