"""Whether we and stock Celery understand each other: the installed version here, several with `make conformance`."""
