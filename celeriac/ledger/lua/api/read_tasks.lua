-- Read what is known of a batch of tasks, as of one moment: their records, and Celery's documents as far as they are asked for.
-- ARGV  'later' or 'left out': what becomes of documents for which there is no room; most bytes of all documents together;
--       most bytes of one document: a larger one is left out; which documents of tasks that ours have run are asked for:
--       'results', 'tracebacks', both or neither; number of fields, the record's fields to read (the first are state,
--       expires_at, attempt, and `blocked_by`, which no record has); how many tasks may be anybody's, and their ids; then, for each other: its owner, its id
-- Answer: for each id a list of those fields (nil where absent; `blocked_by` of a blocked task is for how many tasks it waits, and the
--         first of these, separated by spaces, or 'key', how many are ahead, and the key), then Celery's result document (nil where there is none, or
--         none is asked for), then its size where it was left out; for a task that is forgotten, or due to be, {'gone'}; for one
--         that is to be asked for once more, {'later'}. Where another type of value has taken the place of one, the list
--         holds the error: the other tasks are answered all the same.
local way, left, most, documents, count = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[5])
local results, tracebacks = string.find(documents, 'results'), string.find(documents, 'tracebacks')
local fields, of_anybody = {unpack(ARGV, 6, count + 5)}, tonumber(ARGV[count + 6])
local at = now()

-- Of a task that a worker of Celery's own has run, or may have, only its document tells.
local function is_asked_for(state, attempt)
  if (attempt or '0') == '0' then return true end
  if state == 'succeeded' then return results end
  return tracebacks and FINAL[state]
end

local unread = way == 'left out' and 'too large for a list: the task document of its own has it' or 'too large to be read'

-- The beginning and the end of a document that is too large say what became of the task.
local function outline(key)
  local status = string.match(redis.call('GETRANGE', key, 0, 499), '"status": ?"(%u+)"')
  local kind = string.match(redis.call('GETRANGE', key, 0, 499), '"exc_type": ?"([%w_.]+)"')
  local date = string.match(redis.call('GETRANGE', key, -999, -1), '"date_done": ?"([%w:+.-]+)"')
  if not status then return false end
  return cjson.encode({status = status, date_done = date or cjson.null, result = kind and
    {exc_type = kind, exc_message = {unread}} or cjson.null})
end

local function add_document(row, id)
  local key, place = key_result(id), count + 1
  local size = redis.pcall('STRLEN', key)
  if type(size) == 'number' and size > (way == 'left out' and math.min(left, most) or most) then
    row[place], row[place + 1] = (row[3] or '0') == '0' and outline(key), size
    return
  end
  row[place] = redis.pcall('GET', key)
  if type(row[place]) == 'string' then left = left - #row[place] end
end

local MOST_NAMED = 20

local function blocked_by(id)
  local key, ahead = control.place_of(id)
  if key then return 'key ' .. ahead .. ' ' .. key end
  local first = redis.call('ZRANGE', key_blockers(id), 0, MOST_NAMED - 1)
  return table.concat({redis.call('ZCARD', key_blockers(id)), unpack(first)}, ' ')
end

local NOTHING = {}
for place = 1, count do NOTHING[place] = false end

local function read(id, owner)
  local row
  if owner ~= '' then
    local holder = redis.pcall('HGET', key_record(id), 'owner')
    if holder ~= owner then row = type(holder) == 'table' and holder or {unpack(NOTHING)} end
  end
  row = row or redis.pcall('HMGET', key_record(id), unpack(fields))
  if row[1] == 'blocked' then row[4] = blocked_by(id) end
  if row.err then
    row = {row}
  elseif not row[1] then
    if is_gone(id, owner) then row = {'gone'} else row[count + 1] = false end
  elseif row[2] and tonumber(row[2]) < at then
    row = {'gone'}
  elseif not is_asked_for(row[1], row[3]) then
    row[count + 1] = false
  elseif way == 'later' and left <= 0 then
    row = {'later'}
  else
    add_document(row, id)
  end
  return row
end

local answer, first_owned = {}, count + 7 + of_anybody
for number = count + 7, first_owned - 1 do answer[#answer + 1] = read(ARGV[number], '') end
for number = first_owned, #ARGV, 2 do answer[#answer + 1] = read(ARGV[number + 1], ARGV[number]) end
return answer
