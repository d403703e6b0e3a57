"""Many tasks in one request: `celeriac batch`."""
