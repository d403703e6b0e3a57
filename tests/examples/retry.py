"""Run an ended task again, with the same input or with another one."""

from celeriac import Client

with Client() as client:
    task = client.submit("add", x=4, y=5, expires=0).wait()
    print(task.state)
    print(task.retry().result())
    print(task.retry(input={"x": 4, "y": 6}).result())

# Output:
# expired
# 9
# 10
