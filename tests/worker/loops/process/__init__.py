"""A loop process alone: the tests play the part of its main process."""
