-- Write an endpoint of an owner, if it is still as it was read, and there is room for one more.
-- ARGV  owner, name, the endpoint as it was read (JSON, '' for none), as it is to be ('' to remove it), most endpoints of an owner
-- Answer: 'changed' | 'overtaken' | 'full'
local owner, name, before, after, most = unpack(ARGV)
local key = key_endpoints(owner)
if (redis.call('HGET', key, name) or '') ~= before then return 'overtaken' end
if after == '' then
  redis.call('HDEL', key, name)
elseif before == '' and #redis.call('HKEYS', key) >= tonumber(most) then
  return 'full'
else
  redis.call('HSET', key, name, after)
end
return 'changed'
