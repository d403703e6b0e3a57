"""Whether stock Celery and Celeriac understand each other."""
