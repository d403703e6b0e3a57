"""The tasks. Every module in this package is found by itself; see docs/tasks.md for how to add one."""
