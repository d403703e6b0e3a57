"""The formats of Celery's workers: messages and remote control."""
