-- Add entries to the audit trail, which keeps about as many as it is told.
-- ARGV  how many to keep, then each entry (JSON)
for number = 2, #ARGV do
  redis.call('XADD', KEY_AUDIT, 'MAXLEN', '~', ARGV[1], '*', 'entry', ARGV[number])
end
