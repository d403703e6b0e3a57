"""The parts of the worker that Celery starts and stops with it."""
