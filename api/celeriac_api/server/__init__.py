"""The code around every route: the route table, request ids, counters, logs, spans."""
