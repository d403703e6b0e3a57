"""Run a task for many inputs, and find out which of them failed."""

from celeriac import Client

pairs = [{"x": 1, "y": 2}, {"x": 3}, {"x": 5, "y": 6}]

with Client() as client:
    for outcome in client.map("add", pairs, at_once=64):
        if outcome.succeeded:
            print(outcome.input, outcome.value)
        else:
            print(outcome.input, type(outcome.error).__name__)

# Output:
# {'x': 1, 'y': 2} 3
# {'x': 3} InvalidInput
# {'x': 5, 'y': 6} 11
