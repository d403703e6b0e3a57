"""Find tasks by what they are, and forget them."""

from celeriac import Client

with Client() as client:
    client.submit("fail", message="no such invoice").wait()
    task = next(client.tasks(name="fail", state="failed"))
    print(task.name, task.input())
    task.forget()

# Output:
# fail {'message': 'no such invoice'}
