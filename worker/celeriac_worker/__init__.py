"""The pool: the contract of tasks, the tasks themselves, and the Celery app that runs them."""
