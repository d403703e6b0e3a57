-- Batches: tasks that were submitted together. The hash of a batch counts its tasks by state; `open` is how many have not ended, and
-- `total` how many it has. The task with a number has an id that follows from the batch and the number. The record of a task
-- has `batch`: both, separated by a space.

-- UUIDv5 of a batch and a number, as celeriac/ledger/model/batch.py makes it.
function batches.task_id(id, number)
  local namespace = string.gsub(string.gsub(id, '-', ''), '%x%x', function(byte) return string.char(tonumber(byte, 16)) end)
  local digits = redis.sha1hex(namespace .. number)
  local variant = string.format('%x', 8 + tonumber(string.sub(digits, 17, 17), 16) % 4)
  return string.format('%s-%s-5%s-%s%s-%s', string.sub(digits, 1, 8), string.sub(digits, 9, 12), string.sub(digits, 14, 16),
                       variant, string.sub(digits, 18, 20), string.sub(digits, 21, 32))
end

-- The batch that a task is in, if any; and which number it has there.
local function place_of(task)
  if task.batch == nil then
    local place = redis.call('HGET', key_record(task.id), 'batch')
    task.batch, task.number = string.match(place or '', '^(%S+) (%d+)$')
    task.batch = task.batch or false
  end
  return task.batch, task.number
end

-- Its counts have changed. Those who watch it hear that once, until one of them reads it again.
local function tell(id)
  if redis.call('HSET', key_batch(id), 'told', 1) == 1 then redis.call('PUBLISH', key_result(id), 'changed') end
end

-- A task comes into another state.
function batches.move(task, state)
  local id = place_of(task)
  if not id then return end
  redis.call('HINCRBY', key_batch(id), task.state, -1)
  redis.call('HINCRBY', key_batch(id), state, 1)
  tell(id)
end

-- How a batch has ended, for what waits for it: as succeeded if all of its tasks have.
local function outcome_of(id)
  local total, succeeded, existing = unpack(redis.call('HMGET', key_batch(id), 'total', 'succeeded', 'existing'))
  return (succeeded or 0) + (existing or 0) == tonumber(total) and 'succeeded' or 'failed'
end

-- All tasks of a batch have ended, and there will be no more.
function batches.conclude(id, how)
  local state, ended, left = outcome_of(id), now(), text(how.ttl / 1000 + 3600000)
  redis.call('HSET', key_batch(id), 'state', state, 'ended_at', ended, 'expires_at', ended + how.ttl)
  redis.call('PEXPIRE', key_batch(id), left)
  redis.call('PEXPIRE', key_batch_ends(id), left)
  redis.call('ZADD', KEY_BATCHES_ENDED, ended + how.ttl, id)
  if redis.call('EXISTS', key_needers(id)) == 1 then
    redis.call('PERSIST', key_batch(id))
    redis.call('PERSIST', key_batch_ends(id))
  end
  redis.call('PUBLISH', key_result(id), state)
  notify_of_batch(id, state, how)
  settle({id = id, state = state}, how)
end

-- A task has ended.
function batches.count_end(task, how)
  local id, number = place_of(task)
  if not id then return end
  redis.call('RPUSH', key_batch_ends(id), number)
  if redis.call('HINCRBY', key_batch(id), 'open', -1) == 0 and redis.call('HEXISTS', key_batch(id), 'complete') == 1 then
    batches.conclude(id, how)
  end
end

-- Whether a batch is another owner's, or there is none, which are one and the same to the caller. '' is who may see all.
function batches.is_hidden(id, owner)
  local created, holder = unpack(redis.call('HMGET', key_batch(id), 'created_at', 'owner'))
  return not created or owner ~= '' and holder ~= owner
end

function batches.is_gone(id, owner) return is_gone('batch:' .. id, owner) end

-- What a task that waits for a batch has to know: its state ('running' until its end), when it expires, and its owner. nil where there
-- is none.
function batches.dependency(id)
  local created, state, expires_at, owner = unpack(redis.call('HMGET', key_batch(id), 'created_at', 'state', 'expires_at', 'owner'))
  if not created then return nil end
  return state or 'running', expires_at, owner
end

-- How a batch that is asked for again relates to what is there: nil where there is nothing.
function batches.earlier(id, owner, accepted_as)
  if redis.call('EXISTS', key_tombstone('batch:' .. id)) == 1 then return 'gone' end
  local known, holder = unpack(redis.call('HMGET', key_batch(id), 'accepted_as', 'owner'))
  if not known then return nil end
  return known == accepted_as and (holder or '') == owner and 'known' or 'conflict'
end

