"""Chains, groups and chords: of Celery's canvas, and of Celeriac."""
