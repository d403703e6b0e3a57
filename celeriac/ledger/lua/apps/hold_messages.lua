-- A worker of an existing app names what it has received and not begun, so that it does not count as lost.
-- ARGV  ids
local stamp, lists = stamps(#ARGV), {}

local function list_for(id, list, queue, linked)
  if list or not linked then return list or queue end
  return lane_of(load(id)).list
end

for place, id in ipairs(ARGV) do
  local state, list, queue, linked = unpack(redis.call('HMGET', key_record(id), 'state', 'list', 'queue', 'linked'))
  if state == 'queued' or state == 'retrying' or state == 'scheduled' then
    local key = key_waiting(list_for(id, list, queue, linked))
    lists[key] = lists[key] or {}
    table.insert(lists[key], text(stamp + place - 1))
    table.insert(lists[key], id)
    redis.call('HSET', key_record(id), 'taken', text(now()))
  end
end
for key, stamped in pairs(lists) do redis.call('ZADD', key, 'XX', unpack(stamped)) end
