-- Large files of tasks: blobs, which are in a store by the hash of their content (celeriac/files/store/). The record of a task has `files`,
-- the hashes of those in its input and its result. The hash of a blob has the ids of the tasks that name it, each with the size and the
-- owner, so that a sweep knows what is needed. That of an owner counts how many of its tasks name each blob, and the bytes of all.

-- So many tasks more of an owner name a blob of this size.
local function count_file(owner, digest, size, by)
  local key = key_files(owner)
  local tasks = redis.call('HINCRBY', key, digest, by)
  if tasks ~= (by > 0 and 1 or 0) then return end
  if by < 0 then redis.call('HDEL', key, digest) end
  redis.call('HINCRBY', key, 'bytes', by * size)
  if redis.call('HINCRBY', key, 'count', by) <= 0 then redis.call('DEL', key) end
end

-- A task does not name a blob any more.
function files.unname(id, digest)
  local size, owner = string.match(redis.call('HGET', key_blob(digest), id) or '', '^(%d+) (.*)$')
  if not size then return end
  redis.call('HDEL', key_blob(digest), id)
  if owner ~= '' then count_file(owner, digest, tonumber(size), -1) end
end

-- A task, whose record is there, names blobs: their hashes, each with its size.
function files.name(id, owner, blobs)
  local named = redis.call('HGET', key_record(id), 'files')
  local digests = {named or nil}
  for place = 1, #blobs, 2 do
    local digest, size = blobs[place], blobs[place + 1]
    if redis.call('HSET', key_blob(digest), id, text(tonumber(size)) .. ' ' .. (owner or '')) == 1 then
      digests[#digests + 1] = digest
      if owner then count_file(owner, digest, tonumber(size), 1) end
    end
  end
  redis.call('HSET', key_record(id), 'linked', 1, 'files', table.concat(digests, ','))
end

-- A task names none of its blobs any more.
function files.forget(id)
  for digest in string.gmatch(redis.call('HGET', key_record(id), 'files') or '', '%x+') do files.unname(id, digest) end
end

-- The blobs that a task names: their hashes, each with its size.
function files.of(id)
  local blobs = {}
  for digest in string.gmatch(redis.call('HGET', key_record(id), 'files') or '', '%x+') do
    local size = string.match(redis.call('HGET', key_blob(digest), id) or '', '^%d+')
    if size then
      blobs[#blobs + 1] = digest
      blobs[#blobs + 1] = size
    end
  end
  return blobs
end

-- How many bytes an owner's files would have with these.
function files.bytes_with(owner, blobs)
  local bytes, seen = tonumber(redis.call('HGET', key_files(owner), 'bytes') or 0), {}
  for place = 1, #blobs, 2 do
    local digest = blobs[place]
    if not seen[digest] and redis.call('HEXISTS', key_files(owner), digest) == 0 then bytes = bytes + blobs[place + 1] end
    seen[digest] = true
  end
  return bytes
end
