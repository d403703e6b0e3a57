"""The ledger for existing Celery apps."""
