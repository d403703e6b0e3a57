"""Tasks for the tests: every type, every end, and some that wait."""
