"""Files as resources: the results and inputs of tasks that are bytes."""
