-- For the server that holds the queues, when it is another than the records': which message is popped next.
-- ARGV  the last stamp before which all was pushed, the queues
-- Answer: for each queue the stamp of that message, or '' for an unknown one
local answer = {}
for number = 2, #ARGV do
  local stamp = next_stamp_of(ARGV[number], ARGV[1])
  answer[#answer + 1] = stamp and text(stamp) or ''
end
return answer
