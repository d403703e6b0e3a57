-- A worker has stopped.
-- ARGV  worker
redis.call('DEL', key_worker(ARGV[1]))
redis.call('ZREM', KEY_WORKERS, ARGV[1])
