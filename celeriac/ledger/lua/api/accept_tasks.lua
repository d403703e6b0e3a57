-- Accept a batch of submissions: record, indexes and message of each, all or nothing.
-- ARGV  'push', or 'record' when the queues are on another server; ttl, date; most tasks that may wait in a queue (0: any number); the
--       batch that the tasks are added to ('' for none), as batches.lua has it; how many callers there are, and for each: owner, key, and six numbers, as `caller_of` in limits.lua has them; then for each
--       task: id, name, queue, digest of its envelope, input (as celeriac/ledger/protocol/message.py encodes it), options,
--       where there are callers the number of its own, the first one 1 (0: none, so the task belongs to nobody, and nothing
--       is limited). Of a batch, the first that is not accepted is the last one that is looked at
--       Options are '' or a JSON object: due (microseconds from now on), expires (microseconds from now on in which it has
--       to start), expires_at (the same for a message), list (of the app's choice, in place of the queue's), chosen_queue (the queue, where the submission names one), priority ('high' or 'low') and fair (a key), also as
--       chosen_priority and chosen_fair, where the submission names them, tags (each once), retry_of, parent_id
--       (the running task that submits this one) with the token of its run, trace_id, trace (headers of a message), key (digest of an
--       idempotency key), fingerprint (of the submission), key_ttl (ms); and, of a task that waits for others: after (their ids,
--       each once), when ('succeeded', 'failed' or 'ended'), delay (microseconds from its release on, in place of due), sees_all
--       (they may be any owner's), results (those of them to whose results the input refers); flow: the wishes of flow.lua: unique (key,
--       ms for a time, otherwise), debounce (key, quiet and at_most in microseconds), throttle (key, interval in microseconds, burst,
--       rate), concurrency (key, limit, otherwise), chosen (JSON: those that the submission itself names, for a retry); and, of a task in a batch, as (its name
--       there), edges (`when`, and the numbers of the tasks of the batch that it runs after);
--       notify (JSON: whom to notify of the end); files (of its input: a list of hashes, each with its size), and most_file_bytes, that the
--       owner's files may have
-- Answer: {} where an envelope is unknown; otherwise the stamp of the first; the moment from which due times count (0 where
--         there is none); a list that has, for each task that was not accepted now: its number, and 'replayed' or 'conflict'
--         with the id, creation, first state and trace of the task that has its key or id | 'existing' with the same of the
--         task that has its unique key now (the state of now) | 'not unique' with its id and the key | 'no slot' with a
--         key and its limit | 'no space' with the bytes that the owner's files may have | 'over' with the id of a parent whose run has ended | 'gone' | 'taken', where its
--         id belongs to another owner's task | 'no dependency' with an id of `after` | 'limited' with a limit and the microseconds until it lets the next one in
--         | 'full' with a queue and the microseconds until there may be room in it; and for each task that was accepted
--         as blocked: its number, 'blocked', how many it waits for, the first of these, or 'held' with the key that holds it and how
--         many are ahead; 'debounced' with the moment when it is due; a list of what is to be
--         pushed there: queue, side, message; of a batch: how many chunks are still staged
-- A task's stamp is its time of creation. Stamps go up by one from task to task, and so do the moments from which due times
-- and deadlines count.
local ARGV, batch = batches.arguments(ARGV)
if not ARGV then return {0, 0, {}, {}, 0} end
local OF_CALLER, most_waiting, has_callers = 8, tonumber(ARGV[4]), ARGV[6] ~= '0'
local SIZE, BEFORE = has_callers and 7 or 6, 6 + OF_CALLER * tonumber(ARGV[6])
local MOST_NAMED = 20 -- of those that a blocked task waits for, in the answer
local is_limited = has_callers or most_waiting > 0
local count = (#ARGV - BEFORE) / SIZE

-- What the task with this number was submitted as.
local function submission(number) return unpack(ARGV, BEFORE + SIZE * number + 1, BEFORE + SIZE * (number + 1)) end

local callers, shares = {}, {} -- by number; by owner
local has_endpoints = {} -- by key
-- The caller with this number; nil: nobody in particular.
local function submitter(place)
  if not has_callers or place == '0' then return nil end
  callers[place] = callers[place] or caller_of(shares, unpack(ARGV, 7 + OF_CALLER * (place - 1), 6 + OF_CALLER * place))
  return callers[place]
end

local envelopes = {}
for number = 0, count - 1 do
  local _, _, _, digest = submission(number)
  envelopes[digest] = envelopes[digest] or redis.call('HGET', KEY_ENVELOPES, digest)
  if not envelopes[digest] then return {} end
end

local first, begun = stamps(count), 0
local replies, how = {}, ending(ARGV[1], ARGV[2], ARGV[3])
local all, listings, waiting, pushes, laned = {}, {}, {}, {}, {} -- what is written for all of them together
local accepted, queues, queue_of = {}, {}, {} -- `queue_of`: by list
local states, told, messages = {}, {}, {} -- by number, of those whose record is written
local unmet = {} -- those that can never run, with what they waited for

local function append(list, ...)
  for _, value in ipairs({...}) do list[#list + 1] = value end
end

local function add(groups, name, ...)
  groups[name] = groups[name] or {}
  append(groups[name], ...)
end

-- The task that this key or id belongs to already, if any: the kind of answer, and what stands in it.
local function earlier(id, options, owner)
  local fingerprint, other, created_at, state, trace_id
  local known = options.key and redis.call('GET', key_idempotency(options.key))
  if options.key and not known and not options.token then return nil end -- what a task submits has the same id, too
  if known then
    fingerprint, other, created_at, state, trace_id = string.match(known, '^(%S+) (%S+) (%S+) (%S+) ?(%S*)$')
  elseif redis.call('EXISTS', key_tombstone(id)) == 1 then
    local stone = redis.call('GET', key_tombstone(id))
    return string.match(stone, '^%l+ (.*)$') == owner and 'gone' or 'taken'
  else
    local current, accepted_as, expires_at, holder, created, trace =
      unpack(redis.call('HMGET', key_record(id), 'state', 'accepted_as', 'expires_at', 'owner', 'created_at', 'trace_id'))
    if not current then return nil end
    if (holder or nil) ~= owner then return 'taken' end
    if expires_at and tonumber(expires_at) < now() then return 'gone' end
    if not accepted_as then return 'conflict', id end -- it was submitted without a key
    fingerprint, state = string.match(accepted_as, '^(%S+) (%S+)$')
    other, created_at, trace_id = id, created, trace or ''
  end
  local kind = fingerprint ~= options.fingerprint and 'conflict' or state == 'existing' and state or 'replayed'
  return kind, other, created_at, state, trace_id
end

local is_batch, is_linked, expiries = {}, {}, {} -- of what a task waits for, by id; when those expire that have ended

-- What a task waits for: those of `after` that have not ended, and the first that has ended otherwise than it should. nil and an id
-- where one is unknown, or forgotten.
local function dependencies_of(options, owner)
  local blockers, wrong = {}, nil
  for _, id in ipairs(options.after) do
    local state, expires_at, holder, linked = unpack(redis.call('HMGET', key_record(id), 'state', 'expires_at', 'owner', 'linked'))
    is_linked[id] = linked
    if not state then
      state, expires_at, holder = batches.dependency(id)
      is_batch[id] = true
    end
    if not state and batch and batch.is_staged then state, holder = 'forgotten', owner end -- it was known a moment ago
    if not state or not options.sees_all and (holder or nil) ~= owner or expires_at and tonumber(expires_at) < now() then
      return nil, id
    end
    expiries[id] = FINAL[state] and tonumber(expires_at)
    if not FINAL[state] and state ~= 'forgotten' then
      blockers[#blockers + 1] = id
    elseif not wrong and not holds(options.when, state) then
      wrong = {id = id, state = state}
    end
  end
  return blockers, wrong
end

-- Results that its input refers to are kept until it has ended.
local function write_results(id, options)
  redis.call('HSET', key_record(id), 'linked', 1, 'refers', options.when, 'results',
             table.concat(options.results, ' '))
  local needed = {}
  for _, other in ipairs(options.results) do
    if is_batch[other] then
      batches.need(other, id)
    else
      redis.call('SADD', key_needers(other), id)
      needed[other] = expiries[other] or nil -- the others get to know that they are linked by what waits for them
    end
  end
  keep_all(id, needed, how)
end

-- It is blocked until all of these have ended.
local function write_blockers(number, id, options, blockers)
  redis.call('HSET', key_record(id), 'when', options.when)
  if options.delay then redis.call('HSET', key_record(id), 'delay', options.delay) end
  local places = {}
  for place, other in ipairs(blockers) do
    places[2 * place - 1], places[2 * place] = place, other
    redis.call('ZADD', key_followers(other), first + number, id)
    if not is_batch[other] and not is_linked[other] then redis.call('HSET', key_record(other), 'linked', 1) end
  end
  if places[1] then redis.call('ZADD', key_blockers(id), unpack(places)) end
  local named = table.concat({unpack(blockers, 1, math.min(#blockers, MOST_NAMED))}, ' ')
  append(replies, text(number), 'blocked', text(#blockers), named, '', '')
end

local depths = {} -- of queues, with what this call adds

-- The same submission with this key gets this answer again.
local function keep_answer(options, id, created_at, state, trace_id)
  if not options.key then return end
  local answer = table.concat({options.fingerprint, id, created_at, state, trace_id}, ' ')
  redis.call('SET', key_idempotency(options.key), answer, 'PX', text(options.key_ttl))
end

-- What options add to the record of a task, and to the indexes of times.
local function write_options(number, id, state, options)
  if options.due or options.expires then begun = later(0) end
  local due, start_by = options.due and begun + number + options.due, options.expires and begun + number + options.expires
  local fields = {}
  local function set(field, value) if value then append(fields, field, value) end end
  set('due_at', due)
  set('start_by', start_by)
  set('expires', options.expires_at)
  set('chosen_queue', options.chosen_queue)
  set('priority', options.priority)
  set('fair', options.fair)
  set('chosen_priority', options.chosen_priority)
  set('chosen_fair', options.chosen_fair)
  set('linked', (options.priority or options.fair) and 1)
  set('list', options.list)
  set('tags', options.tags and table.concat(options.tags, ' '))
  set('retry_of', options.retry_of)
  set('parent_id', options.parent_id)
  set('trace_id', options.trace_id)
  set('trace', options.trace)
  if batch then
    set('linked', '1')
    set('batch', batches.add(batch, number, state))
    set('as', options.as)
    set('edges', options.edges)
  end
  if options.fingerprint then
    set('accepted_as', options.fingerprint .. ' ' .. state) -- at most 64 characters, so that the record stays compact
    keep_answer(options, id, text(first + number), state, options.trace_id)
  end
  if fields[1] then redis.call('HSET', key_record(id), unpack(fields)) end
  if due and state == 'scheduled' then redis.call('ZADD', KEY_DUE, due, id) end
  if start_by then redis.call('ZADD', KEY_DEADLINES, start_by, id) end
end

-- Write the record of one task, and note what else is to be written.
local function write_one(number, options, caller)
  local id, name, queue, digest, input = submission(number)
  if options.list then
    options.list = apps.name_of(options.list, queue)
    redis.call('HSET', KEY_LISTS, options.list, queue)
  end
  local stamp, state = first + number, (options.is_blocked or options.waits_in) and 'blocked' or options.due and 'scheduled' or 'queued'
  redis.call('HSET', key_record(id), 'name', name, 'queue', queue, 'state', state, 'attempt', 0, 'created_at', stamp,
             'envelope', digest, 'input', input)
  states[number] = state
  local owner = caller and caller.owner
  if owner then
    redis.call('HSET', key_record(id), 'owner', owner)
    if caller.key ~= owner then redis.call('HSET', key_record(id), 'key', caller.key) end
    add(listings, key_owned(state, name, owner), stamp, id)
    count_one(caller)
  end
  for _, tag in ipairs(options.tags or {}) do
    add(listings, key_tagged('', tag), stamp, id)
    if owner then add(listings, key_tagged(owner, tag), stamp, id) end
  end
  write_options(number, id, state, options)
  told[number] = add_to_feed(id, name, queue, state, owner)
  append(all, stamp, id)
  add(listings, key_listing(state, name), stamp, id)
  accepted[name] = (accepted[name] or 0) + 1
  queues[queue] = true
  if state ~= 'queued' then return end
  if depths[queue] then depths[queue] = depths[queue] + 1 end
  local place = not options.list and (options.priority or options.fair) and lane_of({id = id, queue = queue, owner = owner, linked = 1})
  if place and place.group then return add(laned, queue .. ' ' .. place.group, {id = id, queue = queue, place = place, stamp = stamp}) end
  local list = options.list or place and place.list or queue
  messages[number] = message_of(id, envelopes[digest], input, stamp, options.expires_at, options.trace)
  queue_of[list] = queue
  add(waiting, list, stamp, id)
  add(pushes, list, messages[number])
end

local function push_all(list, group)
  local queue = queue_of[list]
  list = list_of(queue, list)
  if ARGV[1] == 'push' then
    redis.call('LPUSH', list, unpack(group))
  else
    for _, message in ipairs(group) do append(how.pushed, list, 'LPUSH', message) end
  end
  count_flow(queue, 'in', #group)
end

-- Put tasks of one group into their lanes.
local function enter_all(tasks)
  local queue, group = tasks[1].queue, tasks[1].place.group
  for _, task in ipairs(tasks) do enter_lane(queue, task.place, task.id, task.stamp) end
  count_flow(queue, 'in', #tasks)
  fill(queue, group, how.pushed)
end

-- Why this task is not accepted now: the kind of answer, and what stands in it; nil where it is.
local function refusal_of(queue, options, caller)
  local wait
  if most_waiting > 0 and not (options.due or options.is_blocked or options.waits_in) then
    depths[queue] = depths[queue] or depth_of(queue)
    wait = wait_for_room(queue, depths[queue] + 1, most_waiting)
  end
  if wait then return 'full', queue, text(math.min(wait, 3600 * 1000000)) end
  local limit
  if caller then limit, wait = limit_of(caller, 1) end
  if limit then return 'limited', limit, text(math.ceil(wait)) end
  if caller and options.most_file_bytes and files.bytes_with(caller.owner, options.files) > options.most_file_bytes then
    return 'no space', text(options.most_file_bytes)
  end
end

local function write()
  if batch then batches.look_at(batch) end
  for number = 0, count - 1 do
    local id, _, queue, _, _, given, place = submission(number)
    local options, caller = given ~= '' and cjson.decode(given) or {}, submitter(place)
    local kind, other, created_at, was, trace_id
    if options.token and not is_running(options.parent_id, options.token) then
      kind, other = 'over', options.parent_id
    elseif options.fingerprint then
      kind, other, created_at, was, trace_id = earlier(id, options, caller and caller.owner)
    end
    if batch and not kind then kind = number < batch.known and 'replayed' or batch.refusal end
    local blockers, wrong
    if options.after and not kind then
      blockers, wrong = dependencies_of(options, caller and caller.owner)
      if not blockers then kind, other = 'no dependency', wrong end
      options.is_blocked = wrong or blockers and blockers[1]
      if not options.is_blocked then options.due = options.due or options.delay end
    end
    if options.flow and not kind then
      kind, other, created_at, was, trace_id = control.plan(options.flow, options, caller and caller.owner)
      if kind == 'existing' then keep_answer(options, other, created_at, kind, trace_id) end
    end
    if is_limited and not kind then kind, other, created_at = refusal_of(queue, options, caller) end
    if kind then
      append(replies, text(number), kind, other or '', created_at or '', was or '', trace_id or '')
      if batch and not batches.goes_on(batch, kind) then break end
    else
      write_one(number, options, caller)
      if options.flow then
        local what, one, two = control.write(id, first + number, begun + number, options.flow, options, how)
        if what then append(replies, text(number), what, one, two, '', '') end
      end
      keep_notify(id, caller and caller.owner, options.notify, has_endpoints)
      if options.files then files.name(id, caller and caller.owner, options.files) end
      if options.after then note_after(id, options.after) end
      if options.results then write_results(id, options) end
      if options.is_blocked then write_blockers(number, id, options, wrong and {} or blockers) end
      if wrong then append(unmet, {id = id, when = options.when, other = wrong}) end
    end
  end

  if all[1] then redis.call('ZADD', KEY_TASKS, unpack(all)) end
  for key, group in pairs(listings) do redis.call('ZADD', key, unpack(group)) end
  for list, group in pairs(waiting) do redis.call('ZADD', key_waiting(list), unpack(group)) end
  for queue in pairs(queues) do redis.call('SADD', KEY_QUEUES, queue) end
  for name in pairs(accepted) do redis.call('SADD', KEY_NAMES, name) end
  for list, group in pairs(pushes) do push_all(list, group) end
  for _, tasks in pairs(laned) do enter_all(tasks) end
  for name, many in pairs(accepted) do redis.call('HINCRBY', KEY_TOTALS, 'accepted ' .. name, many) end
  for _, caller in pairs(callers) do keep_caller(caller) end
  if batch then batches.count_added(batch, how) end
  for _, task in ipairs(unmet) do conclude_unmet(load(task.id), task.when, task.other, how) end
  control.finish(how)
end

-- Someone else's key of one of our names stops a script where it is first touched: nothing half-written stays.
local function undo()
  for _, caller in pairs(callers) do
    if caller.is_counted then count_unfinished(caller.owner, caller.key, -caller.accepted) end
  end
  for number, state in pairs(states) do
    local id, name, queue, _, _, given, place = submission(number)
    local caller = submitter(place)
    local options = given ~= '' and cjson.decode(given) or {}
    if options.priority or options.fair then
      pcall(stop_queueing, {id = id, queue = queue, owner = caller and caller.owner, linked = 1})
    end
    for _, digest in ipairs(options.files or {}) do pcall(files.unname, id, digest) end
    redis.pcall('DEL', key_record(id), key_blockers(id))
    if caller then redis.pcall('ZREM', key_owned(state, name, caller.owner), id) end
    local list = apps.name_of(options.list, queue) or queue
    for _, key in ipairs({KEY_TASKS, key_listing(state, name), key_waiting(list), KEY_DUE, KEY_DEADLINES}) do
      redis.pcall('ZREM', key, id)
    end
    if told[number] then redis.pcall('XDEL', KEY_FEED, told[number]) end
    if options.key then redis.pcall('DEL', key_idempotency(options.key)) end
    if options.flow then control.undo(id, options.flow, caller and caller.owner) end
    for _, tag in ipairs(options.tags or {}) do
      redis.pcall('ZREM', key_tagged('', tag), id)
      if caller then redis.pcall('ZREM', key_tagged(caller.owner, tag), id) end
    end
    for _, other in ipairs(options.after or {}) do redis.pcall('ZREM', key_followers(other), id) end
    for _, other in ipairs(options.results or {}) do redis.pcall('SREM', key_needers(other), id) end
    local found, list = pcall(list_of, queue, list)
    if found and messages[number] and ARGV[1] == 'push' then redis.pcall('LREM', list, 1, messages[number]) end
  end
end

local done, refusal = pcall(write)
if done then return {first, begun, replies, how.pushed or {}, batch and batch.left} end
undo()
return type(refusal) == 'table' and refusal or {err = refusal} -- a text before Redis 7
