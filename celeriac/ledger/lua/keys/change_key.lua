-- Put one document of a key in the place of another, if that one is still there. The version is a moment, so that it is
-- another one also after the server has lost all.
-- ARGV  name, the document that is there ('' for none), the one that is to be there ('' for none); and an entry for the audit trail
--       ('' for none), which keeps about as many as the next argument
-- Answer: 1, or 0 where another document is there
local name, before, after, entry, kept = unpack(ARGV)
if (redis.call('HGET', KEY_ACCESS_KEYS, name) or '') ~= before then return 0 end
local last = tonumber(redis.call('GET', KEY_ACCESS_VERSION)) or 0
redis.call('SET', KEY_ACCESS_VERSION, text(math.max(last + 1, now())))
if after == '' then
  redis.call('HDEL', KEY_ACCESS_KEYS, name)
else
  redis.call('HSET', KEY_ACCESS_KEYS, name, after)
end
if entry ~= '' then redis.call('XADD', KEY_AUDIT, 'MAXLEN', '~', kept, '*', 'entry', entry) end
return 1
