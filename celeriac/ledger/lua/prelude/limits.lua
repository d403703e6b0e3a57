-- What a caller may submit: at which rate, by its key and by its owner, and how many tasks may be unfinished at once. Put before
-- the script that accepts.

-- A meter is a rate by the generic cell rate algorithm: each submission moves a moment on by `interval`, and is refused when the
-- moment would come to be more than `window` ahead of now. The moment is kept; one that is past is as good as none, and goes.
local function meter_of(key, interval, window)
  interval, window = tonumber(interval), tonumber(window)
  if interval == 0 then return nil end
  local kept_until = tonumber(redis.call('GET', key)) or 0
  -- Never further ahead than a full window: the clock may have been set back.
  return {key = key, interval = interval, window = window, full_at = math.max(now(), math.min(kept_until, now() + window))}
end

-- After how many microseconds this meter lets so many more in; nil when it does now.
local function wait_of(meter, count)
  local ahead = meter and meter.full_at + count * meter.interval - meter.window - now()
  return ahead and ahead > 0 and ahead or nil
end

local function move(meter, count)
  if meter then meter.full_at, meter.is_moved = meter.full_at + count * meter.interval, true end
end

local function keep_meter(meter)
  if meter and meter.is_moved then
    redis.call('SET', meter.key, text(meter.full_at), 'PX', text(math.ceil((meter.full_at - now()) / 1000) + 1))
  end
end

-- The share of a key, or of its owner where `key` is '', at the beginning of a batch. 0 is no limit: for the interval
-- (microseconds) of a rate, and for how many of its tasks may be unfinished.
local function share_of(key, owner, interval, window, unfinished)
  local count = unfinished ~= '0' and redis.call('HGET', KEY_UNFINISHED, key .. ':' .. owner) or 0
  return {
    meter = meter_of(key_rate(key, owner), interval, window),
    room = unfinished ~= '0' and tonumber(unfinished) - count or math.huge,
  }
end

-- A caller at the beginning of a batch: its owner and key, and for each of the two interval, window and most unfinished tasks.
-- Callers of one owner have one share of that owner, which is in `shares`.
local function caller_of(shares, owner, key, interval, window, unfinished, ...)
  shares[owner] = shares[owner] or share_of('', owner, ...)
  return {
    owner = owner, key = key, accepted = 0,
    of_key = share_of(key, owner, interval, window, unfinished), of_owner = shares[owner],
  }
end

-- The limit that refuses so many more tasks of this caller, and for how many microseconds (0: until some of its tasks have ended).
local function limit_of(caller, count)
  if caller.of_key.room < count then return 'key-unfinished', 0 end
  if caller.of_owner.room < count then return 'owner-unfinished', 0 end
  local wait, owner_wait = wait_of(caller.of_key.meter, count), wait_of(caller.of_owner.meter, count)
  if wait and wait >= (owner_wait or 0) then return 'key-rate', wait end
  if owner_wait then return 'owner-rate', owner_wait end
end

-- One more task of this caller is accepted.
local function count_one(caller)
  caller.accepted = caller.accepted + 1
  for _, share in ipairs({caller.of_key, caller.of_owner}) do
    share.room = share.room - 1
    move(share.meter, 1)
  end
end

-- After how many microseconds there may be room in a queue for as many as would wait there (`depth`); nil when there is room.
local function wait_for_room(queue, depth, most_waiting)
  if most_waiting == 0 or depth <= most_waiting then return nil end
  local _, left, window = flow_of(queue)
  return left > 0 and (depth - most_waiting) * window / left or math.huge
end

-- Write what a batch has changed for this caller.
local function keep_caller(caller)
  if caller.accepted == 0 then return end
  count_unfinished(caller.owner, caller.key, caller.accepted)
  caller.is_counted = true
  keep_meter(caller.of_key.meter)
  keep_meter(caller.of_owner.meter)
end
