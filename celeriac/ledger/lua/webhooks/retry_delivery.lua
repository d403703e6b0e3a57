-- Send what an ended delivery has sent once more, as a new delivery with the same webhook id. The same new id twice is one delivery.
-- ARGV  id, owner ('' for who may see all), new id, ttl, date, 'push' or 'record' (the queues are on another server)
-- Answer: {'accepted', and what is to be pushed there: queue, side, message} | {'open', state} | {'unknown'}
local id, owner, new_id, ttl, date, where = unpack(ARGV)
local how = ending(where, ttl, date)
local task = not is_hidden(id, owner) and load(id)
if not task or task.name ~= DELIVERY then return {'unknown'} end
if not FINAL[task.state] then return {'open', task.state} end
local input = cjson.decode(redis.call('HGET', key_record(id), 'input'))
input.webhook_id, input.is_asked_for = input.webhook_id or id, true
add_delivery(new_id, input.subject, task.owner, input, id, how)
return with_pushes(how, 'accepted')
