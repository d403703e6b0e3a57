"""Keep a task's id, and go on with the task in another program."""

from celeriac import Client

with Client() as client:
    task_id = client.submit("add", x=4, y=5).id

with Client() as another:
    print(another.task(task_id).result())

# Output:
# 9
