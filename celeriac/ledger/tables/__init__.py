"""Tables in Redis beside the tasks: keys, audit entries, schedules."""
