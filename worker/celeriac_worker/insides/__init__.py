"""Knows what the worker relies on inside Celery, kombu and billiard."""
