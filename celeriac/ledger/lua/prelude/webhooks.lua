-- Webhooks: the step that ends a task also makes a delivery for each target that is to know of the end. A delivery is a task of
-- the ledger in a queue of its own, which the API sends: it is in no list of tasks, in no count of its owner's, and not in the feed.

-- Of a result that goes along. A larger one is left out.
local MOST_DOCUMENT = 16384
-- For the API, which takes no more from it than the id.
local DELIVERY_ENVELOPE = '{"stamp": %s%.0s, "id": "%s"}'
local NOT_TOLD = {input = true, envelope = true, message = true, token = true, accepted_as = true, notify = true, trace = true, results = true}

-- A task, when it is accepted: whom to notify of its end (JSON, nil for nobody), beside the endpoints of its owner. `known` is for
-- one script: which owners have endpoints.
local function keep_notify(id, owner, notify, known)
  local key = key_endpoints(owner or '')
  if known[key] == nil then known[key] = redis.call('EXISTS', key) == 1 end
  if notify or known[key] then redis.call('HSET', key_record(id), 'linked', 1, 'notify', notify or '') end
end

-- Write a delivery and wake whoever sends it. `input` is what is to be sent, and where to.
local function add_delivery(id, subject, owner, input, retry_of, how)
  if redis.call('EXISTS', key_record(id)) == 1 then return end
  local stamp, tag = stamps(1), '>' .. subject
  redis.call('HSET', KEY_ENVELOPES, DELIVERY, DELIVERY_ENVELOPE)
  redis.call('HSET', key_record(id), 'name', DELIVERY, 'queue', KEY_DELIVERIES, 'state', 'queued', 'attempt', 0, 'created_at', stamp,
             'envelope', DELIVERY, 'input', cjson.encode(input), 'tags', tag)
  redis.call('ZADD', key_listing('queued', DELIVERY), stamp, id)
  redis.call('ZADD', key_tagged('', tag), stamp, id)
  if owner then
    redis.call('HSET', key_record(id), 'owner', owner)
    redis.call('ZADD', key_owned('queued', DELIVERY, owner), stamp, id)
    redis.call('ZADD', key_tagged(owner, tag), stamp, id)
  end
  if retry_of then redis.call('HSET', key_record(id), 'retry_of', retry_of) end
  redis.call('HINCRBY', KEY_TOTALS, 'accepted ' .. DELIVERY, 1)
  push(load(id), 'LPUSH', how.pushed)
end

-- The fields of a record that are told.
local function fields_of(key)
  local names, fields = {}, {}
  for _, name in ipairs(redis.call('HKEYS', key)) do
    if not NOT_TOLD[name] then names[#names + 1] = name end
  end
  for place, value in ipairs(redis.call('HMGET', key, unpack(names))) do fields[names[place]] = value end
  return fields
end

-- What is told of a task at its end: its record, and Celery's document, if it has a result and that is small.
local function told_of(task, document)
  document = document or redis.call('GET', key_result(task.id))
  local is_told = document and #document <= MOST_DOCUMENT and (task.state == 'succeeded' or task.attempt == 0)
  return fields_of(key_record(task.id)), is_told and document or nil
end

local function is_among(value, list)
  for _, item in ipairs(list) do
    if item == value then return true end
  end
  return false
end

local function is_wanted(target, task)
  return (is_among('ended', target.on) or is_among(task.state, target.on)) and
    (type(target.names) ~= 'table' or is_among(task.name, target.names))
end

-- Who is to know of this end: by the name from which the id of the delivery follows.
local function targets_of(notify, task)
  local targets = {}
  for place, target in ipairs(notify ~= '' and cjson.decode(notify) or {}) do
    if is_wanted(target, task) then targets[place .. ' ' .. target.url] = {url = target.url} end
  end
  local key = key_endpoints(task.owner or '')
  for _, name in ipairs(redis.call('HKEYS', key)) do
    local endpoint = cjson.decode(redis.call('HGET', key, name))
    if is_wanted(endpoint, task) and not endpoint.disabled then
      targets['endpoint ' .. name] = {url = endpoint.url, endpoint = name}
    end
  end
  return targets
end

-- A task has ended: make the deliveries.
notify_of = function(task, document, how)
  local notify = redis.call('HGET', key_record(task.id), 'notify')
  if not notify then return end
  local record
  for name, target in pairs(targets_of(notify, task)) do
    if not record then record, document = told_of(task, document) end
    local input = {subject = task.id, url = target.url, endpoint = target.endpoint, record = record, document = document}
    add_delivery(batches.task_id(task.id, name), task.id, task.owner, input, nil, how)
    if how.looks then how.looks = how.looks - 1 end
  end
end

-- A batch has ended in this state.
notify_of_batch = function(id, state, how)
  local notify, owner = unpack(redis.call('HMGET', key_batch(id), 'notify', 'owner'))
  for place, target in ipairs(notify and cjson.decode(notify) or {}) do
    if is_wanted(target, {state = state}) then
      local input = {subject = id, url = target.url, batch = fields_of(key_batch(id))}
      add_delivery(batches.task_id(id, place .. ' ' .. target.url), id, owner or nil, input, nil, how)
    end
  end
end
