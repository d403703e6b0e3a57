"""The Celery app of the project. The last two lines are all of Celeriac."""

import os

from celery import Celery

import celeriac

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
app = Celery("shop")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
celeriac.install(app)
