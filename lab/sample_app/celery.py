"""The app, whose last lines are all that it knows of Celeriac.

Without SAMPLE_PLUGGED in the environment it is its own stock twin.
"""

import json
import os

from celery import Celery

app = Celery("sample")
app.config_from_object("lab.sample_app.settings")
app.conf.update(json.loads(os.environ.get("SAMPLE_CONF", "{}")))

if os.environ.get("SAMPLE_PLUGGED"):
    import celeriac

    celeriac.install(app)
