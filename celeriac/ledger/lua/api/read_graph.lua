-- Read which tasks a task waited for, and those waited for, and so on; and which wait for it, and so on: the nearest first.
-- ARGV  id, the owner whose all of them must be ('': anybody's), how many tasks at most
-- Answer: {} where the task is unknown, {'gone'} where it is forgotten; otherwise for each task, the one with this id first: 'task',
--         its id, name and state; of a batch that tasks wait for: 'batch', its id, label and state; how many it waited for, and the first of these, separated by spaces; how many follow it, and the
--         first of these. Tasks of other owners appear nowhere.
local root, owner, most = ARGV[1], ARGV[2], tonumber(ARGV[3])
local FAN = 20 -- of those that a task waited for, or that follow it

local function is_seen(id)
  if owner == '' then return true end
  return (redis.call('HGET', key_record(id), 'owner') or redis.call('HGET', key_batch(id), 'owner')) == owner
end

-- Those of these that are to be seen, up to FAN, each once, and how many there are.
local function seen(count, ...)
  local ids, has = {}, {}
  for _, list in ipairs({...}) do
    for _, id in ipairs(list) do
      if #ids < FAN and not has[id] then
        has[id] = true
        if is_seen(id) then ids[#ids + 1] = id else count = count - 1 end
      end
    end
  end
  return ids, math.max(count, #ids)
end

-- A count with ids behind it, as a field of a record has them.
local function counted(noted)
  local ids, count = {}, 0
  for word in string.gmatch(noted or '', '%S+') do
    if count == 0 then count = tonumber(word) else ids[#ids + 1] = word end
  end
  return count, ids
end

-- Of a blocked task, those for which it still waits come first.
local function before(id, state, noted)
  local count, ids = counted(noted)
  local open = state == 'blocked' and redis.call('ZRANGE', key_blockers(id), 0, FAN - 1) or {}
  return seen(count, open, ids)
end

-- Those of an ended task were noted when it ended.
local function behind(id, state, noted)
  if FINAL[state] then return seen(counted(noted)) end
  return seen(redis.call('ZCARD', key_followers(id)), redis.call('ZRANGE', key_followers(id), 0, FAN - 1))
end

local answer, place, queue, is_queued = {}, 1, {{id = root, way = 'both'}}, {[root] = true}

local function add(ids, way)
  for _, id in ipairs(ids) do
    if #queue < most and not is_queued[id] then
      is_queued[id] = true
      queue[#queue + 1] = {id = id, way = way}
    end
  end
end

-- What is known of a task or batch: 'task' or 'batch', name, state, owner, expiry, those before and behind it; nil where there is nothing.
local function known(id)
  local fields = redis.call('HMGET', key_record(id), 'name', 'state', 'owner', 'expires_at', 'after', 'followed_by')
  if fields[2] then return 'task', unpack(fields) end
  fields = redis.call('HMGET', key_batch(id), 'label', 'state', 'owner', 'expires_at', 'after', 'followed_by', 'created_at')
  if fields[7] then return 'batch', fields[1] or '', fields[2] or 'running', unpack(fields, 3, 6) end
end

while queue[place] do
  local id, way = queue[place].id, queue[place].way
  local kind, name, state, holder, expires_at, after, followed_by = known(id)
  local is_own = kind and (id ~= root or kind == 'task') and (owner == '' or holder == owner)
  if is_own and not (expires_at and tonumber(expires_at) < now()) then
    local ups, waits = before(id, state, after)
    local downs, follow = behind(id, state, followed_by)
    for _, part in ipairs({kind, id, name, state, text(waits), table.concat(ups, ' '), text(follow), table.concat(downs, ' ')}) do
      answer[#answer + 1] = part
    end
    if way ~= 'behind' then add(ups, 'before') end
    if way ~= 'before' then add(downs, 'behind') end
  elseif id == root then
    return (is_own or is_gone(id, owner)) and {'gone'} or {}
  end
  place = place + 1
end
return answer
