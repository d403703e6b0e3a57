-- Tasks of existing Celery apps: Celery has made their messages, and may publish several under one id. A record has the message
-- (`message`, kombu's text without its first brace), `list`, in which it waits, and `sent_as`, which names the call that published it.
-- What is published for an id that is open comes after it (`following`, in order). `since` is the stamp before which messages are of an
-- earlier publication; `taken` is when a worker last named the message as one that it holds.

-- Where a task waits for a worker of its app to make its message: a list an app, and for each queue an index of its own, by a name that
-- goes on with the queue.
local UNSENT = 'celeriac:unsent:'
-- A worker names what it holds every second.
local HELD_FRESH = 5 * 1000000
-- How often to look whether a task has ended that another process goes on with, under its id.
local REPLACED_LOOK = 5 * 1000000

function apps.is_unsent(list) return string.sub(list or '', 1, #UNSENT) == UNSENT end

-- The name under which a task waits in a list.
function apps.name_of(list, queue) return apps.is_unsent(list) and list .. '\6' .. queue or list end

-- The list itself, by such a name.
function apps.list_by(name) return apps.is_unsent(name) and string.match(name, '^[^\6]*') or name end

-- By queue, the names under which its tasks wait, beside the queue's own lists.
function apps.lists()
  local lists, all = {}, redis.call('HGETALL', KEY_LISTS)
  for place = 1, #all, 2 do
    local list, queue = all[place], all[place + 1]
    lists[queue] = lists[queue] or {}
    if list ~= key_low(queue) then table.insert(lists[queue], list) end
  end
  return lists
end

-- Those of one queue, and these.
function apps.lists_with(queue, ...)
  local lists = apps.lists()[queue] or {}
  for _, list in ipairs({...}) do lists[#lists + 1] = list end
  return lists
end

function apps.queue_of(list) return redis.call('HGET', KEY_LISTS, list) or string.match(list, '^[^\6]*') end

-- What a script is asked to publish or adopt, as celeriac/ledger/for_apps.py has it.
function apps.publication(id, name, queue, list, message, sent_as, due, expires, parent_id, root_id, trace_id)
  local function moment_of(duration) return duration ~= '' and text(later(tonumber(duration))) or '' end
  return {id = id, name = name, queue = queue, list = list, message = message, sent_as = sent_as, due_at = moment_of(due),
          start_by = moment_of(expires), parent_id = parent_id, root_id = root_id, trace_id = trace_id}
end

-- The fields of a record that come with a message; the moments at which it is due, and by which it must have started.
local function fields_of(p)
  local fields = {'message', p.message, 'list', p.list, 'queue', p.queue, 'sent_as', p.sent_as}
  local due = tonumber(p.due_at)
  if due and due <= now() then due = nil end
  for field, value in pairs({due_at = due and p.due_at or '', start_by = p.start_by, parent_id = p.parent_id, root_id = p.root_id,
                             trace_id = p.trace_id}) do
    if value ~= '' then
      fields[#fields + 1] = field
      fields[#fields + 1] = value
    end
  end
  return fields, due, tonumber(p.start_by)
end

-- A task waits for its time, for a worker that it was pushed to, or, where it was adopted, with the worker that has its message.
local function wait_for(task, p, due, start_by, stamp, how)
  if start_by then redis.call('ZADD', KEY_DEADLINES, start_by, task.id) end
  if p.is_here then
    redis.call('HSET', key_record(task.id), 'taken', text(now()))
    count_flow(task.queue, 'in', redis.call('ZADD', key_waiting(task.list), stamp, task.id))
  elseif due then
    redis.call('ZADD', KEY_DUE, due, task.id)
  else
    push(task, 'LPUSH', how.pushed, stamp)
  end
end

local function note_names(p)
  redis.call('SADD', KEY_NAMES, p.name)
  redis.call('SADD', KEY_QUEUES, p.queue)
  if p.list ~= p.queue then redis.call('HSET', KEY_LISTS, p.list, p.queue) end
end

-- A record for a message of an id that has none.
local function create(p, how)
  local fields, due, start_by = fields_of(p)
  local stamp, state = stamps(1), due and 'scheduled' or 'queued'
  -- With its message: nobody has held one of it before, and nothing needs to be read again.
  local task = {id = p.id, name = p.name, queue = p.queue, list = p.list, state = state, created_at = stamp, message = p.message}
  redis.call('HSET', key_record(p.id), 'name', p.name, 'state', state, 'attempt', 0, 'created_at', stamp, unpack(fields))
  redis.call('ZADD', KEY_TASKS, stamp, p.id)
  redis.call('ZADD', key_listing(state, p.name), stamp, p.id)
  redis.call('HINCRBY', KEY_TOTALS, 'accepted ' .. p.name, 1)
  note_names(p)
  add_to_feed(p.id, p.name, p.queue, state)
  wait_for(task, p, due, start_by, stamp, how)
end

-- The record gets this message in place of what it had: that is over.
local function replace_message(task, p)
  local fields, due, start_by = fields_of(p)
  local stamp = stamps(1)
  redis.call('HDEL', key_record(task.id), 'due_at', 'start_by', 'taken', 'returned', 'replaced')
  if not apps.is_unsent(task.list) then redis.call('HDEL', key_record(task.id), 'input', 'envelope') end -- of the API
  redis.call('HSET', key_record(task.id), 'since', stamp, unpack(fields))
  note_names(p)
  task.queue, task.list, task.start_by = p.queue, p.list, start_by
  if task.name ~= p.name then
    redis.call('ZREM', key_listing(task.state, task.name), task.id)
    if task.owner then redis.call('ZREM', key_owned(task.state, task.name, task.owner), task.id) end
    redis.call('HSET', key_record(task.id), 'name', p.name)
    task.name = p.name -- the step into the next state puts it into the listings
  end
  return due, start_by, stamp
end

-- A task that waits gets its message, or another one: it waits in another way from now on.
local function attach(task, p, how)
  leave(task, task.state)
  local due, start_by, stamp = replace_message(task, p)
  become(task, due and task.state == 'queued' and 'scheduled' or task.state)
  wait_for(task, p, due, task.state ~= 'retrying' and start_by, stamp, how)
end

-- A task that has ended is open again: Celery has published another message for it.
local function reopen(task, p, how)
  if not task.told then task.ended_at = tonumber(redis.call('HGET', key_record(task.id), 'ended_at')) end
  begin_stream(task)
  for _, key in ipairs({key_record(task.id), key_events(task.id)}) do redis.call('PERSIST', key) end
  redis.call('ZREM', KEY_ENDED, task.id)
  -- The batch has counted its end.
  redis.call('HDEL', key_record(task.id), 'ended_at', 'expires_at', 'error', 'cancel', 'lost', 'released', 'token', 'worker',
             'started_at', 'batch', 'most')
  task.batch, task.cancel, task.lost = false, false, 0
  if task.attempt == 0 then redis.call('DEL', key_result(task.id)) end
  if task.owner then count_unfinished(task.owner, redis.call('HGET', key_record(task.id), 'key') or task.owner, 1) end
  local due, start_by, stamp = replace_message(task, p)
  become(task, due and 'scheduled' or 'queued', 'queued_at', now())
  wait_for(task, p, due, start_by, stamp, how)
end

-- A message is kept until the task is over that has its id. The task is one of an existing app from now on, if it was not.
local function keep(task, p)
  p.is_here = nil -- the worker that has it drops it
  redis.call('RPUSH', key_following(task.id), cjson.encode(p))
  if not task.list then redis.call('HSET', key_record(task.id), 'list', task.queue) end
end

-- Where the last message that came for a task is that of this very publish, it 'follows', or is that of the record. nil: it is another.
local function place_of_last(task, p)
  local last = task.list and redis.call('LINDEX', key_following(task.id), -1)
  local sent_as = last and cjson.decode(last).sent_as or redis.call('HGET', key_record(task.id), 'sent_as')
  return sent_as == p.sent_as and (last and 'follows' or 'here') or nil
end

-- The next message of a task, if there is one.
local function next_of_id(task)
  local text = task.list and redis.call('LPOP', key_following(task.id))
  return text and cjson.decode(text)
end

-- A run is over, and the task is not: it goes on with its next message, if there is one.
function apps.go_on(task, how, ...)
  local p = next_of_id(task)
  if not p then return false end
  begin_stream(task)
  redis.call('ZREM', KEY_RUNNING, task.id)
  local due, _, stamp = replace_message(task, p)
  become(task, 'retrying', ...)
  wait_for(task, p, due, nil, stamp, how)
  return true
end

-- A run is over, and another process is to publish what goes on under its id. That may end without: the keeper looks.
function apps.await_another(task)
  begin_stream(task)
  become(task, 'retrying', 'replaced', 1)
  redis.call('ZREM', KEY_RUNNING, task.id)
  redis.call('ZADD', KEY_DUE, later(REPLACED_LOOK), task.id)
end

-- Whether a task that is due waits for that.
function apps.awaits_another(task, how)
  if redis.call('HEXISTS', key_record(task.id), 'replaced') == 0 then return false end
  take_over(task, how)
  if not FINAL[task.state] then redis.call('ZADD', KEY_DUE, later(REPLACED_LOOK), task.id) end
  return true
end

-- A worker that knows no records has run a task, and what it has published for another run came here: that runs.
function apps.follow_stock(task, how)
  local p = next_of_id(task)
  if p then attach(task, p, how) end
  return p
end

-- A task has ended. What was published for it meanwhile runs now, unless it was cancelled.
function apps.after_end(task, how)
  if task.state == 'cancelled' then return redis.call('DEL', key_following(task.id)) end
  local p = next_of_id(task)
  if p then reopen(task, p, how) end
end

-- Publish a message, or adopt one that is here already: what becomes of it, as celeriac/ledger/for_apps.py says it.
function apps.publish(p, how)
  local task = load(p.id)
  if not task then
    if not p.attaches then create(p, how) end
    return p.attaches and 'replayed' or 'new'
  end
  local is_replaced = task.list and redis.call('HEXISTS', key_record(p.id), 'replaced') == 1
  if task.state == 'queued' and apps.is_unsent(task.list) or task.state == 'retrying' and is_replaced then
    if apps.is_unsent(task.list) then p.name = task.name end
    attach(task, p, how)
    return 'attached'
  end
  if p.attaches or FINAL[task.state] and is_replaced then return 'replayed' end -- a cancelled one goes on nowhere
  local last = place_of_last(task, p)
  if last == 'here' and how.pushed and task.state == 'queued' and not p.is_here then
    push(task, 'LPUSH', how.pushed) -- the answer was lost, and perhaps the push
  end
  if last then return last == 'follows' and p.is_here and 'next' or 'replayed' end
  local status = task.attempt == 0 and task.state == 'queued' and take_over(task, how)
  if FINAL[task.state] then
    reopen(task, p, how)
    return 'reopened'
  elseif status == 'RETRY' then -- of a worker that knows no records
    attach(task, p, how)
    return 'attached'
  end
  keep(task, p)
  return 'next'
end

-- A task whose message a worker held until it was due waits for its time without one.
function apps.schedule(task)
  redis.call('ZREM', key_waiting(task.list), task.id)
  redis.call('HDEL', key_record(task.id), 'taken')
  redis.call('ZADD', KEY_DUE, redis.call('HGET', key_record(task.id), 'due_at') or now(), task.id)
end

-- At how many lost runs a task fails.
function apps.most(task, most) return tonumber(redis.call('HGET', key_record(task.id), 'most') or most) end

-- Whether a worker may claim a task with the message of this stamp, which is minus the clock where it was put in front of others.
function apps.is_current(task, stamp)
  local since = redis.call('HGET', key_record(task.id), 'since')
  return not since or math.abs(tonumber(stamp)) >= tonumber(since)
end

-- Whether a worker holds the message that waits in this index: one that has named it a moment ago, or one that names nothing, so that
-- it is in kombu's hash of what was not acknowledged, whose name has the prefix of the list.
function apps.is_held(task, index, how)
  local taken, message = unpack(redis.call('HMGET', key_record(task.id), 'taken', 'message'))
  if taken then return tonumber(taken) > now() - HELD_FRESH end
  if how.pushed then return false end
  local tag = message and string.match(message, '"delivery_tag": ?"([^"]+)"') or task.id
  local start = string.find(task.list or '', task.queue, 1, true) or 1
  local unacked = redis.pcall('HEXISTS', string.sub(task.list or '', 1, start - 1) .. 'unacked', tag)
  return unacked == 1
end
