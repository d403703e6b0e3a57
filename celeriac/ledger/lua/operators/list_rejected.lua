-- The rejected messages of a queue, the newest first, as far as it fits into a number of bytes.
-- ARGV  queue, most entries, most bytes
-- Answer: how many of these entries are left out, then the others
local queue, limit, left = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local count = math.min(redis.call('LLEN', key_rejected(queue)), limit)
local answer = {count}
for place = 0, count - 1 do
  local entry = redis.call('LINDEX', key_rejected(queue), place)
  left = left - #entry
  if left < 0 and place > 0 then break end
  answer[#answer + 1] = entry
end
answer[1] = count - (#answer - 1)
return answer