-- Begin a batch without tasks.
function batches.create(id, owner, label, accepted_as, notify)
  local stamp = stamps(1)
  redis.call('HSET', key_batch(id), 'created_at', stamp, 'accepted_as', accepted_as, 'total', 0, 'open', 0)
  if label ~= '' then redis.call('HSET', key_batch(id), 'label', label) end
  if notify ~= '' then redis.call('HSET', key_batch(id), 'notify', notify) end
  redis.call('ZADD', key_batches(''), stamp, id)
  if owner ~= '' then
    redis.call('HSET', key_batch(id), 'owner', owner)
    redis.call('ZADD', key_batches(owner), stamp, id)
  end
end

-- There will be no more tasks.
function batches.complete(id, how)
  redis.call('ZREM', KEY_BATCHES_INCOMPLETE, id)
  local open, ended = unpack(redis.call('HMGET', key_batch(id), 'open', 'ended_at'))
  if not open or ended then return end
  redis.call('HSET', key_batch(id), 'complete', 1)
  if open == '0' then batches.conclude(id, how) end
end

function batches.forget(id, stay)
  local owner, state, stamp = unpack(redis.call('HMGET', key_batch(id), 'owner', 'state', 'created_at'))
  redis.call('SET', key_tombstone('batch:' .. id), owner and state .. ' ' .. owner or state or 'ended', 'PX', text(stay / 1000))
  redis.call('DEL', key_batch(id), key_batch_ends(id))
  redis.call('ZREM', key_batches(''), id)
  if owner then redis.call('ZREM', key_batches(owner), id) end
  redis.call('ZREM', KEY_BATCHES_ENDED, id)
end

-- For accept_tasks.lua. The tasks of a call are of the batch that its fifth argument describes, if it does: id, the number of the
-- first one, or `is_staged`. Then the arguments from the sixth on are those of a chunk that was staged, after that number. nil
-- where nothing is staged.
function batches.arguments(arguments)
  local batch = arguments[5] ~= '' and cjson.decode(arguments[5]) or nil
  if not batch or not batch.is_staged then return arguments, batch end
  local staged = redis.call('LINDEX', key_staged(batch.id), 0)
  if not staged then return nil end
  local chunk = cjson.decode(staged)
  batch.first = tonumber(chunk[1])
  return {arguments[1], arguments[2], arguments[3], arguments[4], arguments[5], unpack(chunk, 2)}, batch
end

-- Look at the batch before tasks are added: why it takes none, if so (`refusal`), and how many of these it has from a call whose
-- answer was lost (`known`).
function batches.look_at(batch)
  batch.counts, batch.added, batch.existing, batch.known = {}, 0, 0, 0
  if batch.is_staged then return end
  local created, complete, total = unpack(redis.call('HMGET', key_batch(batch.id), 'created_at', 'complete', 'total'))
  if not created then
    batch.refusal = 'no batch'
  elseif tonumber(total) < batch.first then
    batch.refusal = 'behind'
  else
    batch.refusal = complete and 'complete'
    batch.known = tonumber(total) - batch.first
  end
end

-- One more task is added, in this state; its place for the record.
function batches.add(batch, number, state)
  batch.counts[state], batch.added = (batch.counts[state] or 0) + 1, batch.added + 1
  return batch.id .. ' ' .. text(batch.first + number)
end

-- Whether the tasks after one that was not accepted now are looked at. Another task may be in its place, by a unique key. An array
-- was accepted as a whole before its keys were looked at, so none of its items is refused any more.
function batches.goes_on(batch, kind)
  if kind == 'replayed' or kind == 'gone' then return true end
  if kind ~= 'existing' and not batch.is_staged then return false end
  batch.existing = batch.existing + 1
  return true
end

-- All of a call are added.
function batches.count_added(batch, how)
  local key = key_batch(batch.id)
  for state, count in pairs(batch.counts) do redis.call('HINCRBY', key, state, count) end
  if batch.existing > 0 then redis.call('HINCRBY', key, 'existing', batch.existing) end
  if batch.is_staged then
    redis.call('LPOP', key_staged(batch.id))
    batch.left = redis.call('LLEN', key_staged(batch.id))
    if batch.left == 0 then
      redis.call('ZREM', KEY_BATCHES_STAGED, batch.id)
    else
      redis.call('ZADD', KEY_BATCHES_STAGED, now(), batch.id)
    end
    if batch.existing > 0 and redis.call('HINCRBY', key, 'open', -batch.existing) == 0 then batches.conclude(batch.id, how) end
  elseif batch.added + batch.existing > 0 then
    redis.call('HINCRBY', key, 'total', batch.added + batch.existing)
    redis.call('HINCRBY', key, 'open', batch.added)
    redis.call('ZADD', KEY_BATCHES_INCOMPLETE, now(), batch.id)
  end
  if batch.added > 0 then tell(batch.id) end
end
