-- Read what is known of a batch of tasks, as of one moment.
-- KEYS  per task: record, Celery's result
-- ARGV  the record's fields to read
-- Answer: per task a list of those fields (nil where absent), then Celery's result document (or nil)
local answer = {}
for i = 1, #KEYS, 2 do
  local row = redis.call('HMGET', KEYS[i], unpack(ARGV))
  row[#ARGV + 1] = redis.call('GET', KEYS[i + 1])
  answer[#answer + 1] = row
end
return answer
