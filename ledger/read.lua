-- Read what is known of a batch of tasks, as of one moment.
-- KEYS  per task: record, Celery's result
-- ARGV  the record's fields to read
-- Answer: per task a list of those fields (nil where absent), then Celery's result document (or nil). Where another
-- type of value has taken the place of one, the list holds the error: the other tasks are answered all the same.
local answer = {}
for i = 1, #KEYS, 2 do
  local row = redis.pcall('HMGET', KEYS[i], unpack(ARGV))
  if row.err then row = {row} else row[#ARGV + 1] = redis.pcall('GET', KEYS[i + 1]) end
  answer[#answer + 1] = row
end
return answer
