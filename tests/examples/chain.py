"""Submit tasks that wait for each other, and get each other's results."""

from celeriac import Client

with Client() as client:
    # A chain: each task gets the result of the one before.
    step = client.submit("add", x=1, y=1)
    for _ in range(3):
        step = client.submit("add", x=step.reference(), y=step.reference())

    # One that gathers results, or parts of them.
    words = client.submit("word_count", text="to be or not to be")
    total = client.submit("add", x=step.reference(), y=words.reference("/be"))

    # One that runs at the end, whether or not the others have succeeded.
    last = client.submit("add", x=0, y=0, after=total, when="ended")

    print(total.result(), last.result())

# Output:
# 18 0
