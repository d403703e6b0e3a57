-- Find what was popped from a queue and never claimed, and wake a worker for it again.
-- Lists are first in, first out: whatever was pushed before the message that is next to be popped, and still waits to be
-- claimed, has been popped. When that has not changed after a grace, its message is lost: its worker died in between, or a
-- connection did. The cost grows with what is lost, not with what is queued. What was put in front of the others meanwhile
-- is not meant.
-- On two servers a push may still be on its way after the grace, from a process that is slow: the message then comes twice,
-- and the second is dropped at the claim.
-- ARGV  grace, most tasks, 'push' or 'record' (the queues are on another server), most times that a message may get lost,
--       ttl, date; then, where the queues are elsewhere, the clock before they were looked at, and for each list of a queue: its
--       name, and the stamp of the next message ('' for an unknown one)
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

-- Whether a worker that knows no records has it, or has ended it; of existing apps, whether any worker holds it.
local function is_elsewhere(task, index)
  local status = task.attempt == 0 and task.state == 'queued' and take_over(task, how)
  if status == 'RETRY' and apps.follow_stock(task, how) then return true end
  if task.list then return status or apps.is_held(task, index, how) end
  return status or task.attempt == 0 and how.pushed == nil and redis.pcall('HEXISTS', 'unacked', task.id) == 1
end

local function rescue(task, index, served)
  if is_elsewhere(task, index) or not served then
    if redis.call('ZSCORE', index, task.id) then redis.call('ZADD', index, stamps(1), task.id) end -- ask again later
    return
  end
  if task.state == 'scheduled' then return apps.schedule(task) end
  local returned = redis.call('HINCRBY', key_record(task.id), 'returned', 1)
  if returned >= most and task.name ~= DELIVERY then
    conclude_with(task, 'failed', 'FAILURE', 'WorkerLostError',
                  string.format('its message was taken %d times by a worker that never began', returned), how)
  else
    push(task, 'RPUSH', how.pushed)
  end
end

-- Tasks come out of the lanes of this list where messages of its window were taken, whoever took them.
local function fill_windows(queue, list, next_stamp)
  if redis.call('EXISTS', KEY_LANES) == 0 then return end
  local groups = list == queue and {'high', 'normal'} or list == key_low(queue) and {'low'} or {}
  for _, group in ipairs(groups) do
    if fill(queue, group, how.pushed, nil, next_stamp) > 0 then more = 'more' end
  end
end

local function sweep(queue, list, next_stamp, last)
  local waiting = key_waiting(list)
  local seen, since, clock = string.match(redis.call('HGET', KEY_SWEEPS, list) or '', '^(%S+) (%S+) (%S+)$')
  if seen and at - since >= tonumber(grace) then
    local ids = popped_before(waiting, tonumber(seen), tonumber(clock), tonumber(limit))
    local served = queue == KEY_DELIVERIES or apps.is_unsent(list) or tonumber(redis.call('HGET', KEY_SERVING, queue) or 0) > at - SERVING_FRESH
    for _, id in ipairs(ids) do
      local task = load(id)
      if task and (task.state == 'queued' or task.state == 'retrying' or task.state == 'scheduled') then
        rescue(task, waiting, served)
      else
        redis.call('ZREM', waiting, id)
      end
    end
    if #ids == tonumber(limit) then more = 'more' else redis.call('HDEL', KEY_SWEEPS, list) end
    return -- `next_stamp` is not that of the next message any more
  end
  if not seen and next_stamp and redis.call('ZCOUNT', waiting, '-inf', '(' .. text(next_stamp)) > 0 then
    redis.call('HSET', KEY_SWEEPS, list, table.concat({text(next_stamp), text(at), last}, ' '))
  end
end

if where == 'record' then
  for number = 8, #ARGV, 2 do
    local list, next_stamp = ARGV[number], tonumber(ARGV[number + 1])
    local queue = apps.queue_of(list)
    sweep(queue, list, next_stamp, ARGV[7])
    fill_windows(queue, list, next_stamp)
  end
else
  local last = redis.call('GET', KEY_CLOCK)
  local queues = last and redis.call('SMEMBERS', KEY_QUEUES) or {}
  if last then queues[#queues + 1] = KEY_DELIVERIES end
  local lists = apps.lists()
  for _, queue in ipairs(queues) do
    local low = key_low(queue)
    sweep(queue, queue, next_stamp_of(list_of(queue), last), last)
    for _, list in ipairs({low, unpack(lists[queue] or {})}) do
      if redis.call('EXISTS', key_waiting(list)) == 1 then sweep(queue, list, next_stamp_of(list_of(queue, list), last), last) end
    end
  end
end
return with_pushes(how, more)
