-- Read deliveries.
-- ARGV  owner ('' for those of all), 'secrets' or '', number of fields, the record's fields to read (the first two are name and
--       owner), then the ids
-- Answer: for each id '' where there is no such delivery, or {its fields, Celery's document of its attempts ('' for none), the secret
--         of its owner ('' for none, or where none is asked for), the endpoint that it is for ('' for none), '1' if its URL is gone}
local owner, wish, count = unpack(ARGV, 1, 3)
count = tonumber(count)
local fields, answer = {unpack(ARGV, 4, count + 3)}, {}

local function context_of(input, whose)
  if wish ~= 'secrets' then return '', '', 0 end
  local target = cjson.decode(input)
  local endpoint = type(target.endpoint) == 'string' and redis.call('HGET', key_endpoints(whose), target.endpoint)
  return redis.call('HGET', KEY_WEBHOOK_SECRETS, whose) or '', endpoint or '',
    redis.call('EXISTS', key_gone_url(whose, redis.sha1hex(target.url)))
end

for place = count + 4, #ARGV do
  local id = ARGV[place]
  local row = redis.call('HMGET', key_record(id), unpack(fields))
  if row[1] ~= DELIVERY or owner ~= '' and row[2] ~= owner then
    answer[#answer + 1] = ''
  else
    local input = redis.call('HGET', key_record(id), 'input')
    answer[#answer + 1] = {row, input, redis.call('GET', key_result(id)) or '', context_of(input, row[2] or '')}
  end
end
return answer
