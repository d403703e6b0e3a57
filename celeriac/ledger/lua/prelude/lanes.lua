-- Where tasks wait that do not wait in the order in which they came.
-- Those of low priority are in kombu's list of its least priority. Those of high priority, and those with a key, are in lanes: a lane has
-- the tasks of one key, in their order, and keys take turns. Lanes of one priority and queue are a group. Of each group a few messages
-- are in the list, in front of all others, so that any Celery worker takes them: a window, which scripts fill up as it empties.

-- How many messages a window has, and with how many a claim fills it up again: to put some behind others moves these.
local WINDOW, LEAST = {high = 16, normal = 8, low = 8}, {high = 8, normal = 4, low = 4}
-- A list is in the order of its messages' stamps. The least ones are of what was put back in front of all (minus the clock), then come
-- those of windows, which are clocks minus these microseconds, then clocks. They do not meet before the year 2041.
local BEHIND = {high = 3200000000000000, normal = 2500000000000000, low = 2500000000000000}
local FIRST, LAST = {high = -1600000000000000, normal = -950000000000000, low = -950000000000000},
                    {high = -950000000000000, normal = 0, low = 0}
-- How many messages are looked at that were put into a list by others, who set no stamps; and how many are moved at once.
local MOST_UNSTAMPED, MOST_PASSED = 8, 1000

local function list_in(queue, group) return group == 'low' and key_low(queue) or queue end

-- Where a linked task waits: its list, and the group and key of its lane, if it has one.
lane_of = function(task)
  if not task.lane then
    local priority, key = unpack(redis.call('HMGET', key_record(task.id), 'priority', 'fair'))
    local group = (key or priority == 'high') and (priority or 'normal') or nil
    if task.list then group = nil end -- the list is Celery's choice
    task.lane = {list = task.list or list_in(task.queue, priority), group = group,
                 key = key and (task.owner or '') .. ' ' .. key or ''}
  end
  return task.lane
end

-- How many tasks wait in a queue: in its lists, and in its lanes. `lists` are those of all queues, where the caller has them.
local function depth_of(queue, lists)
  local depth = redis.call('ZCARD', key_waiting(queue)) + redis.call('ZCARD', key_waiting(key_low(queue))) +
                redis.call('ZCARD', key_laned(queue))
  for _, list in ipairs((lists or apps.lists())[queue] or {}) do depth = depth + redis.call('ZCARD', key_waiting(list)) end
  return depth
end

-- The last place in front of a list whose message is taken before one with this stamp.
local function place_before(list, stamp)
  local before, unstamped = 0, 0
  for place = 1, MOST_PASSED do
    local message = redis.call('LINDEX', list, -place)
    if not message then break end
    local other = stamp_of(message)
    if other and other > stamp then break end
    if other then before, unstamped = place, 0 else unstamped = unstamped + 1 end
    if unstamped == MOST_UNSTAMPED then break end
  end
  return before
end

-- Put messages, in their order, into a list behind those that are taken before them.
local function insert(list, messages)
  local before = place_before(list, stamp_of(messages[1]))
  local moved = before > 0 and redis.call('RPOP', list, before) or {}
  for _, part in ipairs({messages, moved}) do
    for place = #part, 1, -1 do redis.call('RPUSH', list, part[place]) end
  end
end

-- A key has no more tasks in its lane.
local function end_turns(queue, group, key)
  redis.call('ZREM', key_turns(group, queue), key)
  if redis.call('EXISTS', key_turns(group, queue)) == 0 then redis.call('SREM', KEY_LANES, group .. ' ' .. queue) end
end

-- The next task of a group, out of its lane; nil when all lanes are empty. The next turn of its key is after all others.
local function take_turn(queue, group, stamp)
  while true do
    local key = redis.call('ZRANGE', key_turns(group, queue), 0, 0)[1]
    if not key then return nil end
    local id = redis.call('ZPOPMIN', key_lane(group, queue, key))[1]
    if redis.call('EXISTS', key_lane(group, queue, key)) == 1 then
      redis.call('ZADD', key_turns(group, queue), stamp, key)
    else
      end_turns(queue, group, key)
    end
    if id then return id end
  end
