"""Start a task later, or not at all if it would be too late."""

from datetime import UTC, datetime, timedelta

from celeriac import Client

with Client() as client:
    soon = client.submit("add", x=4, y=5, delay=0.1)
    print(soon.state, soon.result())

    tomorrow = client.submit("add", x=4, y=5, eta=datetime.now(UTC) + timedelta(days=1))
    print(tomorrow.state, tomorrow.cancel().state)

    late = client.submit("add", x=4, y=5, expires=0)
    print(late.wait().state)

# Output:
# scheduled 9
# scheduled cancelled
# expired
