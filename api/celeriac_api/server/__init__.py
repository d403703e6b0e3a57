"""What surrounds every route: the route table, request ids, counters, logs, spans."""
