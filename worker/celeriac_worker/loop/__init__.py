"""The process that runs async tasks, many at once; it does not load Celery."""
