"""Definitions of the tasks that a Celery app has."""
