-- Read what is known of a batch of tasks, as of one moment.
-- ARGV  'results', or 'no results' to leave those of tasks that ours have run where they are; number of fields, the
--       record's fields to read (the first are state, expires_at, attempt), then the ids
-- Answer: for each id a list of those fields (nil where absent), then Celery's result document (or nil); for a task that
--         is forgotten, or due to be, {'gone'}. Where another type of value has taken the place of one, the list holds
--         the error: the other tasks are answered all the same.
local omits, count = ARGV[1] == 'no results', tonumber(ARGV[2])
local fields = {unpack(ARGV, 3, count + 2)}
local at = now()
local answer = {}
for number = count + 3, #ARGV do
  local id = ARGV[number]
  local row = redis.pcall('HMGET', key_record(id), unpack(fields))
  if row.err then
    row = {row}
  elseif not row[1] then
    if redis.call('EXISTS', key_tombstone(id)) == 1 then row = {'gone'} else row[count + 1] = false end
  elseif row[2] and tonumber(row[2]) < at then
    row = {'gone'}
  elseif omits and row[1] == 'succeeded' and (row[3] or '0') ~= '0' then
    -- All else is in the record. Of a task that a worker of Celery's own has run, only its document tells.
    row[count + 1] = false
  else
    row[count + 1] = redis.pcall('GET', key_result(id))
  end
  answer[#answer + 1] = row
end
return answer
