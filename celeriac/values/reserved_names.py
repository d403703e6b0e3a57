"""Lists the names that no task can have: the API serves them, or may."""

RESERVED_NAMES = frozenset(
    "tasks workflows schedules queues workers catalog deliveries events metrics livez readyz docs redoc openapi.json "
    "static assets webhooks keys me audit admin health favicon.ico robots.txt".split()
)
