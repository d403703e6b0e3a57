-- There will be no more tasks in a batch.
-- ARGV  id, ttl, date, 'push' or 'record' (the queues are on another server)
-- Answer: 'closed'; then what is to be pushed there: queue, side, message
local how = ending(ARGV[4], ARGV[2], ARGV[3])
batches.complete(ARGV[1], how)
return with_pushes(how, 'closed')
