-- Accept an array whose tasks are staged, if all of it may be accepted: from now on, it is a batch. Its chunks are accepted after that.
-- ARGV  id, the id under which it is staged, owner ('' for nobody), label ('' for none), what it was accepted as, whom to notify (JSON, '' for nobody), how many tasks;
--       ttl, date, 'push' or 'record' (the queues are on another server); most tasks that may wait in a queue (0: any number); how
--       many callers (0 or 1), and of that one eight values, as accept_tasks.lua has them; how many queues, and for each: its name,
--       how many of the tasks are to wait there at once; whose the tasks and batches may be that the tasks wait for ('' for anybody's); their ids
-- Answer: 'created' | 'known' | 'conflict' | 'gone' | 'limited' with a limit and the microseconds until it lets all in
--         | 'full' with a queue and the microseconds until there may be room | 'no dependency' with an id; then what is to be pushed
local id, stage, owner, label, accepted_as, notify, total, ttl, date, where, most_waiting, has_caller = unpack(ARGV)
local place = 13
total, most_waiting = tonumber(total), tonumber(most_waiting)

local function refuse(...)
  redis.call('DEL', key_staged(stage))
  return {...}
end

local known = batches.earlier(id, owner, accepted_as)
if known then return refuse(known) end

local caller
if has_caller == '1' then
  caller = caller_of({}, unpack(ARGV, place, place + 7))
  place = place + 8
  local limit, wait = limit_of(caller, total)
  if limit then return refuse('limited', limit, text(math.ceil(wait))) end
end

local queues_end = place + 2 * tonumber(ARGV[place])
for number = place + 1, queues_end, 2 do
  local wait = wait_for_room(ARGV[number], depth_of(ARGV[number]) + tonumber(ARGV[number + 1]), most_waiting)
  if wait then return refuse('full', ARGV[number], text(math.min(wait, 3600 * 1000000))) end
end

local whose = ARGV[queues_end + 1]
for number = queues_end + 2, #ARGV do
  local state, expires_at, holder = unpack(redis.call('HMGET', key_record(ARGV[number]), 'state', 'expires_at', 'owner'))
  if not state then state, expires_at, holder = batches.dependency(ARGV[number]) end
  if not state or whose ~= '' and holder ~= whose or expires_at and tonumber(expires_at) < now() then
    return refuse('no dependency', ARGV[number])
  end
end

batches.create(id, owner, label, accepted_as, notify)
redis.call('HSET', key_batch(id), 'total', text(total), 'open', text(total))
if caller then
  for _, share in ipairs({caller.of_key, caller.of_owner}) do
    move(share.meter, total)
    keep_meter(share.meter)
  end
end
local how = ending(where, ttl, date)
if total > 0 then
  redis.call('RENAME', key_staged(stage), key_staged(id))
  redis.call('PERSIST', key_staged(id))
  redis.call('ZADD', KEY_BATCHES_STAGED, now(), id)
end
batches.complete(id, how)
return with_pushes(how, 'created')
