-- A page of schedules by owner and name, without what they submit.
-- ARGV  between which ids, as ZRANGE BYLEX has them: from and to; most schedules
-- Answer: this moment; then for each schedule its id, version, plan, state, '', '' and ''
local from, to, limit = unpack(ARGV)
local answer = {text(now())}
for _, id in ipairs(redis.call('ZRANGE', KEY_SCHEDULES, from, to, 'BYLEX', 'LIMIT', 0, limit)) do
  local found = redis.call('HMGET', key_schedule(id), 'version', 'plan', 'state')
  if found[1] then
    for _, part in ipairs({id, found[1], found[2], found[3], '', '', ''}) do answer[#answer + 1] = part end
  end
end
return answer
