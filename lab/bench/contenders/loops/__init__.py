"""The same async tasks for Celeriac and for other queues that run many of them in one process."""
