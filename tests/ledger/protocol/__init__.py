"""Tests of what goes over the wire: Celery's messages, and the JSON in them."""
