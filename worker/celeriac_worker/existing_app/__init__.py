"""What an existing Celery app gets by `celeriac.install(app)`."""
