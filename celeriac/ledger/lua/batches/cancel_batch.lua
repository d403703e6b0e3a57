-- Cancel the tasks of a batch, a part at a time, in their order; no more are added to it. Those that run are told so.
-- ARGV  id, owner ('' for who may see all batches), 'ask', 'terminate' (what running ones are told) or '' (to go on with it), most tasks, ttl,
--       date, 'push' or 'record' (the queues are on another server), 'each' or 'final': what to do with queued tasks when no worker of
--       ours serves their queue, so that one which knows no records may have them
-- Answer: 'unknown' | 'gone' | 'ended' | 'staged' (its tasks are to be accepted first) | 'more' | 'done'; the ids of tasks that a worker which knows no records
--         may have, so that each is to be cancelled by itself; what is to be pushed there: queue, side, message
local id, owner, wish, most, ttl, date, where, stock = unpack(ARGV)
local key, how, elsewhere = key_batch(id), ending(where, ttl, date), {}
if batches.is_hidden(id, owner) then
  if owner == '' then redis.call('ZREM', KEY_BATCHES_CANCELLING, id) end
  return {batches.is_gone(id, owner) and 'gone' or 'unknown', {}, {}}
end
if redis.call('HEXISTS', key, 'ended_at') == 1 then
  redis.call('ZREM', KEY_BATCHES_CANCELLING, id)
  return {'ended', {}, {}}
end
if wish ~= '' then
  if redis.call('HGET', key, 'cancel') ~= 'terminate' then redis.call('HSET', key, 'cancel', wish) end
  redis.call('HSET', key, 'cancelled_to', 0)
  batches.complete(id, how)
end
redis.call('ZADD', KEY_BATCHES_CANCELLING, now(), id)
if redis.call('EXISTS', key_staged(id)) == 1 then return {'staged', {}, how.pushed or {}} end

local function is_served(queue) return tonumber(redis.call('HGET', KEY_SERVING, queue) or 0) > now() - SERVING_FRESH end

local function cancel(task)
  if FINAL[task.state] then return end
  if task.state == 'running' then
    if task.cancel ~= 'terminate' then redis.call('HSET', key_record(task.id), 'cancel', wish) end
  elseif stock == 'each' and task.state == 'queued' and task.attempt == 0 and not is_served(task.queue) then
    elsewhere[#elsewhere + 1] = task.id
  else
    conclude_cancelled(task, how)
  end
end

local first, total
first, total, wish = unpack(redis.call('HMGET', key, 'cancelled_to', 'total', 'cancel'))
local last = math.min(first + most, tonumber(total))
how.looks = tonumber(most)
for number = tonumber(first), last - 1 do
  local task = load(batches.task_id(id, text(number)))
  if task then cancel(task) end
end
redis.call('HSET', key, 'cancelled_to', last)
local is_done = last == tonumber(total)
if is_done then redis.call('ZREM', KEY_BATCHES_CANCELLING, id) end
return {is_done and 'done' or 'more', elsewhere, how.pushed or {}}
