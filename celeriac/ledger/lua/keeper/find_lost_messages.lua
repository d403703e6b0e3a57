-- Find what was popped from a queue and never claimed, and wake a worker for it again.
-- Lists are first in, first out: whatever was pushed before the message that is next to be popped, and still waits to be
-- claimed, has been popped. When that has not changed after a grace, its message is lost: its worker died in between, or a
-- connection did. The cost grows with what is lost, not with what is queued. What was pushed at the other end meanwhile,
-- with a negative stamp below minus the clock of then, is not meant.
-- On two servers a push may still be on its way after the grace, from a process that is slow: the message then comes twice,
-- and the second is dropped at the claim.
-- ARGV  grace, most tasks, 'push' or 'record' (the queues are on another server), most times that a message may get lost,
--       ttl, date; then, where the queues are elsewhere, the clock before they were looked at, and for each queue: its name,
--       and the stamp of the next message ('' for an unknown one)
-- Answer: 'more' or 'done'; then, when not pushed here, for each message: queue, side, message
local grace, limit, where, most, ttl, date = unpack(ARGV, 1, 6)
local at, more = now(), 'done'
local how = ending(where, ttl, date)
most = tonumber(most)

-- After a gap between sweeps the server stalled, or its clock was set: nobody could claim, and the grace begins anew.
local GAP = 2000000
local before = tonumber(redis.call('HGET', KEY_SWEEPS, '')) or 0
if at < before or at - before > math.max(grace / 2, GAP) then redis.call('DEL', KEY_SWEEPS) end
redis.call('HSET', KEY_SWEEPS, '', at)

-- A worker that knows no records has it, or has ended it.
local function is_with_a_stock_worker(task)
  return take_over(task, how) or (how.pushed == nil and redis.call('HEXISTS', 'unacked', task.id) == 1)
end

local function rescue(task, served)
  if task.attempt == 0 and is_with_a_stock_worker(task) or not served then
    if task.state == 'queued' then redis.call('ZADD', key_waiting(task.queue), stamps(1), task.id) end -- ask again later
    return
  end
  local returned = redis.call('HINCRBY', key_record(task.id), 'returned', 1)
  if returned >= most and task.name ~= DELIVERY then
    conclude_with(task, 'failed', 'FAILURE', 'WorkerLostError',
                  string.format('its message was taken %d times by a worker that never began', returned), how)
  else
    push(task, 'RPUSH', how.pushed)
  end
end

local function sweep(queue, next_stamp, last)
  local waiting = key_waiting(queue)
  local seen, since, clock = string.match(redis.call('HGET', KEY_SWEEPS, queue) or '', '^(%S+) (%S+) (%S+)$')
  if seen and at - since >= tonumber(grace) then
    local ids = redis.call('ZRANGEBYSCORE', waiting, '-' .. clock, '(' .. seen, 'LIMIT', 0, limit)
    local served = queue == KEY_DELIVERIES or tonumber(redis.call('HGET', KEY_SERVING, queue) or 0) > at - SERVING_FRESH
    for _, id in ipairs(ids) do
      local task = load(id)
      if task and (task.state == 'queued' or task.state == 'retrying') then
        rescue(task, served)
      else
        redis.call('ZREM', waiting, id)
      end
    end
    if #ids == tonumber(limit) then more = 'more' else redis.call('HDEL', KEY_SWEEPS, queue) end
    return -- `next_stamp` is not that of the next message any more
  end
  if not seen and next_stamp and redis.call('ZCOUNT', waiting, '-inf', '(' .. text(next_stamp)) > 0 then
    redis.call('HSET', KEY_SWEEPS, queue, table.concat({text(next_stamp), text(at), last}, ' '))
  end
end

if where == 'record' then
  for number = 8, #ARGV, 2 do sweep(ARGV[number], tonumber(ARGV[number + 1]), ARGV[7]) end
else
  local last = redis.call('GET', KEY_CLOCK)
  local queues = last and redis.call('SMEMBERS', KEY_QUEUES) or {}
  queues[#queues + 1] = last and KEY_DELIVERIES
  for _, queue in ipairs(queues) do
    sweep(queue, next_stamp_of(list_of(queue), last), last)
  end
end
return with_pushes(how, more)
