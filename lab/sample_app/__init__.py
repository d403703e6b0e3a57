"""A Celery app as a team has one, with tasks of every kind."""

from lab.sample_app import signals
from lab.sample_app.celery import app as celery_app

__all__ = ["celery_app", "signals"]
