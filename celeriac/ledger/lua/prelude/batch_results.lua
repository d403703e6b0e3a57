-- Results of a batch to which inputs refer as a whole. They are kept as long as an open task needs the batch (`needers`); the
-- keeper goes through the tasks of the batch, some at a time: when the first task needs it, and when the last one does not any more.

function batches.is_needed(id) return redis.call('EXISTS', key_needers(id)) == 1 end

-- The batch stays while it is needed, and then for its time.
function batches.keep(id)
  local expires_at = redis.call('HGET', key_batch(id), 'expires_at')
  local left = expires_at and text(math.max(tonumber(expires_at) - now(), 0) / 1000 + 3600000)
  for _, key in ipairs({key_batch(id), key_batch_ends(id)}) do
    if batches.is_needed(id) then redis.call('PERSIST', key) elseif left then redis.call('PEXPIRE', key, left) end
  end
end

-- Whether the results of its batch are needed.
function batches.needs_result_of(id)
  local batch = string.match(redis.call('HGET', key_record(id), 'batch') or '', '^%S+')
  return batch and batches.is_needed(batch)
end

-- A task needs the results of this batch from now on.
function batches.need(id, needer)
  local was_needed = batches.is_needed(id)
  redis.call('SADD', key_needers(id), needer)
  if was_needed then return end
  batches.keep(id)
  redis.call('RPUSH', KEY_RELEASING, id .. ' results 0')
end

-- A task that needed them has ended.
function batches.let_go(id, needer)
  redis.call('SREM', key_needers(id), needer)
  if batches.is_needed(id) then return end
  batches.keep(id)
  redis.call('RPUSH', KEY_RELEASING, id .. ' results 0')
end

-- Go through the tasks of a batch from this number on, as far as one script may, and keep their results for as long as they are needed.
function batches.keep_results(id, from, how, keep)
  local total = tonumber(redis.call('HGET', key_batch(id), 'total')) or 0
  local last = math.min(from + how.looks, total) - 1
  for number = from, last do
    how.looks = how.looks - 1
    keep(batches.task_id(id, number))
  end
  if last + 1 < total then redis.call('RPUSH', KEY_RELEASING, id .. ' results ' .. text(last + 1)) end
end
