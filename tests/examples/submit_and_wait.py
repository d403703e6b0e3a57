"""Submit a task, do something else, and get its result."""

from celeriac import Client

with Client() as client:
    task = client.submit("primes", limit=1000)
    print(task.id)
    primes = task.result(timeout=30)
    print(f"{primes['count']} primes, the largest is {primes['largest']}")

# Output:
# …
# 168 primes, the largest is 997
