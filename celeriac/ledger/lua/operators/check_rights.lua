-- Which commands the user of this connection may not use.
-- ARGV  for each command: of how many parts it is, and these
-- Answer: the numbers of those that are denied, the first one 1; 'unknown' where the server cannot tell (before Redis 7.0)
if not redis.acl_check_cmd then return 'unknown' end

local denied, number, at = {}, 0, 1
while at <= #ARGV do
  local last = at + tonumber(ARGV[at])
  number = number + 1
  local is_known, is_allowed = pcall(redis.acl_check_cmd, unpack(ARGV, at + 1, last))
  if is_known and not is_allowed then denied[#denied + 1] = number end
  at = last + 1
end
return denied
