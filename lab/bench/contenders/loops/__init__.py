"""The same async tasks for Celeriac and for other queues."""
