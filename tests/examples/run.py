"""Run a task as if it were a function."""

from celeriac import Client

with Client() as client:
    print(client.run("add", x=4, y=5))

# Output:
# 9
