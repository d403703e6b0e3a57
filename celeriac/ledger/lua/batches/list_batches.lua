-- A page of batches, the newest first.
-- ARGV  owner ('' for the batches of all), before which stamp they were created ('+inf', or exclusive), most batches
-- Answer: for each batch its id, and a list of the names and values of its fields
local owner, before, limit = unpack(ARGV)
local answer = {}
for _, id in ipairs(redis.call('ZREVRANGEBYSCORE', key_batches(owner), before, '-inf', 'LIMIT', 0, limit)) do
  answer[#answer + 1] = id
  answer[#answer + 1] = redis.call('HGETALL', key_batch(id))
end
return answer
