"""What stock Celery publishes, runs and reads, of any version: `make conformance` asks several."""
