-- For the server that holds the queues, when it is another than the records': put messages into a list behind those that are
-- taken before them.
-- ARGV  list, messages, in the order in which they are taken
insert(ARGV[1], {unpack(ARGV, 2)})
