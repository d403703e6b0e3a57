"""Tasks for the tests, beside the starter tasks: every type, every way to end, and some that wait to be told."""
