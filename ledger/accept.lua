-- Accept a batch of submissions: record, indexes and message of each, all or nothing.
-- ARGV  'push', or 'record' when the queues are on another server; then for each task: id, name, queue, message, options
--       Options are '' or a JSON object: due (microseconds from now on), expires (microseconds from now on in which it has
--       to start), retry_of, trace_id, key (digest of an idempotency key), fingerprint (of the submission), key_ttl (ms)
-- Answer: the stamp of the first, the moment from which due times count (0 where there is none); then, for each task that
--         was not accepted now: its number, and 'replayed' or 'conflict' with the id, creation, first state and trace of the
--         task that has its key or id | 'gone'
-- A task's stamp is its time of creation. Stamps go up by one from task to task, and so do the moments from which due times
-- and deadlines count.
local SIZE = 5
local count = (#ARGV - 1) / SIZE
local first = stamps(count)
local answer = {first, 0}
local all, pushes, waiting, listings, accepted = {}, {}, {}, {}, {}

local function add(groups, name, ...)
  local group = groups[name]
  if not group then group = {}; groups[name] = group end
  for _, value in ipairs({...}) do group[#group + 1] = value end
end

-- The task that this key or id belongs to already, if any: the kind of answer, and what stands in it.
local function earlier(id, options)
  local known
  if options.key then
    known = redis.call('GET', key_idempotency(options.key))
  elseif redis.call('EXISTS', key_tombstone(id)) == 1 then
    return 'gone'
  else
    local state, accepted_as, expires_at = unpack(redis.call('HMGET', key_record(id), 'state', 'accepted_as', 'expires_at'))
    if expires_at and tonumber(expires_at) < now() then return 'gone' end
    if state and not accepted_as then return 'conflict', id end -- it was submitted without a key
    known = accepted_as
  end
  if not known then return nil end
  local fingerprint, other, created_at, state, trace_id = string.match(known, '^(%S+) (%S+) (%S+) (%S+) ?(%S*)$')
  return fingerprint == options.fingerprint and 'replayed' or 'conflict', other, created_at, state, trace_id
end

local states, told = {}, {} -- by number, of those whose record is written

local function write()
  for number = 0, count - 1 do
    local id, name, queue, message, given = unpack(ARGV, 2 + SIZE * number, 1 + SIZE * (number + 1))
    local stamp = first + number
    local options = given ~= '' and cjson.decode(given) or nil
    local kind, other, created_at, was, trace_id
    if options and options.fingerprint then kind, other, created_at, was, trace_id = earlier(id, options) end
    if kind then
      for _, value in ipairs({text(number), kind, other or '', created_at or '', was or '', trace_id or ''}) do
        answer[#answer + 1] = value
      end
    else
      local state = options and options.due and 'scheduled' or 'queued'
      redis.call('HSET', key_record(id), 'name', name, 'queue', queue, 'state', state, 'attempt', 0,
                 'created_at', stamp, 'message', message)
      states[number] = state
      add(all, 1, stamp, id)
      add(listings, key_listing(state, name), stamp, id)
      accepted[name] = (accepted[name] or 0) + 1
      redis.call('SADD', KEY_NAMES, name)
      redis.call('SADD', KEY_QUEUES, queue)
      told[number] = redis.call('XADD', KEY_FEED, 'MAXLEN', '~', FEED, '*', 'event', 'state', 'task_id', id,
                                'name', name, 'queue', queue, 'state', state)
      if state == 'queued' then
        add(waiting, queue, stamp, id)
        add(pushes, queue, stamped(message, stamp))
      end
      if options then
        if options.due or options.expires then answer[2] = later(0) end
        local begun = answer[2] + number
        if options.due then
          redis.call('HSET', key_record(id), 'due_at', begun + options.due)
          redis.call('ZADD', KEY_DUE, begun + options.due, id)
        end
        if options.expires then
          redis.call('HSET', key_record(id), 'start_by', begun + options.expires)
          redis.call('ZADD', KEY_DEADLINES, begun + options.expires, id)
        end
        if options.retry_of then redis.call('HSET', key_record(id), 'retry_of', options.retry_of) end
        if options.trace_id then redis.call('HSET', key_record(id), 'trace_id', options.trace_id) end
        if options.fingerprint then
          local accepted_as = table.concat({options.fingerprint, id, text(stamp), state, options.trace_id}, ' ')
          redis.call('HSET', key_record(id), 'accepted_as', accepted_as)
          if options.key then
            redis.call('SET', key_idempotency(options.key), accepted_as, 'PX', text(options.key_ttl))
          end
        end
      end
    end
  end

  if all[1] then redis.call('ZADD', KEY_TASKS, unpack(all[1])) end
  for key, group in pairs(listings) do redis.call('ZADD', key, unpack(group)) end
  for queue, group in pairs(waiting) do redis.call('ZADD', key_waiting(queue), unpack(group)) end
  if ARGV[1] == 'push' then
    for queue, group in pairs(pushes) do redis.call('LPUSH', list_of(queue), unpack(group)) end
  end
  for queue, group in pairs(pushes) do count_flow(queue, 'in', #group) end
  for name, many in pairs(accepted) do redis.call('HINCRBY', KEY_TOTALS, 'accepted ' .. name, many) end
end

-- Someone else's key of one of our names stops a script where it is first touched: nothing half-written stays.
local function undo()
  for number, state in pairs(states) do
    local id, name, queue, message, given = unpack(ARGV, 2 + SIZE * number, 1 + SIZE * (number + 1))
    redis.pcall('DEL', key_record(id))
    for _, key in ipairs({KEY_TASKS, key_listing(state, name), key_waiting(queue), KEY_DUE, KEY_DEADLINES}) do
      redis.pcall('ZREM', key, id)
    end
    if told[number] then redis.pcall('XDEL', KEY_FEED, told[number]) end
    local key = given ~= '' and cjson.decode(given).key
    if key then redis.pcall('DEL', key_idempotency(key)) end
    local found, list = pcall(list_of, queue)
    if found and ARGV[1] == 'push' then redis.pcall('LREM', list, 1, stamped(message, first + number)) end
  end
end

local done, refusal = pcall(write)
if done then return answer end
undo()
return type(refusal) == 'table' and refusal or {err = refusal} -- a text before Redis 7
