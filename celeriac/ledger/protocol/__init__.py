"""What Celery's workers read and write: messages and remote control."""
