-- Find the blobs that no task names. Ids of tasks whose records another program has deleted are taken away, a few of each blob at once.
-- ARGV  hashes
-- Answer: those that no task names
local MOST = 100
local unnamed = {}

-- Whether a task names it that has a record.
local function is_named(digest)
  for _, id in ipairs(redis.call('HRANDFIELD', key_blob(digest), MOST)) do
    if redis.call('EXISTS', key_record(id)) == 1 then return true end
    files.unname(id, digest)
  end
  return redis.call('EXISTS', key_blob(digest)) == 1
end

for _, digest in ipairs(ARGV) do
  if not is_named(digest) then unnamed[#unnamed + 1] = digest end
end
return unnamed
