-- Tasks that wait for the end of others. A blocked task has a set of those that it still waits for (`blockers`), and each of
-- these has one of the tasks that wait for it (`followers`), by their creation.

-- How many waiting tasks a script looks at when those that they wait for have ended; the keeper goes on with the others.
local MOST_LOOKED_AFTER = 50

-- Of what it takes to look at one, this is what it takes to let go of a result, to keep one, and to leave the followers of another.
local LETTING_GO, KEEPING, LEAVING = 0.5, 0.25, 0.05
-- An entry that is left to the keeper takes no more than so many looks.
local LOOKS_OF_AN_ENTRY = 10

-- Do this with each of these tasks, as far as this script may, and leave the others to keep_tasks.lua: under this word, in parts.
local function do_some(id, word, others, cost, act, how)
  how.looks = how.looks or MOST_LOOKED_AFTER
  local count = math.min(#others, math.max(0, math.ceil(how.looks / cost)))
  for place = 1, count do act(others[place]) end
  how.looks = how.looks - count * cost
  local size, entries = LOOKS_OF_AN_ENTRY / cost, {}
  for first = count + 1, #others, size do
    local last = math.min(first + size - 1, #others)
    entries[#entries + 1] = string.format('%s %s %s', id, word, table.concat(others, ' ', first, last))
  end
  if entries[1] then redis.call('RPUSH', KEY_RELEASING, unpack(entries)) end
end

-- A blocked task waits for nothing any more.
stop_waiting = function(task, how)
  local others = redis.call('ZRANGE', key_blockers(task.id), 0, -1)
  redis.call('DEL', key_blockers(task.id))
  do_some(task.id, 'left', others, LEAVING, function(other) redis.call('ZREM', key_followers(other), task.id) end, how)
end

-- So many of those that a task waited for, or that follow it, are noted in its record.
local MOST_NOTED = 20

local function note_after(id, after)
  local first = table.concat({unpack(after, 1, math.min(#after, MOST_NOTED))}, ' ')
  redis.call('HSET', key_record(id), 'after', #after .. ' ' .. first)
end

-- A task or batch ends: those that wait for it go out of its set now. The first call sees all of them.
local function note_followers(id)
  local count = redis.call('ZCARD', key_followers(id))
  if count == 0 then return end
  local key = redis.call('EXISTS', key_record(id)) == 1 and key_record(id) or key_batch(id)
  if redis.call('EXISTS', key) == 0 or redis.call('HEXISTS', key, 'followed_by') == 1 then return end
  local first = redis.call('ZRANGE', key_followers(id), 0, MOST_NOTED - 1)
  redis.call('HSET', key, 'followed_by', count .. ' ' .. table.concat(first, ' '))
end

-- Whether a task that runs `when` this has happened may run after one that has ended in this state.
local function holds(when, state)
  return when == 'ended' or (state == 'succeeded') == (when == 'succeeded')
end

-- How it ends, where it may not.
local function conclude_unmet(task, when, other, how)
  local kind = redis.call('EXISTS', key_batch(other.id)) == 1 and 'batch' or 'task'
  local reason = string.format('it waited for %s %s to %s, which ended as %s', kind, other.id,
                               when == 'succeeded' and 'succeed' or 'fail', other.state)
  conclude_with(task, 'cancelled', 'REVOKED', 'DependencyFailed', reason, how)
end

-- All that it waited for has ended as it should: it is queued, or scheduled for its time. A delay counts from now on.
local function release(task, how)
  local due, delay, due_by = unpack(redis.call('HMGET', key_record(task.id), 'due_at', 'delay', 'due_by'))
  due = due and tonumber(due) or delay and later(tonumber(delay)) or 0
  due = math.min(due, tonumber(due_by or nil) or due)
  if due > now() then
    become(task, 'scheduled', 'due_at', due, 'scheduled_at', now())
    redis.call('ZADD', KEY_DUE, due, task.id)
  elseif not (task.linked and hold_back(task, how)) then
    become(task, 'queued', 'queued_at', now())
    push(task, 'LPUSH', how.pushed)
  end
end

-- One of those that this task waits for has ended.
local function come_nearer(id, other, how)
  local task = load(id)
  if not task or task.state ~= 'blocked' or redis.call('ZREM', key_blockers(id), other.id) == 0 then return end
  local when = redis.call('HGET', key_record(id), 'when')
  if not holds(when, other.state) then
    conclude_unmet(task, when, other, how)
  elseif redis.call('EXISTS', key_blockers(id)) == 0 then
    release(task, how)
  end
end

-- A task has ended that others wait for. Those that end because of it are further on in the same list: nothing is nested,
-- however long a chain is. What is too much for one script is left to keep_tasks.lua.
settle = function(ended, how)
  note_followers(ended.id)
  if how.ended then
    how.ended[#how.ended + 1] = ended
    return
  end
  how.ended, how.looks = {ended}, how.looks or MOST_LOOKED_AFTER
  local place = 1
  while how.ended[place] do
    local other = how.ended[place]
    local id = how.looks > 0 and redis.call('ZPOPMIN', key_followers(other.id))[1]
    if id then
      how.looks = how.looks - 1
      come_nearer(id, other, how)
    else
      if redis.call('EXISTS', key_followers(other.id)) == 1 then
        redis.call('RPUSH', KEY_RELEASING, other.id .. ' ' .. other.state)
      end
      place = place + 1
    end
  end
  how.ended = nil
end

-- Whether open tasks refer to the result of this one in their input.
local function is_needed(id) return redis.call('EXISTS', key_needers(id)) == 1 or batches.needs_result_of(id) end

-- What is needed has no end of its own: keep_tasks.lua forgets it when its time is over and nobody needs it.
keep_needed = function(id)
  if not is_needed(id) then return end
  for _, key in ipairs({key_record(id), key_result(id), key_events(id)}) do redis.call('PERSIST', key) end
end

-- The result of a task that has ended is kept as long as it is needed, and then for its time.
function batches.keep_result(id)
  local state, expires_at = unpack(redis.call('HMGET', key_record(id), 'state', 'expires_at'))
  if not FINAL[state] then return end
  if is_needed(id) then
    keep_needed(id)
  else
    local left = math.max(expires_at - now(), 0) / 1000 + 3600000
    for _, key in ipairs({key_record(id), key_result(id), key_events(id)}) do redis.call('PEXPIRE', key, text(left)) end
  end
end

-- A task that needed this result, or those of this batch, has ended.
local function let_go_of(id, needer)
  if redis.call('EXISTS', key_batch(id)) == 1 then return batches.let_go(id, needer) end
  redis.call('SREM', key_needers(id), needer)
  batches.keep_result(id)
end

local function words(line)
  local list = {}
  for word in string.gmatch(line, '%S+') do list[#list + 1] = word end
  return list
end

-- A task has ended: it needs no results any more.
let_go = function(task, how)
  local results = redis.call('HGET', key_record(task.id), 'results')
  if results then do_some(task.id, 'needed', words(results), LETTING_GO, function(id) let_go_of(id, task.id) end, how) end
end

-- A new task needs these results, of tasks that have ended. One that would be forgotten soon is kept now.
local SOON = 60 * 1000000
local function keep_all(needer, expiries, how)
  local others = {}
  for id, expires_at in pairs(expiries) do
    if expires_at < now() + SOON then keep_needed(id) else others[#others + 1] = id end
  end
  do_some(needer, 'keeps', others, KEEPING, keep_needed, how)
end

-- By its word, what an entry takes that was left, and what is done with each of its tasks for the task that has left it.
local LEFT = {
  needed = {LETTING_GO, let_go_of},
  keeps = {KEEPING, keep_needed},
  left = {LEAVING, function(id, task_id) redis.call('ZREM', key_followers(id), task_id) end},
}

-- Go on with what was too much for other scripts; whether that is not all.
local function settle_rest(how)
  how.looks = how.looks or MOST_LOOKED_AFTER
  while how.looks > 0 do
    local entry = redis.call('LPOP', KEY_RELEASING)
    if not entry then return false end
    local id, state, ids = string.match(entry, '^(%S+) (%S+) ?(.*)$')
    if LEFT[state] then
      local cost, act = unpack(LEFT[state])
      do_some(id, state, words(ids), cost, function(other) act(other, id) end, how)
    elseif state == 'results' then
      batches.keep_results(id, tonumber(ids), how, batches.keep_result)
    else
      settle({id = id, state = state}, how)
    end
  end
  return redis.call('EXISTS', KEY_RELEASING) == 1
end
