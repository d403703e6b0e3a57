"""Starts, watches and ends the loop processes of a worker, in its main process."""
