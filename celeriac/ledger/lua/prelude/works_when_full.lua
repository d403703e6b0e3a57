-- The first write of scripts that free memory, or end what uses it: they work while Redis is full. It removes nothing.
-- Redis refuses a command that may need memory only as the first write of a script, so what follows is done whole. (The flag
-- `allow-oom` of Redis 7.0 means the same; Redis 6.2 takes its line for an error of syntax.)
redis.call('DEL', key_tombstone(''))
