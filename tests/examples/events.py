"""Follow the progress of a task while it runs."""

from celeriac import Client
from celeriac.client.events import Done, Progress, StateChange

with Client() as client:
    task = client.submit("primes", limit=10_001)
    for event in task.events():
        match event:
            case StateChange(state):
                print(state)
            case Progress(done, total):
                print(f"{done} of {total}")
            case Done(document):
                print("the largest is", document["result"]["largest"])

# Output:
# queued
# running
# 10000 of 10001
# succeeded
# the largest is 9973
