"""Tell apart what can go wrong."""

from celeriac import Client
from celeriac.client.errors import InvalidInput, NotFound, TaskFailed, TimedOut

with Client() as client:
    try:
        client.run("add", x="four", y=5)
    except InvalidInput as refused:
        print(refused.errors[0].pointer)

    try:
        client.run("fail", message="no such invoice")
    except TaskFailed as failed:
        print(failed.type, failed.reason)

    try:
        client.run("primes", limit=50_000_000, timeout=0.5)
    except TimedOut as slow:
        print(client.task(slow.task_id).cancel(terminate=True).wait().state)

    try:
        client.get("00000000-0000-4000-8000-000000000000")
    except NotFound as unknown:
        print(unknown.status, unknown.type)

# Output:
# /x
# RuntimeError no such invoice
# cancelled
# 404 task-not-found
