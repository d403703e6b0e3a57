"""The worker: a Celery app that runs the tasks of the catalog."""
