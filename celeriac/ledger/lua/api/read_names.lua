-- Read the names of the definitions of tasks.
-- ARGV  owner ('' for who may see all tasks); ids
-- Answer: for each id the name; false where no task has it, or another owner's
local names = {}
for number = 2, #ARGV do
  local name, owner = unpack(redis.call('HMGET', key_record(ARGV[number]), 'name', 'owner'))
  names[number - 1] = (ARGV[1] == '' or owner == ARGV[1]) and name
end
return names
