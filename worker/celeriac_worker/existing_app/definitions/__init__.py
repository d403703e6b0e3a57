"""What the tasks of an existing Celery app are: their definitions, made without any Redis."""