end

-- The tasks in an index of what was pushed whose messages were taken before the one with this stamp was the next: not those
-- that were put in front of it later, after this clock.
local function popped_before(index, next_stamp, clock, limit)
  local ids = {}
  local function add(from, to)
    if from >= to or #ids >= limit then return end
    local found = redis.call('ZRANGEBYSCORE', index, text(from), '(' .. text(to), 'LIMIT', 0, limit - #ids)
    for _, id in ipairs(found) do ids[#ids + 1] = id end
  end
  add(-clock, math.min(next_stamp, FIRST.high))
  add(FIRST.high, math.min(next_stamp, clock - BEHIND.high + 1))
  add(FIRST.normal, math.min(next_stamp, clock - BEHIND.normal + 1))
  add(0, next_stamp)
  return ids
end

-- How many messages of a group are in its list; on two servers, those that were taken and not claimed count until a sweep knows
-- the stamp of the next message.
local function in_window(queue, group, pushed, next_stamp)
  local list = list_in(queue, group)
  if not pushed then next_stamp = next_stamp_of(list_of(queue, list), 0) end
  local from = math.max(next_stamp or FIRST[group], FIRST[group])
  return redis.call('ZCOUNT', key_waiting(list), text(from), '(' .. text(LAST[group]))
end

-- Fill the window of a group up, if it has fewer messages than `least`; how many came into the list.
fill = function(queue, group, pushed, least, next_stamp)
  if redis.call('EXISTS', key_turns(group, queue)) == 0 then return 0 end
  local left = in_window(queue, group, pushed, next_stamp)
  if left >= (least or WINDOW[group]) then return 0 end
  local list, first, messages = list_in(queue, group), stamps(WINDOW[group] - left), {}
  for place = 0, WINDOW[group] - left - 1 do
    local id = take_turn(queue, group, first + place)
    if not id then break end
    redis.call('ZREM', key_laned(queue), id)
    local stamp = first + place - BEHIND[group]
    local message = message_for(id, stamp)
    if message then redis.call('ZADD', key_waiting(list), stamp, id) end
    messages[#messages + 1] = message
  end
  list = list_of(queue, list)
  if messages[1] and not pushed then insert(list, messages) end
  for _, message in ipairs(pushed and messages or {}) do
    for _, part in ipairs({list, 'INSERT', message}) do pushed[#pushed + 1] = part end
  end
  return #messages
end

-- Put a task into its lane, behind the others of its key.
enter_lane = function(queue, place, id, stamp)
  redis.call('ZADD', key_lane(place.group, queue, place.key), stamp, id)
  redis.call('ZADD', key_turns(place.group, queue), 'NX', stamp, place.key)
  redis.call('SADD', KEY_LANES, place.group .. ' ' .. queue)
  return redis.call('ZADD', key_laned(queue), stamp, id)
end

-- Take a linked task out of where it waits; how many there were (0 or 1).
stop_queueing = function(task)
  local place = lane_of(task)
  local count = redis.call('ZREM', key_waiting(place.list), task.id)
  if place.group and redis.call('ZREM', key_laned(task.queue), task.id) == 1 then
    count = 1
    redis.call('ZREM', key_lane(place.group, task.queue, place.key), task.id)
    if redis.call('EXISTS', key_lane(place.group, task.queue, place.key)) == 0 then
      end_turns(task.queue, place.group, place.key)
    end
  end
  return count
end

-- A linked task is out of its list: the next ones of its group may come in.
move_on = function(task, pushed)
  local place = lane_of(task)
  if place.group then fill(task.queue, place.group, pushed, LEAST[place.group]) end
end
