"""Definitions of tasks at two times, for the tests of what becomes of those that were accepted in between."""
