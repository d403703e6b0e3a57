-- Which message of a queue is popped next.

-- The stamp of a message; nil of one that another program has sent.
local function stamp_of(message) return tonumber(string.match(message, '^{"stamp": (-?%d+)')) end

-- The stamp of the next message to be popped; one after the last when there is none, so that all that waits was popped;
-- nil when it cannot be told: the last few were put there by others, who set no stamps.
local function next_stamp_of(queue, last)
  for place = 1, 8 do
    local message = redis.call('LINDEX', queue, -place)
    if not message then return place == 1 and last + 1 or nil end
    local stamp = stamp_of(message)
    if stamp then return stamp end
  end
end
