"""Submit a task once, however often the program runs."""

from uuid import uuid4

from celeriac import Client

order = uuid4()  # what the task is about has an id already

with Client() as client:
    first = client.submit("add", x=4, y=5, idempotency_key=f"invoice {order}")
    again = client.submit("add", x=4, y=5, idempotency_key=f"invoice {order}")
    print(first.id == again.id)

# Output:
# True
