"""Cancel a task before it starts, or end it while it runs."""

from celeriac import Client

with Client() as client:
    later = client.submit("add", x=4, y=5, delay=3600)
    print(later.cancel().state)

    endless = client.submit("primes", limit=50_000_000)
    endless.cancel(terminate=True)
    print(endless.wait().state)

# Output:
# cancelled
# cancelled
