-- Publish the message that Celery has made for a task: with its record, or behind an earlier message of its id.
-- ARGV  'push' or 'record' (the queues are on another server), ttl, date, 'attach' where only a task without a message takes it, or '';
--       then id, name, queue, list, kombu's message without its first brace, the name of this call, microseconds until it is due
--       and in which it must start ('' for none), parent's id, root's id, id of the trace ('' for none)
-- Answer: 'new' | 'attached' | 'reopened' | 'next' | 'replayed', and what is to be pushed there: queue, side, message
local where, ttl, date, way = unpack(ARGV, 1, 4)
local how, p = ending(where, ttl, date), apps.publication(unpack(ARGV, 5))
p.attaches = way == 'attach'
return with_pushes(how, apps.publish(p, how))
