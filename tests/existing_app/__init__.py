"""Existing Celery apps with `celeriac.install(app)`."""
